import { expect, it } from 'vitest'
import { ARCHIVE_OBJECT_BYTES_MAX, ARCHIVE_SEGMENTS_MAX } from '../../src/limits/limits'
import {
  chooseForPack,
  type PackPorts,
  planPack,
  readTrailer,
  storePack,
  TRAILER_BYTES,
} from '../../src/segments/archive'
import type { SealedSegment } from '../../src/segments/seal'
import { read, sealed } from '../support/read-back'
import { sampleLogs } from '../support/sample-logs'

const about = { tenantId: 'ten_a', day: 20_000, class: 'standard' }
const segments = [1, 2, 3].flatMap((seed) =>
  sealed([read(sampleLogs({ count: 50, seed, startMs: Date.UTC(2026, 10, 21, 9) }).join('\n'))]),
)
const members = segments.map(({ id, hash, bytes }) => ({ id, hash, bytes: bytes.length }))
const plan = planPack(members, about)

function bucket(payloads: readonly Pick<SealedSegment, 'id' | 'bytes'>[]) {
  const objects = new Map<string, Uint8Array>()
  const ports: PackPorts = {
    readSegments: async (wanted) => wanted.map(({ id }) => payloads.find((one) => one.id === id)?.bytes),
    hasObject: async (key) => objects.has(key),
    createObject: async (key, _, chunks) => {
      const parts: Uint8Array[] = []
      for await (const chunk of chunks) parts.push(chunk)
      objects.set(key, new Uint8Array(Buffer.concat(parts)))
    },
    readObject: async (key, from, to) => objects.get(key)?.slice(from, to),
    deleteObject: async (key) => void objects.delete(key),
  }
  return { ports, objects }
}

it('writes segments where the plan says, and a directory that its end leads to', async () => {
  const { ports, objects } = bucket(segments)
  expect(await storePack(ports, 'k', plan)).toEqual({ ok: true })
  const object = objects.get('k') ?? new Uint8Array()
  expect(object.length).toBe(plan.length)
  for (const [index, { offset }] of plan.places.entries()) {
    const { bytes } = segments[index]
    expect(Buffer.compare(object.subarray(offset, offset + bytes.length), bytes)).toBe(0)
  }
  const { offset, length, hash } = readTrailer(object.subarray(-TRAILER_BYTES))
  expect(JSON.parse(new TextDecoder().decode(object.subarray(offset, offset + length)))).toEqual(plan.directory)
  expect(hash.startsWith(plan.hash)).toBe(true)
})

it('lays the same segments out in the same way, and others under another name', () => {
  expect(planPack(members, about)).toEqual(plan)
  expect(planPack(members.slice(1), about).hash).not.toBe(plan.hash)
  expect(planPack(members, { ...about, tenantId: 'ten_b' }).hash).not.toBe(plan.hash)
})

it('names segments that are missing or damaged, and writes nothing', async () => {
  const [first, second] = segments
  const { ports, objects } = bucket([{ id: first.id, bytes: first.bytes.slice().fill(0, 60, 70) }, second])
  expect(await storePack(ports, 'k', plan)).toEqual({ ok: false, damaged: [first.id, segments[2].id] })
  expect(objects.size).toBe(0)
})

it('does not trust an object that does not read back, whoever wrote it', async () => {
  const { ports, objects } = bucket(segments)
  await storePack(ports, 'k', plan)
  for (const at of [0, plan.places[1].offset + 30, plan.length - 60, plan.length - 1]) {
    const object = objects.get('k') ?? new Uint8Array()
    object[at] ^= 1
    await expect(storePack(ports, 'k', plan), `byte ${at}`).rejects.toThrow('does not read back')
    expect(await storePack(ports, 'k', plan)).toEqual({ ok: true })
  }
})

it('packs no more than an object may hold, and always something', () => {
  const many = (count: number, bytes: number) =>
    Array.from({ length: count }, (_, index) => ({
      id: `seg_${String(index).padStart(26, '0')}`,
      hash: '0'.repeat(64),
      bytes,
    }))
  expect(chooseForPack(many(2000, 100)).length).toBe(ARCHIVE_SEGMENTS_MAX)
  const full = chooseForPack(many(100, 1_400_000))
  expect(planPack(full, about).length).toBeLessThanOrEqual(ARCHIVE_OBJECT_BYTES_MAX)
  expect(full.length).toBe(47)
  expect(chooseForPack(many(2, ARCHIVE_OBJECT_BYTES_MAX)).length).toBe(1)
})

it('takes nothing else for an archive object', () => {
  expect(() => readTrailer(new Uint8Array(TRAILER_BYTES))).toThrow()
  expect(() => readTrailer(plan.end.subarray(-TRAILER_BYTES + 1))).toThrow()
})
