import type { JsonObject } from '../tenant/directory-rows'
import type { INCIDENT_SEVERITIES } from './rule'

/** Something that a rule has found, from when it fired until it resolved. */
export interface Incident {
  /** `inc_…`: the same for the same firing, however often the turn is run. */
  readonly id: string
  /** Counts the incidents of a tenant: pages go by it. */
  readonly number: number
  readonly rule: { readonly id: string; readonly name: string; readonly version: number }
  readonly severity: (typeof INCIDENT_SEVERITIES)[number]
  readonly state: 'open' | 'acknowledged' | 'resolved'
  /** Values of the fields that the rule groups by; empty without any. */
  readonly group: Readonly<Record<string, string | null>>
  /** ISO 8601, as all times here. */
  readonly fired_at: string
  readonly last_match_at: string
  readonly acknowledged_at?: string
  readonly acknowledged_by?: string
  readonly note?: string
  readonly resolved_at?: string
  /** Matches since it fired, those that made it fire too. */
  readonly count: number
  /** The query that finds what it is about. */
  readonly query: string
  /** At most RULE_SAMPLE_ROWS_MAX records of the first batch, as a search shows them. */
  readonly rows: readonly JsonObject[]
}
