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
