/** A reader of archive objects written from docs/segment-format.md alone: nothing here comes from src/. */
import { createHash } from 'node:crypto'
import { zstdDecompressSync } from 'node:zlib'

interface Directory {
  readonly version: number
  readonly segments: readonly { readonly id: string; readonly hash: string; readonly length: number }[]
  readonly stripes: readonly { readonly groups: readonly { readonly pieces: readonly number[] }[] }[]
}

/** The segments of an object, by id. Throws when anything is not as the page says. */
export function readForeignPack(object: Buffer): Map<string, Buffer> {
  const trailer = object.subarray(object.length - 52)
  if (object.toString('latin1', 0, 8) !== 'SLGPACK2' || trailer.toString('latin1', 44) !== 'SLGPACK2')
    throw new Error('not an archive object')
  const [offset, stored, length] = [0, 4, 8].map((at) => trailer.readUInt32LE(at))
  const text = zstdDecompressSync(object.subarray(offset, offset + stored))
  if (text.length !== length || !createHash('sha256').update(text).digest().equals(trailer.subarray(12, 44)))
    throw new Error('the directory is damaged')
  const { version, segments, stripes }: Directory = JSON.parse(text.toString())
  if (version !== 2) throw new Error(`version ${version}`)
  const whole = segments.map((segment) => Buffer.alloc(segment.length))
  let at = 8
  for (const pieces of stripes.flatMap(({ groups }) => groups.map((group) => group.pieces))) {
    for (let next = 0; next < pieces.length; next += 3) {
      const [segment, from, bytes] = pieces.slice(next, next + 3)
      object.copy(whole[segment], from, at, at + bytes)
      at += bytes
    }
  }
  if (at !== offset) throw new Error('the pieces do not end where the directory begins')
  for (const [index, { id, hash }] of segments.entries()) {
    const own = createHash('sha256').update(whole[index].subarray(0, -32)).digest('hex')
    if (own !== hash || whole[index].toString('hex', whole[index].length - 32) !== hash)
      throw new Error(`${id} is damaged`)
  }
  return new Map(segments.map(({ id }, index) => [id, whole[index]]))
}
