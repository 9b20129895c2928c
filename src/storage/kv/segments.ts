import { segmentKey } from './keys'

/** The halves of a hot segment in KV: KV has no ranges, so what most queries read is a value of its own. */
export async function putHotSegment(
  cache: KVNamespace,
  tenantId: string,
  segmentId: string,
  halves: { readonly core: Uint8Array; readonly rest: Uint8Array; readonly expiresSeconds: number },
): Promise<void> {
  const options = { expirationTtl: halves.expiresSeconds }
  await Promise.all([
    cache.put(segmentKey(tenantId, segmentId, 'core'), halves.core, options),
    cache.put(segmentKey(tenantId, segmentId, 'rest'), halves.rest, options),
  ])
}

/** One half, or undefined when KV does not have it or does not answer: D1 has it too. */
export async function readHotSegment(
  cache: KVNamespace,
  tenantId: string,
  segmentId: string,
  half: 'core' | 'rest',
): Promise<Uint8Array | undefined> {
  try {
    const value = await cache.get(segmentKey(tenantId, segmentId, half), 'arrayBuffer')
    return value === null ? undefined : new Uint8Array(value)
  } catch {
    return undefined
  }
}
