import type { Refusal } from '../tenant/contract'
import type { JsonObject } from '../tenant/directory-rows'
import type { Incident } from './incident'
import type { Rule, RuleDraft } from './rule'
import type { ShownGroup } from './shown-group'

/**
 * What the Worker asks a tenant's object about rules and incidents, by its method `rules`. Both ways as JSON. A draft was
 * checked against the schema by the Worker; the object checks again what depends on other rules.
 */
export type RulesAsk =
  /** All rules, built-in ones too, in the order of their ids. */
  | { readonly what: 'list' }
  | { readonly what: 'get'; readonly id: string }
  /** A new rule, under an id that the Worker has made (`mintId('rul', …)`). */
  | { readonly what: 'create'; readonly id: string; readonly draft: RuleDraft }
  | { readonly what: 'put'; readonly id: string; readonly draft: RuleDraft; readonly ifVersion?: number }
  /** RFC 7396 on the members of the draft. */
  | { readonly what: 'patch'; readonly id: string; readonly patch: JsonObject; readonly ifVersion?: number }
  /** A built-in rule cannot be deleted, only switched off. */
  | { readonly what: 'delete'; readonly id: string; readonly ifVersion?: number }
  /** On or off; on takes a disabled_reason away. What the rule remembered is forgotten. */
  | { readonly what: 'enable'; readonly id: string; readonly enabled: boolean }
  /** A built-in rule as it was delivered. */
  | { readonly what: 'reset'; readonly id: string }
  /** The groups of a rule that are not Normal, at most 1,000. */
  | { readonly what: 'groups'; readonly id: string }
  /** The newest first. */
  | {
      readonly what: 'incidents'
      readonly limit: number
      /** Only incidents with a smaller number: the last one of the page before. */
      readonly before?: number
      readonly rule?: string
      readonly state?: 'open' | 'acknowledged' | 'resolved'
    }
  | { readonly what: 'incident'; readonly id: string }
  | { readonly what: 'acknowledge'; readonly id: string; readonly note?: string }
  /** Closes an incident by hand; its group is Normal again. One that has resolved stays as it is. */
  | { readonly what: 'resolve'; readonly id: string; readonly note?: string }
  /** The versions of a rule that are kept, the newest first, the one in force too. */
  | { readonly what: 'versions'; readonly id: string }
  /** Told by a Worker: the filter of a record rule failed on a batch. Switches it off, as a trigger rule that fails is. */
  | { readonly what: 'fail'; readonly id: string; readonly code: string; readonly detail: string }

/** What the object answers. `audit` is the number of the entry that accounts for a change. */
export type RulesAnswer =
  /** Also the versions of one. */
  | { readonly ok: true; readonly rules: readonly Rule[] }
  | { readonly ok: true; readonly rule: Rule; readonly audit?: number }
  | { readonly ok: true; readonly deleted: string; readonly audit?: number }
  | { readonly ok: true; readonly groups: readonly ShownGroup[] }
  | { readonly ok: true; readonly incidents: readonly Incident[]; readonly more: boolean }
  | { readonly ok: true; readonly incident: Incident; readonly audit?: number }
  | { readonly ok: false; readonly refusal: Refusal }
