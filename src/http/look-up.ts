import { HINT_ABSENT_MS, HINT_FRESH_MS, HINT_STALE_MS_MAX, OUTAGE_RETRY_SECONDS } from '../limits/limits'
import { errorFields, type Log } from '../log'
import type { Hint, HintCache } from './hint-cache'
import { ApiError } from './problem'

/** Where a look-up looks, nearest first. */
export interface LookUpPorts<Value> {
  readonly cache: HintCache<Value>
  readonly readKv: (key: string) => Promise<Value | undefined>
  readonly putKv: (key: string, value: Value) => Promise<void>
  readonly readD1: () => Promise<Value | undefined>
  /** Whether an old answer may stand in while D1 is away: only where something else checks it again. */
  readonly mayBeStale: (value: Value) => boolean
  readonly waitUntil: (work: Promise<void>) => void
  readonly log: Log
  /** The tenant's object has said that the hints are old: D1 is asked, and nothing stands in for it. */
  readonly isPastCaches: boolean
}

/**
 * Finds a value by its KV key: isolate memory, then KV, then D1. All but D1 are hints, and KV's failures only cost time.
 * When D1 fails too, an earlier answer of D1 may stand in; what was never found stays unfound, with a 503.
 */
export async function lookUp<Value>(ports: LookUpPorts<Value>, key: string, nowMs: number): Promise<Hint<Value>> {
  const hint = ports.cache.get(key)
  if (ports.isPastCaches) return readD1(ports, key, undefined, nowMs)
  if (hint && isFresh(hint, nowMs)) return hint

  const remembered = await readKvOrNothing(ports, key)
  if (remembered === undefined) return readD1(ports, key, hint, nowMs)
  const found = { value: remembered, foundMs: nowMs, triedMs: nowMs, readMs: 0 }
  ports.cache.put(key, found)
  return found
}

async function readD1<Value>(
  ports: LookUpPorts<Value>,
  key: string,
  old: Hint<Value> | undefined,
  nowMs: number,
): Promise<Hint<Value>> {
  const found = await readD1OrStale(ports, old, nowMs)
  ports.cache.put(key, found)
  if (found.value !== undefined && found.foundMs === nowMs) ports.waitUntil(putKvOrNothing(ports, key, found.value))
  return found
}

const isFresh = <Value>({ value, triedMs }: Hint<Value>, nowMs: number): boolean =>
  nowMs - triedMs < (value === undefined ? HINT_ABSENT_MS : HINT_FRESH_MS)

async function readKvOrNothing<Value>(ports: LookUpPorts<Value>, key: string): Promise<Value | undefined> {
  try {
    return await ports.readKv(key)
  } catch (error) {
    ports.log.warn('kv_read_failed', errorFields(error))
    return undefined
  }
}

async function readD1OrStale<Value>(
  ports: LookUpPorts<Value>,
  old: Hint<Value> | undefined,
  nowMs: number,
): Promise<Hint<Value>> {
  try {
    return { value: await ports.readD1(), foundMs: nowMs, triedMs: nowMs, readMs: nowMs }
  } catch (error) {
    ports.log.error('d1_read_failed', errorFields(error))
    if (old && mayStandIn(ports, old, nowMs)) return { ...old, triedMs: nowMs }
    const extras = { retryAfterSeconds: OUTAGE_RETRY_SECONDS }
    throw new ApiError('partition_unavailable', 'The store of keys and domains does not answer.', extras)
  }
}

const mayStandIn = <Value>(ports: LookUpPorts<Value>, { value, foundMs }: Hint<Value>, nowMs: number): boolean =>
  value !== undefined && nowMs - foundMs < HINT_STALE_MS_MAX && ports.mayBeStale(value)

async function putKvOrNothing<Value>(ports: LookUpPorts<Value>, key: string, value: Value): Promise<void> {
  try {
    await ports.putKv(key, value)
  } catch (error) {
    ports.log.warn('kv_write_failed', errorFields(error))
  }
}
