import * as z from 'zod'
import { LEVELS } from '../records/levels'

const count = z.int().min(0)
const isoTime = z.string().meta({ description: 'RFC 3339, UTC.', examples: ['2026-11-21T10:00:00.000Z'] })

const Item = z.strictObject({
  code: z.string(),
  detail: z.string(),
  index: count.optional().meta({ description: 'Position of the record in the batch, from 0.' }),
  pointer: z.string().optional().meta({ description: 'JSON pointer into the body.' }),
  parameter: z.string().optional().meta({ description: 'Name of the query parameter or header.' }),
  span: z.tuple([count, count]).optional().meta({ description: 'Characters [from, to) of the query text.' }),
})

/** RFC 9457. */
export const ProblemAnswer = z.strictObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.string().meta({ description: 'Rely on this; docs/errors.md has a section for each.' }),
  detail: z.string(),
  hint: z.string().meta({ description: 'What the caller can do.' }),
  instance: z.string().meta({ description: 'The request id, also in X-Request-Id.' }),
  limit: z.strictObject({ name: z.string(), value: z.number() }).optional(),
  'violated-policies': z
    .array(z.string())
    .optional()
    .meta({ description: 'The limits that were exceeded, by their names in RateLimit-Policy.' }),
  span: z.tuple([count, count]).optional(),
  errors: z.array(Item).optional(),
  errors_omitted: count.optional(),
})

export const ReceiptAnswer = z.strictObject({
  batch_id: z.string().meta({ description: 'The Idempotency-Key, or an id of ours.' }),
  accepted: count.meta({ description: 'Records that are on disk now, and part of every later search.' }),
  rejected: count,
  duplicate: count,
  sampled: count.optional().meta({ description: 'Records that rules of the tenant dropped or sampled away, if any.' }),
  errors: z.array(Item).meta({ description: 'Why records were rejected: the first hundred.' }),
  errors_omitted: count.optional(),
})

/** A record: what the system knows at the top, the document as it was sent under `body`. */
export const LogAnswer = z
  .object({
    id: z.string(),
    time: isoTime.meta({ description: 'RFC 3339, UTC, with as many digits as were sent.' }),
    received: isoTime,
    seq: count,
    level: z.enum(LEVELS),
    service: z.string().optional(),
    message: z.string().optional(),
    trace_id: z.string().optional(),
    span_id: z.string().optional(),
    source: z.string().optional().meta({ description: 'http, or agent for the service’s own activity.' }),
    category: z.string().optional().meta({ description: 'By a record rule, as are the three that follow.' }),
    severity: z.string().optional(),
    tags: z.array(z.string()).optional(),
    weight: z.number().optional().meta({ description: 'How many records a sampled one stands for.' }),
    body: z.unknown().meta({ description: 'As it was sent, but for redaction and white space.' }),
  })
  .loose()

const Diagnostic = z.object({ code: z.string(), message: z.string() }).loose()

/** What a search says of itself. */
export const SearchMeta = z
  .object({
    query: z.object({ normalized: z.string(), diagnostics: z.array(Diagnostic) }).loose(),
    range: z.strictObject({ from: isoTime, to: isoTime }),
    took_ms: z.number(),
    scanned_rows: count,
    scanned_bytes: count,
    bytes_read: z.strictObject({ memory: count, kv: count, d1: count, r2: count }).meta({ description: 'By store.' }),
    matched: count,
    matched_is_estimate: z.boolean(),
    partial: z.boolean().meta({ description: 'true: the answer may be short, for partial_reason.' }),
    partial_reason: z.string().nullable(),
    searched_back_to: isoTime,
    warnings: z.array(z.string()),
  })
  .loose()

/** A record of which only some members were asked for. */
const SomeFields = z.object({ id: z.string(), time: isoTime }).loose()

export const SearchAnswer = z.strictObject({
  data: z.array(z.union([LogAnswer, SomeFields])),
  page: z.strictObject({
    next_cursor: z.string().nullable(),
    prev_cursor: z.string().nullable(),
    has_more: z.boolean(),
  }),
  meta: SearchMeta,
})

/** What pipes that count or compute make of the records. */
export const TableAnswer = z.strictObject({
  columns: z.array(z.string()).meta({ description: 'The members of each row, in their order.' }),
  data: z.array(z.record(z.string(), z.union([z.string(), z.number(), z.null()]))),
  truncated: z.boolean().meta({ description: 'There were more groups or values than could be kept apart.' }),
  meta: SearchMeta,
})

export const FacetsAnswer = z.strictObject({
  data: z.array(
    z.strictObject({
      field: z.string(),
      values: z.array(z.strictObject({ value: z.union([z.string(), z.number()]), count })),
      truncated: z.boolean(),
    }),
  ),
  meta: SearchMeta,
})

export const FieldsAnswer = z.strictObject({
  data: z.array(
    z.strictObject({
      name: z.string(),
      kinds: z.array(z.string()),
      records: count.meta({ description: 'Matching records that have it.' }),
      coverage: z.number().min(0).max(1).meta({ description: 'The share of matching records that have it.' }),
    }),
  ),
  truncated: z.boolean(),
  meta: SearchMeta,
})

export const ContextAnswer = z.strictObject({
  before: z.array(LogAnswer).meta({ description: 'Oldest first.' }),
  log: LogAnswer,
  after: z.array(LogAnswer).meta({ description: 'Oldest first.' }),
})

const Account = z.object({
  received: count,
  stored: count,
  duplicate: count,
  sampled: count,
  dropped: count,
  rejected: z.record(z.string(), count).meta({ description: 'By code.' }),
  bytes_in: count.meta({ description: 'Bytes of bodies, uncompressed.' }),
})

export const UsageAnswer = z.strictObject({
  ...Account.shape,
  rejected_total: count,
  imbalance: z.literal(0).meta({
    description: 'received − stored − duplicate − sampled − dropped − rejected_total; dropped is always 0.',
  }),
  bytes_stored: count.meta({ description: 'Bytes of segments that were sealed.' }),
  sampled_by_rule: z.record(z.string(), count).meta({ description: 'What each record rule dropped or sampled away.' }),
  keys: z.record(z.string(), Account).meta({ description: 'The same for each key, by its id.' }),
  operations: z.record(z.string(), count).meta({ description: 'Platform operations spent.' }),
  journal: z.strictObject({ rows: count, bytes: count }).meta({ description: 'Durable, and not yet sealed.' }),
  unpublished: z
    .strictObject({ segments: count, bytes: count })
    .meta({ description: 'Sealed, and not yet published.' }),
  generation: count.meta({ description: 'Changes of the set of published segments.' }),
})
