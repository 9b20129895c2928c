import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { CODEC } from '../../src/segments/codec'
import { HASH_BYTES, PREAMBLE_BYTES, SEGMENT_MAGIC } from '../../src/segments/encode-segment'

/** A segment of which only the places of its sections are true: enough for whoever moves segments and does not read them. */
export function tinySegment(
  id: string,
  columns: readonly { readonly name: string; readonly system: boolean; readonly lengths: readonly [number, number] }[],
) {
  let offset = 0
  const lengths = [5, 6, 7, 8, ...columns.flatMap((column) => column.lengths)]
  const sections = lengths.map((length) => {
    offset += length
    return [offset - length, length, length, 0]
  })
  const part = (section: number) => ({ section, mode: 'base', width: 1, base: 0 })
  const header = {
    ...{ sections, times: part(0), level: 1, seqs: part(2), received: part(3) },
    columns: columns.map(({ name, system }, index) => ({
      ...{ name, system, kind: 'string', cells: 1 },
      as: { form: 'dictionary', codes: 4 + index * 2, values: 5 + index * 2, width: 1, count: 1 },
    })),
  }
  const headerBytes = tinyHeader(header)
  const body = Buffer.alloc(offset, id)
  const whole = Buffer.concat([headerBytes, body])
  const digest = createHash('sha256').update(whole).digest()
  const bytes = new Uint8Array(Buffer.concat([whole, digest]))
  if (digest.length !== HASH_BYTES) throw new Error('segments end with another hash')
  return { id, bytes, headerBytes, hash: digest.toString('hex') }
}

/** The beginning of a segment that has this header, as the catalog keeps it. Not compressed: its bytes are frozen. */
export function tinyHeader(header: object): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(header))
  const stored = Buffer.concat([text, Buffer.alloc(4)])
  stored.writeUInt32LE(crc32(text), text.length)
  const preamble = new DataView(new ArrayBuffer(PREAMBLE_BYTES))
  preamble.setUint32(0, SEGMENT_MAGIC, true)
  preamble.setUint8(4, 1)
  preamble.setUint8(5, CODEC.raw)
  preamble.setUint32(8, stored.length, true)
  preamble.setUint32(12, text.length, true)
  return new Uint8Array(Buffer.concat([new Uint8Array(preamble.buffer), stored]))
}
