import * as z from 'zod'
import { type Answer, type Client, parseAnswer } from './client'

const Item = z.object({
  code: z.string(),
  detail: z.string(),
  index: z.number().optional(),
  pointer: z.string().optional(),
  parameter: z.string().optional(),
  span: z.tuple([z.number(), z.number()]).optional(),
})

export const Receipt = z.strictObject({
  batch_id: z.string().min(1),
  accepted: z.number(),
  rejected: z.number(),
  duplicate: z.number(),
  sampled: z.number().optional(),
  errors: z.array(Item),
  errors_omitted: z.number().optional(),
})
export type Receipt = z.infer<typeof Receipt>

export const Problem = z.strictObject({
  type: z.string(),
  title: z.string(),
  status: z.number(),
  code: z.string(),
  detail: z.string(),
  hint: z.string(),
  instance: z.string(),
  limit: z.strictObject({ name: z.string(), value: z.number() }).optional(),
  span: z.tuple([z.number(), z.number()]).optional(),
  errors: z.array(Item).optional(),
  errors_omitted: z.number().optional(),
})

export const Log = z.object({
  id: z.string(),
  time: z.string(),
  seq: z.number(),
  message: z.string().optional(),
  body: z.unknown(),
})
export type Log = z.infer<typeof Log>

export const Page = z.object({
  data: z.array(Log),
  page: z.object({ next_cursor: z.string().nullable(), has_more: z.boolean() }),
  meta: z.object({ matched: z.number(), matched_is_estimate: z.boolean(), partial: z.boolean() }),
})

export const Usage = z.object({
  received: z.number(),
  stored: z.number(),
  duplicate: z.number(),
  rejected: z.record(z.string(), z.number()),
  rejected_total: z.number(),
  imbalance: z.number(),
  journal: z.object({ rows: z.number() }),
  unpublished: z.object({ segments: z.number() }),
  generation: z.number(),
})

/** The receipt of a POST that must be accepted. */
export function receiptOf(answer: Answer): Receipt {
  if (answer.status !== 202) throw new Error(`202 was expected, not ${answer.status} ${answer.text.slice(0, 500)}`)
  return parseAnswer(Receipt, answer)
}

export const usageOf = async (admin: Client) => parseAnswer(Usage, await admin.get('/admin/usage'))

export const pageOf = async (reader: Client, target: string) => parseAnswer(Page, await reader.get(target))

/** Every page of a search, one after the other, as a client that follows cursors reads them. */
export async function* pagesOf(reader: Client, target: string): AsyncGenerator<Log[]> {
  let cursor = ''
  do {
    const { data, page, meta } = await pageOf(reader, `${target}${cursor}`)
    if (meta.partial) throw new Error(`a page of ${target} is partial`)
    if (page.has_more !== (page.next_cursor !== null)) throw new Error('has_more and next_cursor disagree')
    yield data
    cursor = page.next_cursor === null ? '' : `&cursor=${encodeURIComponent(page.next_cursor)}`
  } while (cursor !== '')
}

export async function readAll(reader: Client, target: string): Promise<Log[]> {
  const logs: Log[] = []
  for await (const page of pagesOf(reader, target)) logs.push(...page)
  return logs
}
