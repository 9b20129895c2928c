import type { Env } from '../env'
import { KEY_USE_CACHE_ENTRIES_MAX } from '../limits/limits'
import { errorFields } from '../log'
import { BoundedCache } from '../storage/bounded-cache'
import type { KeyRecord } from '../storage/d1/credentials'
import { putKeyUse } from '../storage/d1/keys'
import type { TenantRequest } from './handler'

const DAY_MS = 86_400_000

/** The days for which this isolate has noted keys. */
const noted = new BoundedCache<number>(KEY_USE_CACHE_ENTRIES_MAX)

/**
 * Notes that a key was used today. It is coarse so that it costs nothing: an isolate writes at most once a day for a key,
 * and only where D1 does not say so yet. Nobody waits for it.
 */
export function noteKeyUse(
  { id, lastUsedDay = -1 }: KeyRecord,
  { log }: Pick<TenantRequest, 'log'>,
  { env, ctx }: { readonly env: Pick<Env, 'CONTROL'>; readonly ctx: ExecutionContext },
): void {
  const day = Math.floor(Date.now() / DAY_MS)
  if (lastUsedDay >= day || noted.get(id) === day) return
  noted.put(id, day, 1)
  const putting = putKeyUse(env.CONTROL, id, day).catch((error) => log.warn('key_use_not_noted', errorFields(error)))
  ctx.waitUntil(putting)
}
