import type { RetentionRun } from '../segments/retention-run'
import type { Refusal } from './contract'
import type { RetentionRules } from './retention-rules'

/** What the object answers to who asks about retention: the rules in force, and its last runs. */
export type RetentionOutcome =
  | { readonly ok: true; readonly rules: RetentionRules; readonly runs: readonly RetentionRun[] }
  | { readonly ok: false; readonly refusal: Refusal }
