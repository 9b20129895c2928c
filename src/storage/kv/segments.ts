import { segmentCoreKey } from './keys'

/**
 * Keeps what nearly every query reads of a segment: KV has no ranges, so it is a value of its own. The rest has none: a
 * query reads a column or two of it, which D1 answers by their bytes.
 */
export async function putHotCore(
  cache: KVNamespace,
  tenantId: string,
  segmentId: string,
  value: { readonly core: Uint8Array; readonly expiresSeconds: number },
): Promise<void> {
  await cache.put(segmentCoreKey(tenantId, segmentId), value.core, { expirationTtl: value.expiresSeconds })
}

/** The same again, or undefined when KV does not have it or does not answer: D1 has it too. */
export async function readHotCore(
  cache: KVNamespace,
  tenantId: string,
  segmentId: string,
): Promise<Uint8Array | undefined> {
  try {
    const value = await cache.get(segmentCoreKey(tenantId, segmentId), 'arrayBuffer')
    return value === null ? undefined : new Uint8Array(value)
  } catch {
    return undefined
  }
}
