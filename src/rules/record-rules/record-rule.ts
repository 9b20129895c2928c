import * as z from 'zod'

const Text = z.string().min(1).max(64)

/** What a record rule does to the records that it matches: it sets members and samples, or it drops. */
export const StoredEffect = z.object({
  set: z
    .object({
      severity: Text.optional(),
      category: Text.optional(),
      tags: z.array(Text).max(16).optional(),
    })
    .optional(),
  drop: z.literal(true).optional(),
  /** The share of the records that is kept. */
  sample: z.number().gt(0).lt(1).optional(),
})
export type StoredEffect = z.infer<typeof StoredEffect>

/**
 * A record rule as the tenant's settings document carries it to the Workers, in the member `record_rules`. The object writes
 * it in the transaction that changes the rule; only rules that are on are in it.
 */
export const StoredRecordRule = z.object({
  id: z.string(),
  query: z.string(),
  effect: StoredEffect,
  /** When a rule that was switched on for a time is off again. */
  active_until_ms: z.number().optional(),
})
export type StoredRecordRule = z.infer<typeof StoredRecordRule>

/** The member of the settings document that holds the record rules. The API of the settings neither shows nor takes it. */
export const RECORD_RULES_MEMBER = 'record_rules'

/** The record rules of a settings document. One that another version of the code wrote, and that cannot be read, is left out. */
export function readRecordRules(document: Readonly<Record<string, unknown>>): StoredRecordRule[] {
  const rows = z.array(z.unknown()).safeParse(document[RECORD_RULES_MEMBER]).data ?? []
  return rows.flatMap((row) => StoredRecordRule.safeParse(row).data ?? [])
}
