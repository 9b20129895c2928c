import { createHash } from 'node:crypto'
import type { PackMember, PackPlace } from '../../src/segments/change'

const MAGIC = new TextEncoder().encode('SLGPACK1')

/** An archive object of version 1, as code of before wrote it: whole segments, one after another. */
export function oldPack(
  segments: readonly { readonly id: string; readonly hash: string; readonly bytes: Uint8Array }[],
  about: { readonly tenantId: string; readonly day: number; readonly class: string },
): { readonly object: Uint8Array; readonly members: readonly PackMember[]; readonly places: readonly PackPlace[] } {
  let at = MAGIC.length
  const entries = segments.map(({ id, hash, bytes }) => {
    const entry = { id, offset: at, length: bytes.length, hash }
    at += bytes.length
    return entry
  })
  const directory = { version: 1, tenant: about.tenantId, day: about.day, class: about.class, segments: entries }
  const text = Buffer.from(JSON.stringify(directory))
  const trailer = Buffer.alloc(8)
  trailer.writeUInt32LE(at, 0)
  trailer.writeUInt32LE(text.length, 4)
  const digest = createHash('sha256').update(text).digest()
  const object = Buffer.concat([MAGIC, ...segments.map(({ bytes }) => bytes), text, trailer, digest, MAGIC])
  return {
    object: new Uint8Array(object),
    members: entries.map(({ id, hash, length, offset }) => ({ id, hash, bytes: length, offset })),
    places: entries.map(({ id, offset }) => ({ id, offset })),
  }
}
