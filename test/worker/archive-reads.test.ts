import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import payloadSchema from '../../migrations/payload/0001_initial.sql?raw'
import schema from '../../schema.sql?raw'
import { ARCHIVE_GAP_BYTES_MAX } from '../../src/limits/limits'
import { compileFilter } from '../../src/query/filter'
import { parseQuery } from '../../src/query/parse'
import { searchTable } from '../../src/query/search-table'
import { type PackPorts, planPack, storePack } from '../../src/segments/archive'
import type { PackMember, PackPlace } from '../../src/segments/change'
import type { PackIndex } from '../../src/segments/pack-directory'
import type { SealedSegment } from '../../src/segments/seal'
import { BoundedCache } from '../../src/storage/bounded-cache'
import { putSegmentRow, readCatalog } from '../../src/storage/d1/catalog'
import { editCatalog } from '../../src/storage/d1/catalog-edit'
import { readHeaders } from '../../src/storage/d1/catalog-upkeep'
import { deletePayloads, putPayload, readPayloads } from '../../src/storage/d1/payload'
import { archiveObjects } from '../../src/storage/r2/archive'
import { packKey } from '../../src/storage/r2/keys'
import { readPackedSegments } from '../../src/storage/r2/packed-segments'
import { readRanges } from '../../src/storage/r2/read-ranges'
import { catalogUnit, createLoader } from '../../src/storage/search-units'
import { fetchSections } from '../../src/storage/segment-sections'
import { MIXED_LOGS_MS, mixedLogs } from '../support/mixed-logs'
import { oldPack } from '../support/old-pack'
import { documents, read, sealed, segmentTableOf } from '../support/read-back'
import { randomIntegers, sampleLogs } from '../support/sample-logs'

const bucket = env.ARCHIVE ?? expect.fail('there is no archive')
const day = Math.floor(MIXED_LOGS_MS / 86_400_000)
let tenants = 0

beforeAll(async () => {
  await env.CONTROL.prepare(schema).run()
  await env.PAYLOAD.prepare(payloadSchema).run()
})

/** A tenant whose segments are published in D1. */
async function tenantWith(segments: readonly SealedSegment[]) {
  const tenantId = `ten_reads${++tenants}`
  for (const segment of segments) {
    const { id, bytes, headerBytes: header } = segment
    await putPayload(env.PAYLOAD, tenantId, id, bytes)
    await putSegmentRow(
      env.CONTROL,
      tenantId,
      { ...segment, sealedMs: MIXED_LOGS_MS },
      { bytes: bytes.length, header, added: 1 },
    )
  }
  const about = { tenantId, day, class: 'standard' }
  const members: readonly PackMember[] = segments.map(({ id, hash, bytes }) => ({ id, hash, bytes: bytes.length }))
  const move = async (key: string, places: readonly PackPlace[]) => {
    const nothing = { added: [], removed: [], masked: undefined }
    await editCatalog(env.CONTROL, tenantId, { generation: 2, atMs: 0, moved: { key, places }, ...nothing })
    const ids = segments.map(({ id }) => id)
    await deletePayloads(env.PAYLOAD, tenantId, ids)
  }
  return { tenantId, about, members, move }
}

type Tenant = Awaited<ReturnType<typeof tenantWith>>

const portsOf = ({ tenantId }: Tenant, readSegments: PackPorts['readSegments']): PackPorts => ({
  ...archiveObjects(bucket),
  readHeaders: (ids) => readHeaders(env.CONTROL, tenantId, ids),
  readSegments,
})

/** Packs segments into columns side by side; their bytes come from D1, or from the object that they are in. */
async function pack(tenant: Tenant, members: readonly PackMember[], from?: string): Promise<string> {
  const request = { ...tenant.about, members }
  const { hash, places } = planPack(request)
  const key = packKey(tenant.tenantId, { ...tenant.about, hash })
  const ports = portsOf(tenant, (some) =>
    from === undefined ? readPayloads(env.PAYLOAD, tenant.tenantId, some) : readPackedSegments(bucket, from, some),
  )
  expect(await storePack(ports, key, request)).toEqual({ ok: true })
  await tenant.move(key, places)
  return key
}

/** The archive, and what it is asked. */
function listening() {
  const asked: string[] = []
  const archive = new Proxy(bucket, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name)
      if (typeof member !== 'function') return member
      return (...args: unknown[]) => {
        asked.push(String(name))
        return Reflect.apply(member, target, args)
      }
    },
  })
  return { archive, asked }
}

/** What a Worker with nothing in its memory reads through. */
async function coldReader({ tenantId }: Tenant) {
  const { archive, asked } = listening()
  const memory = new BoundedCache<Uint8Array>(50_000_000)
  const packs = new BoundedCache<PackIndex>(100_000)
  const units = (await readCatalog(env.CONTROL, tenantId, 2)).map(catalogUnit)
  const stores = { cache: env.CACHE, payload: env.PAYLOAD, archive, tenantId, memory, packs }
  return { units, stores, asked }
}

/** Every section of every segment, as a reader gets it, and every record. */
async function everything(tenant: Tenant) {
  const { units, stores } = await coldReader(tenant)
  const requests = units.map(({ segment, located }) => {
    const known = located ?? expect.fail('a segment has no header')
    return { segment, located: known, sections: [...known.header.sections.keys()] }
  })
  const read = { memory: 0, kv: 0, d1: 0, r2: 0 }
  const readers = await fetchSections(stores, requests, read)
  const sections = requests.map(({ segment, sections: numbers }, index) => {
    const reader = readers[index] ?? expect.fail(`${segment.id} cannot be read`)
    return [segment.id, numbers.map((section) => Buffer.from(reader(section)).toString('base64'))] as const
  })
  return { sections: sections.sort(([left], [right]) => (left < right ? -1 : 1)), read }
}

/** Counts records over everything, as `<query> | count` does. */
async function count(tenant: Tenant, text: string) {
  const { units, stores, asked } = await coldReader(tenant)
  const loader = createLoader(stores, new Map(), new Map(units.map((unit) => [unit, unit])))
  const filter = compileFilter(parseQuery(text).filter, MIXED_LOGS_MS)
  if (!filter.ok) throw new Error('the filter does not compile')
  const search = { filter: filter.filter, fromMs: 0, toMs: MIXED_LOGS_MS * 2, nextSeq: Number.MAX_SAFE_INTEGER }
  const taker = { columns: () => [], add: () => undefined, addCounts: () => false, isDecided: () => false }
  const found = await searchTable(units, loader, search, taker)
  return { matched: found.matched, partial: found.partial, asked, read: loader.read }
}

describe('segments in the archive', () => {
  it('read the same from D1, an old object, a new one, and one made of a part of an old or a new one', async () => {
    for (let seed = 1; seed <= 3; seed++) {
      const segments = [1, 2, 3, 4].flatMap((part) =>
        sealed([read(mixedLogs({ count: 20 + seed * part * 7, seed: seed * 10 + part }).join('\n'))]),
      )
      const inD1 = await tenantWith(segments)
      const expected = await everything(inD1)
      expect(expected.read.r2, `seed ${seed}`).toBe(0)

      const inOld = await tenantWith(segments)
      const old = oldPack(segments, inOld.about)
      const oldKey = `${inOld.tenantId}/old.pack`
      await bucket.put(oldKey, old.object)
      await inOld.move(oldKey, old.places)
      expect((await everything(inOld)).sections, `seed ${seed}`).toEqual(expected.sections)

      const inNew = await tenantWith(segments)
      const newKey = await pack(inNew, inNew.members)
      const found = await everything(inNew)
      expect(found.sections, `seed ${seed}`).toEqual(expected.sections)
      expect([found.read.d1, found.read.kv]).toEqual([0, 0])

      const [{ offset }] = planPack({ ...inNew.about, members: inNew.members }).places
      for (const [tenant, key, members] of [
        [inOld, oldKey, old.members],
        [inNew, newKey, inNew.members.map((member) => ({ ...member, offset }))],
      ] as const) {
        const some = members.filter((_, index) => index % 2 === seed % 2)
        const whole = await readPackedSegments(bucket, key, members)
        for (const [index, segment] of segments.entries())
          expect(Buffer.compare(whole[index] ?? new Uint8Array(), segment.bytes), `seed ${seed}`).toBe(0)
        await pack(tenant, some, key)
        expect((await everything(tenant)).sections, `seed ${seed}`).toEqual(expected.sections)
      }
    }
  }, 60_000)

  it('answer a cold count over many of them in few reads', async () => {
    const startMs = MIXED_LOGS_MS
    const segments = Array.from({ length: 24 }, (_, part) =>
      sealed([read(sampleLogs({ count: 1500, seed: part + 1, startMs: startMs + part * 8000 }).join('\n'))]),
    ).flat()
    expect(segments.length).toBe(24)
    const tenant = await tenantWith(segments)
    const texts = segments.flatMap(({ bytes }) => documents(segmentTableOf(bytes)))
    const before = await count(tenant, 'status')
    await pack(tenant, tenant.members)
    // The directory, then for each eight segments a range of each column, or of those that stand together.
    for (const [query, pattern, reads] of [
      ['"with status 500"', /with status 500/, 1 + 3],
      ['level:error', /"level":"error"/, 1 + 3],
      ['level:error service:web "status 500"', /"level":"error","service":"web",.*status 500/, 1 + 3 * 2],
      ['user', /user/, 1 + 3],
    ] as const) {
      const found = await count(tenant, query)
      const matched = texts.filter((text) => pattern.test(text)).length
      expect([found.matched, found.partial], query).toEqual([matched, undefined])
      expect(new Set(found.asked), query).toEqual(new Set(['get']))
      expect(found.asked.length, query).toBeLessThanOrEqual(reads)
      expect(found.read.r2, query).toBeLessThan(segments.reduce((sum, { bytes }) => sum + bytes.length, 0) / 2)
      expect([found.read.d1, found.read.kv], query).toEqual([0, 0])
    }
    expect(before.matched).toBe(24 * 1500)
  }, 30_000)

  it('are missing from the answer, which says so, when their object or its directory is damaged', async () => {
    const segments = sealed([read(sampleLogs({ count: 100, seed: 1, startMs: MIXED_LOGS_MS }).join('\n'))])
    const tenant = await tenantWith(segments)
    const key = await pack(tenant, tenant.members)
    const object = new Uint8Array((await (await bucket.get(key))?.arrayBuffer()) ?? new ArrayBuffer(0))
    expect(await count(tenant, 'user')).toMatchObject({ matched: 100, partial: undefined })
    const damaged = object.slice()
    damaged[damaged.length - 70] ^= 1
    for (const bytes of [
      damaged,
      object.slice(0, -1),
      object.slice().fill(7, 8, object.length - 700),
      new Uint8Array(9),
    ]) {
      await bucket.put(key, bytes)
      expect(await count(tenant, 'user')).toMatchObject({ matched: 0, partial: 'segment_unavailable' })
    }
    await bucket.delete(key)
    expect(await count(tenant, 'user')).toMatchObject({ matched: 0, partial: 'segment_unavailable' })
  })
})

describe('ranges of an object', () => {
  it('come as they are, in any order, together where little stands between them', async () => {
    const next = randomIntegers(3)
    const object = Uint8Array.from({ length: 400_000 }, () => next(256))
    await bucket.put('ranges', object)
    const far = ARCHIVE_GAP_BYTES_MAX + 1
    for (const [ranges, reads] of [
      [[], 0],
      [[[5, 5 + 10]], 1],
      [
        [
          [20, 30],
          [5, 15],
          [5, 15],
          [8, 40],
        ],
        1,
      ],
      [
        [
          [200, 300],
          [300 + ARCHIVE_GAP_BYTES_MAX, 300 + far],
        ],
        1,
      ],
      [
        [
          [300 + far, 310 + far],
          [200, 300],
        ],
        2,
      ],
      [
        [
          [0, 10],
          [399_990, 400_000],
          [200_000, 200_001],
        ],
        3,
      ],
    ] as const) {
      const { archive, asked } = listening()
      const found = await readRanges(
        archive,
        'ranges',
        ranges.map(([from, to]) => ({ from, to })),
      )
      expect(asked.length).toBe(reads)
      expect(found.pieces.map((bytes) => bytes && [...bytes])).toEqual(
        ranges.map(([from, to]) => [...object.slice(from, to)]),
      )
    }
  })

  it('are missing alone when they lie beyond the end, and all together when there is no such object', async () => {
    await bucket.put('short', new Uint8Array(100))
    const ranges = [
      { from: 0, to: 10 },
      { from: 95, to: 105 },
      { from: 200, to: 210 },
    ]
    const { pieces } = await readRanges(bucket, 'short', ranges)
    expect(pieces.map((bytes) => bytes?.length)).toEqual([10, undefined, undefined])
    expect((await readRanges(bucket, 'none', ranges)).pieces).toEqual([undefined, undefined, undefined])
  })
})
