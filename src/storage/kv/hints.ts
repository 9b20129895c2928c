import type * as z from 'zod'
import { HINT_KV_SECONDS } from '../../limits/limits'
import { tenantPrefix } from './keys'

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

/** How many values there are whose keys begin with a tenant. */
export async function countValues(kv: KVNamespace, tenantId: string): Promise<number> {
  let count = 0
  let cursor: string | undefined
  do {
    const page = await kv.list({ prefix: tenantPrefix(tenantId), ...(cursor !== undefined && { cursor }) })
    count += page.keys.length
    cursor = page.list_complete ? undefined : page.cursor
  } while (cursor !== undefined)
  return count
}

/** Deletes some of the values whose keys begin with a tenant; answers whether there may be more. */
export async function deleteSomeValues(kv: KVNamespace, tenantId: string, limit: number): Promise<boolean> {
  const { keys } = await kv.list({ prefix: tenantPrefix(tenantId), limit })
  await deleteHints(
    kv,
    keys.map(({ name }) => name),
  )
  return keys.length > 0
}
