import {
  createScheduledController,
  evictDurableObject,
  runDurableObjectAlarm,
  runInDurableObject,
} from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { createHash } from 'node:crypto'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import payloadSchema from '../../migrations/payload/0001_initial.sql?raw'
import schema from '../../schema.sql?raw'
import { readBatch } from '../../src/formats/read-batch'
import { ARCHIVE_OBJECT_BYTES_MAX } from '../../src/limits/limits'
import { compileFilter } from '../../src/query/filter'
import { searchRows } from '../../src/query/search-rows'
import { createRedactor } from '../../src/records/redact/redact'
import { runCron } from '../../src/run-cron'
import { chooseForPack, planPack, storePack } from '../../src/segments/archive'
import { decodePackEnd, PACK_TRAILER_BYTES, readPackTrailer } from '../../src/segments/pack-directory'
import { BoundedCache } from '../../src/storage/bounded-cache'
import { readCatalog } from '../../src/storage/d1/catalog'
import { archiveObjects } from '../../src/storage/r2/archive'
import { readPackedSegments } from '../../src/storage/r2/packed-segments'
import { catalogUnit, createLoader } from '../../src/storage/search-units'
import { readSnapshot } from '../../src/storage/unpublished'
import { tenantStub } from '../../src/tenant-stub'
import { tinyHeader } from '../support/tiny-segment'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
/** Far ahead of the real clock, so that no alarm fires unless the test lets it. */
const START_MS = Date.UTC(2040, 0, 9, 3)
const redactor = createRedactor({ kinds: new Set() })

let tenants = 0
let tenantId = ''
let nowMs = START_MS
let sent = 0

beforeAll(async () => {
  await env.CONTROL.prepare(schema).run()
  await env.PAYLOAD.prepare(payloadSchema).run()
})

beforeEach(async () => {
  tenantId = `ten_life${++tenants}`
  nowMs = START_MS
  sent = 0
  await setClock()
})

const stub = () => tenantStub(env, tenantId)
const setClock = () =>
  runInDurableObject(stub(), (instance) => {
    instance.clock = () => nowMs
  })
const caller = () => ({ tenantId, host: '', keyId: 'key_a', address: '', settingsVersion: 0 })

/** Sends records that say `n 0`, `n 1`, … over the whole life of the tenant. */
async function append(count: number, timeMs = nowMs): Promise<void> {
  const lines = Array.from({ length: count }, (_, index) =>
    JSON.stringify({ timestamp: new Date(timeMs + index).toISOString(), level: 'info', message: `n ${sent + index}` }),
  )
  const body = new TextEncoder().encode(lines.join('\n'))
  const batch = readBatch(body, '', { receivedMs: nowMs, retentionMs: 30 * DAY_MS, redactor, source: 'http' })
  const outcome = await stub().append(batch.blocks, {
    ...caller(),
    ...{ batchId: 'b', minted: true, fingerprint: '', received: count, bytesIn: body.length, rejected: {}, errors: [] },
    blocks: batch.summaries,
  })
  expect(outcome).toMatchObject({ ok: true })
  sent += count
}

/** Time goes on, and the alarm rings. */
async function later(ms: number): Promise<void> {
  nowMs += ms
  expect(await runDurableObjectAlarm(stub())).toBe(true)
}

/** Makes and publishes a segment. */
async function seal(count: number, timeMs = nowMs): Promise<void> {
  await append(count, timeMs)
  await later(10 * MINUTE_MS)
}

/** Searches as a Worker does that has nothing in its memory. */
async function search() {
  const outcome = await readSnapshot(stub(), caller())
  if (!outcome.ok) throw new Error(outcome.refusal.kind)
  const { generation, nextSeq, units: held } = outcome.snapshot
  const published = (await readCatalog(env.CONTROL, tenantId, generation)).map(catalogUnit)
  const memory = new BoundedCache<Uint8Array>(10_000_000)
  const loader = createLoader(
    { cache: env.CACHE, payload: env.PAYLOAD, archive: env.ARCHIVE, tenantId, memory },
    new Map(held.map((unit) => [unit, unit.table])),
    new Map(published.map((unit) => [unit, unit])),
  )
  const filter = compileFilter(undefined, nowMs)
  if (!filter.ok) throw new Error('the filter does not compile')
  const range = { fromMs: nowMs - 30 * DAY_MS, toMs: nowMs + DAY_MS }
  const found = await searchRows([...held, ...published], loader, {
    ...{ filter: filter.filter, ...range, order: 'asc', limit: 1000, after: undefined, nextSeq },
  })
  const units = [...new Set(found.hits.map(({ unit }) => unit))]
  const tables = await loader.load(units.map((unit) => ({ unit, columns: 'all' })))
  expect(tables).not.toContain(undefined)
  return { seqs: found.hits.map(({ seq }) => seq), partial: found.partial, read: loader.read }
}

const upTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1)

async function rowsOf(table: 'CONTROL' | 'PAYLOAD', sql: string): Promise<Record<string, unknown>[]> {
  const { results } = await env[table].prepare(sql).bind(tenantId).all()
  return results
}
const live = () => rowsOf('CONTROL', 'SELECT * FROM segment WHERE tenant_id = ? AND removed IS NULL ORDER BY min_seq')
const catalog = () => rowsOf('CONTROL', 'SELECT id FROM segment WHERE tenant_id = ?')
const payloads = () => rowsOf('PAYLOAD', 'SELECT DISTINCT segment_id AS id FROM payload_part WHERE tenant_id = ?')
const objects = async () => (await env.ARCHIVE?.list({ prefix: `${tenantId}/` }))?.objects.map(({ key }) => key) ?? []
const chain = () =>
  runInDurableObject(stub(), (_, { storage }) =>
    storage.sql
      .exec<{ entry: string }>('SELECT entry FROM chain ORDER BY number')
      .toArray()
      .map(({ entry }): { what: string; added: string[]; removed: string[] } => JSON.parse(entry)),
  )

/** The beginning of a segment with sections of these lengths. */
function headerOf(lengths: readonly number[]): Uint8Array {
  let offset = 0
  const sections = lengths.map((length) => {
    offset += length
    return [offset - length, length, length, 0]
  })
  const part = { section: 0, mode: 'base', width: 1, base: 0 }
  return tinyHeader({ sections, times: part, seqs: part, received: part, level: 1, columns: [] })
}

async function deleteCache(): Promise<void> {
  const { keys } = await env.CACHE.list({ prefix: `${tenantId}/` })
  for (const { name } of keys) await env.CACHE.delete(name)
}

describe('the life of a segment', () => {
  it('finds records before and after they are sealed, and the same when all of KV is gone', async () => {
    await append(50)
    expect((await search()).seqs).toEqual(upTo(50))
    await later(10 * MINUTE_MS)
    const before = await search()
    expect([before.seqs, before.partial]).toEqual([upTo(50), undefined])
    expect(before.read.kv).toBeGreaterThan(0)
    await deleteCache()
    const after = await search()
    expect([after.seqs, after.partial]).toEqual([upTo(50), undefined])
    expect([after.read.kv, after.read.d1 > 0]).toEqual([0, true])
  })

  it('reads what is damaged in KV from where it is not', async () => {
    await seal(50)
    const { keys } = await env.CACHE.list({ prefix: `${tenantId}/` })
    for (const { name } of keys) {
      const value = new Uint8Array((await env.CACHE.get(name, 'arrayBuffer')) ?? new ArrayBuffer(0))
      await env.CACHE.put(name, value.fill(7))
    }
    expect(await search()).toMatchObject({ seqs: upTo(50), partial: undefined })
  })

  it('merges small segments, and deletes what is left of them when no reader can need it', async () => {
    for (let batch = 0; batch < 8; batch++) await seal(10)
    expect((await live()).length).toBe(1)
    expect((await catalog()).length).toBe(9)
    expect(await search()).toMatchObject({ seqs: upTo(80), partial: undefined })
    await evictDurableObject(stub())
    await setClock()
    await later(15 * MINUTE_MS)
    expect([(await catalog()).length, (await payloads()).length]).toEqual([1, 1])
    expect(await search()).toMatchObject({ seqs: upTo(80), partial: undefined })
    const entries = await chain()
    const merged = entries.filter(({ what }) => what === 'merged')
    expect(merged).toMatchObject([{ added: [expect.any(String)] }])
    const sealed = entries.filter(({ what }) => what === 'sealed').flatMap(({ added }) => added)
    expect([...merged[0].removed].sort()).toEqual(sealed.sort())
  })

  it('packs a day into the archive, from which the same is found', async () => {
    await seal(40)
    await seal(30)
    await evictDurableObject(stub())
    await setClock()
    await later(25 * HOUR_MS)
    expect((await live()).map(({ place }) => place)).toEqual(['r2', 'r2'])
    await later(15 * MINUTE_MS)
    expect(await payloads()).toEqual([])
    await deleteCache()
    const found = await search()
    expect(found).toMatchObject({ seqs: upTo(70), partial: undefined, read: { kv: 0, d1: 0 } })
    expect(found.read.r2).toBeGreaterThan(0)
  })

  it('writes archive objects that say themselves what is in them', async () => {
    await seal(20)
    await later(25 * HOUR_MS)
    const [key] = await objects()
    const bytes = new Uint8Array((await (await env.ARCHIVE?.get(key))?.arrayBuffer()) ?? new ArrayBuffer(0))
    const { offset } = readPackTrailer(bytes.subarray(bytes.length - PACK_TRAILER_BYTES))
    const [row] = await live()
    expect(offset).toBe(row.archive_offset)
    expect(decodePackEnd(bytes.subarray(offset), offset)).toMatchObject({
      ...{ version: 2, tenant: tenantId, day: row.day, class: 'standard' },
      segments: [{ id: row.id, length: row.bytes, hash: row.hash }],
    })
  })

  it('streams an archive object of full size, and reads it back', async () => {
    const payloads = new Map<string, Uint8Array>()
    const headerBytes = headerOf([600_000, 100, 700_000])
    const members = Array.from({ length: 47 }, (_, index) => {
      const bytes = new Uint8Array(1_400_000).fill(index)
      bytes.set(headerBytes)
      const digest = createHash('sha256').update(bytes.subarray(0, -32)).digest()
      bytes.set(digest, bytes.length - 32)
      payloads.set(`seg_${index}`, bytes)
      return { id: `seg_${index}`, hash: digest.toString('hex'), bytes: bytes.length }
    })
    const bucket = env.ARCHIVE ?? expect.fail('there is no archive')
    const ports = {
      ...archiveObjects(bucket),
      readHeaders: async (ids: readonly string[]) => ids.map(() => headerBytes),
      readSegments: async (wanted: readonly { id: string }[]) => wanted.map(({ id }) => payloads.get(id)),
    }
    const request = { tenantId, day: 1, class: 'standard', members: chooseForPack(members) }
    expect(await storePack(ports, `${tenantId}/full.columns`, request)).toEqual({ ok: true })
    const size = (await env.ARCHIVE?.head(`${tenantId}/full.columns`))?.size ?? 0
    expect(size).toBeGreaterThan(planPack(request).places[0].offset)
    expect(size).toBeLessThanOrEqual(ARCHIVE_OBJECT_BYTES_MAX)
    const [{ offset }] = planPack(request).places
    const some = [request.members[0], request.members[20], request.members[45]].map((one) => ({ ...one, offset }))
    const found = await readPackedSegments(bucket, `${tenantId}/full.columns`, some)
    for (const [index, { id }] of some.entries())
      expect(Buffer.compare(found[index] ?? new Uint8Array(), payloads.get(id) ?? new Uint8Array())).toBe(0)
    payloads.delete('seg_40')
    expect(await storePack(ports, `${tenantId}/other.columns`, request)).toEqual({ ok: false, damaged: ['seg_40'] })
    expect(await env.ARCHIVE?.head(`${tenantId}/other.columns`)).toBeNull()
    expect(await storePack(ports, `${tenantId}/full.columns`, request)).toEqual({ ok: true })
  }, 30_000)

  it('removes what has expired once for each slot of the cron, from D1 and R2, and nothing else', async () => {
    await seal(20)
    await later(25 * HOUR_MS)
    await later(15 * MINUTE_MS)
    nowMs += 29 * DAY_MS
    await seal(5)
    const slot = createScheduledController({ cron: '0 2 * * *', scheduledTime: new Date(nowMs) })
    await runCron(env, slot)
    await later(0)
    expect((await live()).map(({ rows }) => rows)).toEqual([5])
    expect(await search()).toMatchObject({ seqs: [21, 22, 23, 24, 25], partial: undefined })
    await later(15 * MINUTE_MS)
    expect([(await catalog()).length, (await objects()).length]).toEqual([1, 0])
    expect((await chain()).filter(({ what }) => what === 'expired').length).toBe(1)
    nowMs += 31 * DAY_MS
    await runCron(env, slot)
    expect((await live()).length).toBe(1)
  })

  it('packs again what is left of a day when most of it has expired, and deletes the old object', async () => {
    await seal(300)
    nowMs += 5 * HOUR_MS
    await seal(5)
    await later(25 * HOUR_MS)
    await later(15 * MINUTE_MS)
    const [before] = await objects()
    nowMs = START_MS + 30 * DAY_MS + 2 * HOUR_MS
    await runCron(env, createScheduledController({ cron: '0 2 * * *', scheduledTime: new Date(nowMs) }))
    await later(0)
    expect(await objects()).toEqual([before])
    await later(15 * MINUTE_MS)
    expect((await objects()).length).toBe(2)
    const left = upTo(305).slice(300)
    expect(await search()).toMatchObject({ seqs: left, partial: undefined, read: { kv: 0, d1: 0 } })
    await later(15 * MINUTE_MS)
    const [after] = await objects()
    expect([(await objects()).length, after === before]).toEqual([1, false])
    expect(await live()).toMatchObject([{ rows: 5, archive_key: after }])
    expect(await search()).toMatchObject({ seqs: left, partial: undefined })
  })

  it('hides erased rows from every reader, also after they were merged', async () => {
    for (let batch = 0; batch < 7; batch++) await seal(10)
    const [first] = await live()
    expect(await stub().eraseRows(String(first.id), [0, 3])).toEqual({ ok: true, erased: 2 })
    expect(await stub().eraseRows(String(first.id), [4])).toEqual({ ok: true, erased: 3 })
    expect(await stub().eraseRows('seg_other', [4])).toEqual({ ok: false, why: 'no_such_segment' })
    const kept = upTo(70).filter((seq) => ![1, 4, 5].includes(seq))
    expect(await search()).toMatchObject({ seqs: kept, partial: undefined })
    await seal(10)
    expect(await live()).toMatchObject([{ rows: 77, mask: null }])
    expect((await search()).seqs).toEqual([...kept, ...upTo(80).slice(70)])
    expect((await chain()).filter(({ what }) => what === 'erased')).toMatchObject([
      { erased: { segment: first.hash, rows: 2 } },
      { erased: { segment: first.hash, rows: 3 } },
    ])
  })

  it('answers partly, with the reason, when a payload or a row of the catalog is damaged', async () => {
    await seal(10)
    await seal(10)
    await deleteCache()
    const [first, second] = await live()
    await env.PAYLOAD.prepare("UPDATE payload_part SET data = replace(data, 'A', 'B') WHERE segment_id = ?")
      .bind(first.id)
      .run()
    expect(await search()).toMatchObject({ seqs: upTo(20).slice(10), partial: 'segment_unavailable' })
    await env.CONTROL.prepare("UPDATE segment SET header = 'AAAA' WHERE id = ?").bind(second.id).run()
    expect(await search()).toMatchObject({ seqs: [], partial: 'segment_unavailable' })
  })

  it('does the work of an alarm that was lost', async () => {
    await append(10)
    await runInDurableObject(stub(), (_, { storage }) => storage.deleteAlarm())
    await evictDurableObject(stub())
    await setClock()
    nowMs += HOUR_MS
    await runCron(env, createScheduledController({ cron: '* * * * *', scheduledTime: new Date(nowMs) }))
    expect((await live()).map(({ rows }) => rows)).toEqual([10])
  })

  it('keeps its alarm when its stores do not answer', async () => {
    await append(10)
    await env.PAYLOAD.prepare('ALTER TABLE payload_part RENAME TO away').run()
    await later(10 * MINUTE_MS)
    expect((await search()).seqs).toEqual(upTo(10))
    await later(MINUTE_MS)
    await env.PAYLOAD.prepare('ALTER TABLE away RENAME TO payload_part').run()
    await later(MINUTE_MS)
    expect((await live()).map(({ rows }) => rows)).toEqual([10])
    expect((await search()).seqs).toEqual(upTo(10))
  })
})
