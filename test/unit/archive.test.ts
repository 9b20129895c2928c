import { describe, expect, it } from 'vitest'
import {
  ARCHIVE_DIRECTORY_BYTES_MAX,
  ARCHIVE_OBJECT_BYTES_MAX,
  ARCHIVE_PIECES_MAX,
  ARCHIVE_SEGMENTS_MAX,
  ARCHIVE_STRIPE_BYTES_MAX,
} from '../../src/limits/limits'
import { chooseForPack, type PackPorts, type PackRequest, planPack, storePack } from '../../src/segments/archive'
import { decodeHeader } from '../../src/segments/decode-segment'
import {
  decodePackEnd,
  encodePackEnd,
  findInPack,
  indexPack,
  joinPieces,
  PACK_TRAILER_BYTES,
  piecesInPack,
  readPackTrailer,
} from '../../src/segments/pack-directory'
import { cutSegment, layOutPack } from '../../src/segments/pack-layout'
import type { SealedSegment } from '../../src/segments/seal'
import { groupsOfSections } from '../../src/segments/section-ranges'
import { read, sealed } from '../support/read-back'
import { randomIntegers, sampleLogs } from '../support/sample-logs'

const about = { tenantId: 'ten_a', day: 20_000, class: 'standard' }
const startMs = Date.UTC(2026, 10, 21, 9)
const segments = [1, 2, 3].flatMap((seed) => sealed([read(sampleLogs({ count: 50, seed, startMs }).join('\n'))]))
const requestFor = (some: readonly SealedSegment[]): PackRequest => ({
  ...about,
  members: some.map(({ id, hash, bytes }) => ({ id, hash, bytes: bytes.length })),
})
const request = requestFor(segments)

function bucket(payloads: readonly Pick<SealedSegment, 'id' | 'bytes' | 'headerBytes'>[]) {
  const objects = new Map<string, Uint8Array>()
  const find = (id: string) => payloads.find((one) => one.id === id)
  const ports: PackPorts = {
    readHeaders: async (ids) => ids.map((id) => find(id)?.headerBytes),
    readSegments: async (wanted) => wanted.map(({ id }) => find(id)?.bytes),
    hasObject: async (key) => objects.has(key),
    createObject: async (key, length, chunks) => {
      const parts: Uint8Array[] = []
      for await (const chunk of chunks) parts.push(chunk)
      expect(parts.reduce((sum, part) => sum + part.length, 0)).toBe(length)
      objects.set(key, new Uint8Array(Buffer.concat(parts)))
    },
    readObject: async (key, from, to) => objects.get(key)?.slice(from, to),
    deleteObject: async (key) => void objects.delete(key),
  }
  return { ports, objects }
}

async function packed(some: readonly SealedSegment[]): Promise<Uint8Array> {
  const { ports, objects } = bucket(some)
  expect(await storePack(ports, 'k', requestFor(some))).toEqual({ ok: true })
  return objects.get('k') ?? new Uint8Array()
}

function directoryOf(object: Uint8Array) {
  const { offset } = readPackTrailer(object.subarray(-PACK_TRAILER_BYTES))
  return decodePackEnd(object.subarray(offset), offset)
}

describe('an archive object', () => {
  it('gives each segment back byte for byte, and its end leads to everything', async () => {
    const object = await packed(segments)
    const directory = directoryOf(object)
    expect(directory).toMatchObject({ version: 2, tenant: 'ten_a', day: 20_000, class: 'standard' })
    const index = indexPack(directory)
    for (const { id, bytes } of segments) {
      const again = joinPieces(bytes.length, piecesInPack(index, id), ({ at, length }) =>
        object.subarray(at, at + length),
      )
      expect(again && Buffer.compare(again, bytes)).toBe(0)
    }
    const [{ offset }] = planPack(request).places
    expect(offset).toBe(readPackTrailer(object.subarray(-PACK_TRAILER_BYTES)).offset)
  })

  it('has each section in one piece, those of one column side by side, and what queries read most first', async () => {
    const object = await packed(segments)
    const directory = directoryOf(object)
    const index = indexPack(directory)
    const places = segments.flatMap(({ id, headerBytes, bytes }) => {
      const { header, sectionsAt } = decodeHeader(headerBytes)
      const groups = groupsOfSections(header)
      return header.sections.flatMap(([offset, stored], section) => {
        if (stored === 0) return []
        const from = sectionsAt + offset
        const at = findInPack(index, id, from, from + stored) ?? expect.fail(`section ${section} is in pieces`)
        expect(Buffer.compare(object.subarray(at, at + stored), bytes.subarray(from, from + stored))).toBe(0)
        return [{ group: groups[section], at, stored }]
      })
    })
    const extents = [...Map.groupBy(places, ({ group }) => group)].map(([group, own]) => {
      const from = Math.min(...own.map(({ at }) => at))
      const to = Math.max(...own.map(({ at, stored }) => at + stored))
      return { group, from, to, bytes: own.reduce((sum, { stored }) => sum + stored, 0) }
    })
    for (const { group, from, to, bytes } of extents) expect(to - from, group).toBe(bytes)
    const order = extents.sort((left, right) => left.from - right.from).map(({ group }) => group)
    expect(order.slice(0, 4)).toEqual(['time', 'level', 'system service', 'system message'])
  })

  it('has the same name for the same segments, and another one for any others', () => {
    expect(planPack(requestFor(segments))).toEqual(planPack(request))
    expect(planPack(requestFor(segments.slice(1))).hash).not.toBe(planPack(request).hash)
    expect(planPack({ ...request, tenantId: 'ten_b' }).hash).not.toBe(planPack(request).hash)
  })

  it('is not written when a segment, or what the catalog has of it, is missing or damaged, and these are named', async () => {
    const [first, second, third] = segments
    const damaged = { ...first, bytes: first.bytes.slice().fill(0, 60, 70) }
    const short = { ...second, bytes: second.bytes.slice(0, -1) }
    const wrongHeader = { ...third, headerBytes: third.headerBytes.slice().fill(1, 20, 25) }
    for (const [payloads, names] of [
      [[damaged, second, third], [first.id]],
      [
        [damaged, short, third],
        [first.id, second.id],
      ],
      [[first, second, wrongHeader], [third.id]],
      [[first, second], [third.id]],
    ] as const) {
      const { ports, objects } = bucket(payloads)
      expect(await storePack(ports, 'k', request)).toEqual({ ok: false, damaged: names })
      expect(objects.size).toBe(0)
    }
  })

  it('is not trusted when it does not read back, whoever wrote it', async () => {
    const { ports, objects } = bucket(segments)
    await storePack(ports, 'k', request)
    const [{ offset }] = planPack(request).places
    for (const at of [0, 9, offset - 1, offset + 3, -50, -20, -1]) {
      const object = objects.get('k') ?? new Uint8Array()
      object[(at + object.length) % object.length] ^= 1
      await expect(storePack(ports, 'k', request), `byte ${at}`).rejects.toThrow('does not read back')
      expect(await storePack(ports, 'k', request)).toEqual({ ok: true })
    }
    await storePack(ports, 'other', requestFor(segments.slice(1)))
    objects.set('k', objects.get('other') ?? new Uint8Array())
    await expect(storePack(ports, 'k', request)).rejects.toThrow('does not read back')
  })

  it('is trusted when another version of the code has laid it out in another way', async () => {
    const cut = segments.map(({ id, hash, bytes, headerBytes }) =>
      cutSegment({ id, hash, length: bytes.length }, headerBytes),
    )
    const whole = cut.map((segment) => ({ ...segment, pieces: [{ group: 'all', from: 0, length: segment.length }] }))
    const end = encodePackEnd(layOutPack(whole, about))
    const object = Buffer.concat([Buffer.from('SLGPACK2'), ...segments.map(({ bytes }) => bytes), end])
    const { ports, objects } = bucket([])
    objects.set('k', new Uint8Array(object))
    expect(await storePack(ports, 'k', request)).toEqual({ ok: true })
  })

  it('is never taken for one when it is something else', async () => {
    const object = await packed(segments)
    expect(() => readPackTrailer(new Uint8Array(PACK_TRAILER_BYTES))).toThrow()
    expect(() => readPackTrailer(object.subarray(-PACK_TRAILER_BYTES + 1))).toThrow()
    const { offset } = readPackTrailer(object.subarray(-PACK_TRAILER_BYTES))
    expect(() => decodePackEnd(object.subarray(offset + 1), offset + 1)).toThrow()
    expect(() => decodePackEnd(object.subarray(offset - 1), offset)).toThrow()
    expect(() => decodePackEnd(new Uint8Array(3), offset)).toThrow()
  })
})

describe('the choice of segments', () => {
  const many = (count: number, bytes: number) =>
    Array.from({ length: count }, (_, index) => ({
      id: `seg_${String(index).padStart(26, '0')}`,
      hash: '0'.repeat(64),
      bytes,
    }))

  it('is no more than an object may hold, and always something', () => {
    expect(chooseForPack(many(2000, 100)).length).toBe(ARCHIVE_SEGMENTS_MAX)
    expect(chooseForPack(many(100, 1_400_000)).length).toBe(46)
    expect(chooseForPack(many(2, ARCHIVE_OBJECT_BYTES_MAX)).length).toBe(1)
  })

  it('leaves room for the directory of as many segments with as many columns as there can be', () => {
    const next = randomIntegers(7)
    const cut = many(ARCHIVE_SEGMENTS_MAX, 0).map((member) => {
      let from = 0
      const pieces = Array.from({ length: 300 }, (_, column) => {
        const piece = { group: `field ${member.id.slice(-2)} ${column}`, from, length: 1 + next(100) }
        from += piece.length
        return piece
      })
      return { id: member.id, hash: member.hash, length: from, pieces }
    })
    const directory = layOutPack(cut, about)
    const pieces = directory.stripes
      .flatMap(({ groups }) => groups)
      .reduce((sum, group) => sum + group.pieces.length, 0)
    expect(pieces / 3).toBeLessThanOrEqual(2 * ARCHIVE_PIECES_MAX)
    expect(encodePackEnd(directory).length).toBeLessThan(ARCHIVE_DIRECTORY_BYTES_MAX)
  })

  it('puts together no more at a time than fits into memory', () => {
    const cut = many(46, 1_400_000).map(({ id, hash, bytes }) => ({
      ...{ id, hash, length: bytes },
      pieces: [
        { group: 'time', from: 0, length: 1000 },
        { group: 'rest', from: 1000, length: bytes - 1000 },
      ],
    }))
    const { stripes } = layOutPack(cut, about)
    expect(stripes.map((stripe) => stripe.segments)).toEqual([11, 11, 11, 11, 2])
    for (const stripe of stripes) expect(stripe.segments * 1_400_000).toBeLessThanOrEqual(ARCHIVE_STRIPE_BYTES_MAX)
    expect(stripes[1].groups[0]).toEqual({ name: 'time', pieces: stripes[1].groups[0].pieces })
    expect(stripes[1].groups[0].pieces.slice(0, 6)).toEqual([11, 0, 1000, 12, 0, 1000])
  })
})
