import type * as z from 'zod'
import { HINT_KV_SECONDS } from '../../limits/limits'

/** Reads a hint. What another version of the code wrote in another shape is as good as absent. */
export async function readHint<Value>(
  kv: KVNamespace,
  key: string,
  schema: z.ZodType<Value>,
): Promise<Value | undefined> {
  const parsed = schema.safeParse(await kv.get<unknown>(key, 'json'))
  return parsed.success ? parsed.data : undefined
}

/** Keeps a hint for as short as KV can. */
export const putHint = (kv: KVNamespace, key: string, value: unknown): Promise<void> =>
  kv.put(key, JSON.stringify(value), { expirationTtl: HINT_KV_SECONDS })

/** Takes hints away, a few at a time: what KV does not know is read from D1. */
export async function deleteHints(kv: KVNamespace, keys: readonly string[]): Promise<void> {
  for (let next = 0; next < keys.length; next += DELETES_AT_A_TIME)
    await Promise.all(keys.slice(next, next + DELETES_AT_A_TIME).map((key) => kv.delete(key)))
}

/** A Worker has six connections. */
const DELETES_AT_A_TIME = 6
