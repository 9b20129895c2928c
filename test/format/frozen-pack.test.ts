import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { planPack, storePack } from '../../src/segments/archive'
import { decodePackEnd, indexPack, joinPieces, piecesInPack } from '../../src/segments/pack-directory'
import { readForeignPack } from '../support/foreign-pack-reader'
import { frozenText } from '../support/frozen'
import { tinySegment } from '../support/tiny-segment'

const path = join(import.meta.dirname, 'frozen/pack-v2.b64')
const about = { tenantId: 'ten_a', day: 20_000, class: 'standard' }
const segments = [
  tinySegment('seg_a', [
    { name: 'message', system: true, lengths: [30, 40] },
    { name: 'service', system: true, lengths: [10, 20] },
    { name: 'status', system: false, lengths: [3, 0] },
  ]),
  tinySegment('seg_b', [{ name: 'service', system: true, lengths: [11, 21] }]),
  tinySegment('seg_c', [
    { name: 'service', system: true, lengths: [12, 22] },
    { name: 'message', system: true, lengths: [31, 41] },
    { name: 'status', system: true, lengths: [4, 5] },
  ]),
]
const request = { ...about, members: segments.map(({ id, hash, bytes }) => ({ id, hash, bytes: bytes.length })) }
const readFrozen = () => Buffer.from(readFileSync(path, 'utf8'), 'base64')

async function newPack(): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  const whole = () => Buffer.concat(parts)
  await storePack(
    {
      readHeaders: async () => segments.map(({ headerBytes }) => headerBytes),
      readSegments: async () => segments.map(({ bytes }) => bytes),
      hasObject: async () => false,
      createObject: async (_key, _length, chunks) => {
        for await (const chunk of chunks) parts.push(chunk)
      },
      readObject: async (_key, from, to) => whole().subarray(from, to),
      deleteObject: async () => undefined,
    },
    'key',
    request,
  )
  return whole()
}

describe('stored bytes of archive objects of version 2', () => {
  it('are what the same segments are written as today, under the same name', async () => {
    await expect(frozenText(await newPack())).toMatchFileSnapshot(path)
    expect(planPack(request).hash).toMatchInlineSnapshot(`"68ad3eba554dd4188c2f70545229efc9"`)
  })

  it('give each segment back', () => {
    const object = readFrozen()
    const [{ offset }] = planPack(request).places
    const index = indexPack(decodePackEnd(object.subarray(offset), offset))
    for (const { id, bytes } of segments) {
      const again = joinPieces(bytes.length, piecesInPack(index, id), ({ at, length }) =>
        object.subarray(at, at + length),
      )
      expect(again && Buffer.compare(again, bytes)).toBe(0)
    }
  })

  it('can be read by whoever has read docs/segment-format.md', () => {
    const found = readForeignPack(readFrozen())
    expect([...found.keys()]).toEqual(segments.map(({ id }) => id))
    for (const { id, bytes } of segments) expect(found.get(id)?.equals(bytes)).toBe(true)
  })
})
