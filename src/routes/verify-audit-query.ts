import * as z from 'zod'

const EntryNumber = z.coerce.number().int().min(0).max(9_007_199_254_740_991)

/** What verifying the audit takes in its address. */
export const VerifyAuditQuery = z.strictObject({
  after: EntryNumber.default(0).meta({
    description: 'Begin behind this entry: `next_after` of the answer before, where one was not enough.',
    examples: [1],
  }),
  number: EntryNumber.optional().meta({ description: 'An entry whose hash was kept; with `hash`.' }),
  hash: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional()
    .meta({ description: 'The hash that was kept of it.' }),
})
