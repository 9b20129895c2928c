import type { SealedSegment } from './seal'

/** A sealed segment whose bytes are read when they are needed. */
export type PublishableSegment = Omit<SealedSegment, 'bytes' | 'headerBytes'> & { readonly sealedMs: number }

/** Where publishing writes. Every write may be repeated: it changes nothing the second time. */
export interface PublishPorts {
  read(id: string): { readonly header: Uint8Array; readonly bytes: Uint8Array } | undefined
  /** The bytes, where queries find them for good. */
  putPayload(segment: PublishableSegment, bytes: Uint8Array): Promise<void>
  /** A copy for speed. It may fail. */
  putCache(segment: PublishableSegment, bytes: Uint8Array, header: Uint8Array): Promise<void>
  /** The row that makes it part of the tenant's logs, from the generation `added` on. */
  putCatalog(segment: PublishableSegment, bytes: Uint8Array, header: Uint8Array, added: number): Promise<void>
  /** In one turn of the object: drops its copies and moves readers on to the generation `added`. */
  forget(ids: readonly string[], added: number): void
}

/**
 * Copies sealed segments to where queries read them. It may stop at any await and run again. Readers pinned to an earlier
 * generation go on reading the object's copies, so they see each record exactly once at every moment.
 */
export async function publishSealed(
  ports: PublishPorts,
  sealed: readonly PublishableSegment[],
  generation: number,
): Promise<number> {
  const added = generation + 1
  const done: string[] = []
  for (const segment of sealed) {
    const stored = ports.read(segment.id)
    if (!stored) continue
    await ports.putPayload(segment, stored.bytes)
    await ports.putCache(segment, stored.bytes, stored.header)
    await ports.putCatalog(segment, stored.bytes, stored.header, added)
    done.push(segment.id)
  }
  if (done.length > 0) ports.forget(done, added)
  return done.length
}
