import { evictDurableObject, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import schema from '../../schema.sql?raw'
import { readBatch } from '../../src/formats/read-batch'
import { type ActiveLimits, limitsOf, type TenantLimits } from '../../src/limits/policies'
import { createRedactor, DEFAULT_KINDS } from '../../src/records/redact/redact'
import { ALWAYS_CURRENT } from '../../src/tenant/contract'
import { tenantStub } from '../../src/tenant-stub'

/** Far ahead, so that no alarm rings. */
const START_MS = Date.UTC(2100, 0, 1)
const redactor = createRedactor({ kinds: DEFAULT_KINDS })
const NO_DEFAULTS = {
  RATE_LIMIT_ENABLED: false,
  RATE_LIMIT_REQUESTS: 1,
  RATE_LIMIT_WINDOW: 1,
  API_V1_REQUESTS_PER_MINUTE: 0,
  API_V1_BATCHES_PER_MINUTE: 0,
}

let tenantId: string
let tenants = 0
let nowMs: number

beforeAll(async () => {
  await env.CONTROL.prepare(schema).run()
})

beforeEach(() => {
  tenantId = `ten_limits${++tenants}`
  nowMs = START_MS
})

const stub = () => tenantStub(env, tenantId)
const caller = (keyId = 'key_a') => ({
  tenantId,
  host: '',
  keyId,
  address: '192.0.2.1',
  settingsVersion: ALWAYS_CURRENT,
})

/** Sets the clock and the limits of the object as it is in memory now. */
async function setUp(limits: TenantLimits): Promise<void> {
  const active: ActiveLimits = limitsOf(NO_DEFAULTS, limits)
  await runInDurableObject(stub(), (instance) => {
    instance.clock = () => nowMs
    instance.limitsFor = () => active
  })
}

async function append(services: readonly string[], { keyId, batchId }: { keyId?: string; batchId?: string } = {}) {
  const body = new TextEncoder().encode(services.map((service) => JSON.stringify({ service, message: 'x' })).join('\n'))
  const settings = { receivedMs: nowMs, retentionMs: 1e9, redactor, source: 'http', countsServices: true }
  const batch = readBatch(body, '', settings)
  return stub().append(batch.blocks, {
    ...caller(keyId),
    ...{ batchId: batchId ?? 'b', minted: batchId === undefined, fingerprint: '' },
    ...{ received: services.length, bytesIn: body.length, rejected: {}, errors: [] },
    ...{ blocks: batch.summaries, ...batch.counted },
  })
}

const read = (leaseId?: string) => stub().snapshot({ ...caller(), ...(leaseId && { leaseId }) }, [], 0)

const rowsIn = async (table: 'journal' | 'limiter'): Promise<number> => {
  const read = (sql: SqlStorage) => sql.exec<{ count: number }>(`SELECT count(*) AS count FROM ${table}`).one().count
  return runInDurableObject(stub(), (_, state) => read(state.storage.sql))
}

const mixed = (checkout: number, billing: number): string[] => [
  ...Array.from({ length: checkout }, () => 'checkout'),
  ...Array.from({ length: billing }, () => 'billing'),
]

describe('a batch', () => {
  it('that is larger than what is left is refused whole, and fits after the wait that it is told', async () => {
    await setUp({ rates: [{ per: 'tenant', unit: 'records', units: 100, windowSeconds: 60 }] })
    expect(await append(mixed(60, 0))).toMatchObject({ ok: true, limits: [{ limit: 100, remaining: 40 }] })
    nowMs += 1000
    const refused = await append(mixed(41, 0))
    expect(refused).toMatchObject({
      ok: false,
      refusal: { kind: 'limited', policy: 'records-per-tenant-60s', remaining: 40, retryAfterMs: 59_000 },
    })
    expect(await rowsIn('journal')).toBe(1)
    expect(await append(mixed(40, 0))).toMatchObject({ ok: true, limits: [{ remaining: 0 }] })
    nowMs += 59_000
    expect(await append(mixed(41, 0))).toMatchObject({ ok: true, limits: [{ remaining: 19 }] })
  })

  it('that is larger than the limit itself is refused for good', async () => {
    await setUp({ maxLogsPerDay: 10 })
    expect(await append(mixed(11, 0))).toMatchObject({
      ok: false,
      refusal: { kind: 'too_large_for_limit', policy: 'records-per-day', limit: 10 },
    })
    expect(await append(mixed(10, 0))).toMatchObject({ ok: true })
  })

  it('of several services is held against each of their limits, and stored whole or not at all', async () => {
    await setUp({ maxLogsPerDayByService: { checkout: 50, billing: 5 } })
    expect(await append(mixed(20, 5))).toMatchObject({ ok: true })
    expect(await append(mixed(20, 1))).toMatchObject({
      ok: false,
      refusal: { kind: 'limited', limit: 5, remaining: 0, retryAfterMs: 86_400_000 },
    })
    expect(await append(mixed(30, 0))).toMatchObject({ ok: true })
    expect(await append(['mail', 'mail'])).toMatchObject({ ok: true })
    expect(await append(mixed(1, 0))).toMatchObject({ ok: false, refusal: { limit: 50 } })
  })

  it('that is over a limit is refused without asking D1 for anything', async () => {
    await setUp({ maxLogsPerDay: 1 })
    const due = () => env.CONTROL.prepare('SELECT due_ms FROM due WHERE tenant_id = ?').bind(tenantId).all()
    expect(await append(['a', 'a'])).toMatchObject({ ok: false })
    expect((await due()).results).toEqual([])
    expect(await append(['a'])).toMatchObject({ ok: true })
    expect((await due()).results).toHaveLength(1)
  })

  it('of one key leaves the limits of another alone', async () => {
    await setUp({ rates: [{ per: 'key', unit: 'requests', units: 2, windowSeconds: 60 }] })
    for (const expected of [true, true, false]) expect((await append(['a'], { keyId: 'key_a' })).ok).toBe(expected)
    expect((await append(['a'], { keyId: 'key_b' })).ok).toBe(true)
  })

  it('of a session is held against the limits of what that was opened with, whatever other sessions it opens', async () => {
    await setUp({ rates: [{ per: 'key', unit: 'requests', units: 2, windowSeconds: 60 }] })
    const asSession = (id: string, payerId: string) => stub().snapshot({ ...caller(id), payerId }, [], 0)
    for (const [id, expected] of [['ses_1', true] as const, ['ses_2', true] as const, ['ses_3', false] as const])
      expect((await asSession(id, 'key_a')).ok, id).toBe(expected)
    expect((await append(['a'], { keyId: 'key_a' })).ok).toBe(false)
    expect((await asSession('ses_4', 'key_b')).ok).toBe(true)
  })

  it('is not the only thing that takes of the limits: opening a session does, also one that is refused then', async () => {
    await setUp({ rates: [{ per: 'key', unit: 'requests', units: 2, windowSeconds: 60 }] })
    const open = async () => JSON.parse(await stub().change(caller(), JSON.stringify([{ what: 'session.added' }])))
    for (const refusal of [{ kind: 'not_found' }, { kind: 'not_found' }, { kind: 'limited', retryAfterMs: 60_000 }])
      expect(await open()).toMatchObject({ ok: false, refusal })
    expect((await append(['a'])).ok).toBe(false)
    expect((await append(['a'], { keyId: 'key_b' })).ok).toBe(true)
  })

  it('that came before is not held against the limits again', async () => {
    await setUp({ rates: [{ per: 'key', unit: 'requests', units: 1, windowSeconds: 60 }] })
    expect(await append(['a'], { batchId: 'named' })).toMatchObject({ ok: true, replayed: false })
    expect(await append(['a'], { batchId: 'named' })).toMatchObject({ ok: true, replayed: true })
    expect(await append(['a'], { batchId: 'other' })).toMatchObject({ ok: false, refusal: { kind: 'limited' } })
  })
})

describe('what was taken', () => {
  it('is still taken when the object has lost its memory, over hundreds of batches', async () => {
    const limits = {
      rates: [{ per: 'key', unit: 'records', units: 200, windowSeconds: 3600 }],
      maxLogsPerDay: 10_000,
    } as const
    await setUp(limits)
    for (let batch = 0; batch < 200; batch++) {
      nowMs += 7
      expect(await append(['a'])).toMatchObject({
        ok: true,
        limits: [{ remaining: 199 - batch }, { remaining: 9999 - batch }],
      })
      if (batch % 20 !== 19) continue
      await evictDurableObject(stub())
      await setUp(limits)
    }
    expect(await append(['a'])).toMatchObject({ ok: false, refusal: { kind: 'limited' } })
    nowMs += 3_600_000 - 199 * 7
    expect(await append(['a'])).toMatchObject({ ok: true, limits: [{ remaining: 0 }, { remaining: 9799 }] })
    expect(await rowsIn('limiter')).toBe(1)
  }, 60_000)

  it('is given back when the batch could not be written', async () => {
    await setUp({ rates: [{ per: 'key', unit: 'requests', units: 1, windowSeconds: 60 }] })
    const broken = { rows: 1, minTime: 0, maxTime: 0 }
    const about = { batchId: 'b', minted: true, fingerprint: '', received: 1, bytesIn: 1, rejected: {}, errors: [] }
    // The object cannot know how large it is: a block without a summary ends the transaction.
    const send = () =>
      runInDurableObject(stub(), (instance) =>
        instance
          .append([new Uint8Array(1), new Uint8Array(1)], { ...caller(), ...about, blocks: [broken] })
          .catch(() => 'broken'),
      )
    expect(await send()).toBe('broken')
    expect(await append(['a'])).toMatchObject({ ok: true, limits: [{ remaining: 0 }] })
  })
})

describe('a read', () => {
  it('counts as a request, once for all of its pages, and also after the memory is lost', async () => {
    const limits = { rates: [{ per: 'key', unit: 'requests', units: 2, windowSeconds: 60 }] } as const
    await setUp(limits)
    expect(await read()).toMatchObject({ ok: true, snapshot: { limits: [{ remaining: 1 }] } })
    expect(await stub().snapshot(caller(), [], 1)).toMatchObject({ ok: true, snapshot: { limits: [] } })
    expect(await stub().snapshot({ ...caller(), isCounted: true }, [], 0)).toMatchObject({ ok: true })
    expect(await append(['a'])).toMatchObject({ ok: true, limits: [{ remaining: 0 }] })
    await evictDurableObject(stub())
    await setUp(limits)
    expect(await read()).toMatchObject({ ok: false, refusal: { kind: 'limited', retryAfterMs: 60_000 } })
    nowMs += 60_000
    expect(await read()).toMatchObject({ ok: true })
  })

  it('runs beside no more than may run at once, until another ends or is taken for dead', async () => {
    await setUp({ rates: [], concurrentQueries: 2 })
    for (const id of ['one', 'two']) expect(await read(id)).toMatchObject({ ok: true, snapshot: { isLeased: true } })
    const full = { ok: false, refusal: { kind: 'limited', policy: 'concurrent-queries', limit: 2, unit: 'queries' } }
    expect(await read('three')).toMatchObject(full)
    await stub().endSearch('one')
    expect(await read('three')).toMatchObject({ ok: true })
    expect(await read('four')).toMatchObject(full)
    nowMs += 60_000
    expect(await read('four')).toMatchObject({ ok: true })
  })

  it('writes nothing where nothing is limited', async () => {
    await setUp({ rates: [] })
    const written = () =>
      runInDurableObject(stub(), (_, { storage }) => [...storage.sql.exec('SELECT json FROM state')])
    await read()
    const before = await written()
    expect(await read()).toMatchObject({ ok: true, snapshot: { limits: [], isLeased: false } })
    expect(await written()).toEqual(before)
  })
})

describe('the limits of a tenant', () => {
  /** Puts rows into the directory as a change of it would, and has the object read them. */
  async function setDirectory(plan: string, limits: object, settings: object): Promise<void> {
    const tenant = { name: 'a', status: 'active', plan, limits, payloadDatabase: 'PAYLOAD', createdMs: 0 }
    await runInDurableObject(stub(), (_, { storage }) => {
      const sql = 'INSERT OR REPLACE INTO directory (kind, id, version, json) VALUES (?, ?, 1, ?)'
      storage.sql.exec(sql, 'tenant', tenantId, JSON.stringify(tenant))
      storage.sql.exec(sql, 'settings', 'settings', JSON.stringify(settings))
    })
    await evictDurableObject(stub())
  }

  const policies = () =>
    runInDurableObject(stub(), (instance) =>
      instance.limitsFor(caller()).policies.map(({ name, units, service }) => [name, units, service].filter(Boolean)),
    )

  it('are those of its plan, of what was agreed and of its settings', async () => {
    expect(await policies()).toEqual([])
    await setDirectory('free', {}, {})
    expect(await policies()).toEqual([
      ['requests-per-tenant-3600s', 1000],
      ['bytes-per-tenant-86400s', 1024 ** 3],
      ['records-per-day', 100_000],
    ])
    const config = { alertOnErrors: false, createdMs: 0, updatedMs: 0, maxLogsPerDay: 7 }
    await setDirectory('standard', { maxLogsPerDay: 500 }, { services: { mail: config } })
    expect(await policies()).toEqual([
      ['records-per-day', 500],
      ['records-per-day-per-service', 7, 'mail'],
    ])
    for (const expected of [true, false]) expect((await append(['mail', 'mail', 'mail', 'mail'])).ok).toBe(expected)
    expect(await append(['billing'])).toMatchObject({ ok: true })
  })

  it('do not hold for the account that the service keeps of itself', async () => {
    const limits = await runInDurableObject(tenantStub(env, 'ten_sluice'), (instance) =>
      instance.limitsFor({ ...caller(), tenantId: 'ten_sluice' }),
    )
    expect(limits).toEqual({ policies: [], concurrent: {} })
  })
})
