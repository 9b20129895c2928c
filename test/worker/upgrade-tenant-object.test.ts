import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { createHash } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { MIGRATIONS, migrate } from '../../durable-objects/tenant/migrations'
import payloadSchema from '../../migrations/payload/0001_initial.sql?raw'
import schema from '../../schema.sql?raw'
import type { DocumentTable } from '../../src/blocks/table'
import { noRulesState } from '../../src/rules/rules-state'
import { encodeRulesState } from '../../src/rules/rules-state-bytes'
import { BoundedCache } from '../../src/storage/bounded-cache'
import { readCatalog } from '../../src/storage/d1/catalog'
import { catalogUnit, createLoader } from '../../src/storage/search-units'
import { readSnapshot } from '../../src/storage/unpublished'
import { tenantStub } from '../../src/tenant-stub'
import blockText from '../format/frozen/block-v1.b64?raw'
import segmentText from '../format/frozen/segment-v1.b64?raw'
import { frozenRecords, ODD_RECORDS } from '../support/frozen'
import { documents, read } from '../support/read-back'

/** Far ahead of the real clock, so that no alarm fires unless the test lets it. */
const NOW_MS = Date.UTC(2040, 0, 9, 3)
const DAY_MS = 86_400_000

const SEGMENT_ROWS = frozenRecords().length
const BLOCK_ROWS = ODD_RECORDS.length
const NEXT_SEQ = 1 + SEGMENT_ROWS + BLOCK_ROWS

const KEY_ID = 'key_a'
const BATCH = { id: 'sent before the upgrade', fingerprint: 'f'.repeat(64) }
const RECEIPT = { batch_id: BATCH.id, accepted: BLOCK_ROWS, rejected: 0, duplicate: 0, errors: [] }

const bytesOf = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, 'base64'))
const block = bytesOf(blockText)
const segment = bytesOf(segmentText)

/** As the version of each migration wrote it, member by member. What later ones added to the JSON is not there. */
const STATE = {
  nextSeq: NEXT_SEQ,
  generation: 0,
  settingsVersion: 0,
  journalRows: BLOCK_ROWS,
  journalBytes: block.length,
  oldestMs: NOW_MS - DAY_MS,
  sealedSegments: 1,
  sealedBytes: segment.length,
  ledger: {
    keys: {
      [KEY_ID]: {
        received: NEXT_SEQ - 1,
        stored: NEXT_SEQ - 1,
        duplicate: 0,
        sampled: 0,
        dropped: 0,
        rejected: {},
        bytesIn: 400_000,
      },
    },
    bytesStored: segment.length,
    operations: { requests: 2, rowsWritten: 6, kvWrites: 0, d1RowsWritten: 0, archiveWrites: 0 },
  },
}

const SEGMENT_HASH = '7fb12c9752ad6b7555e0c67c760a7b547608b54cee05e4a8d45eb8270cd4a19a'
const SEGMENT_SECTIONS_AT = 1778
const SUMMARY = {
  id: `seg_${SEGMENT_HASH.slice(0, 26)}`,
  hash: SEGMENT_HASH,
  shard: 0,
  day: 20_777,
  class: 'standard',
  rows: SEGMENT_ROWS,
  minTime: 1_795_161_600_000,
  maxTime: 1_795_163_699_000,
  minSeq: 1,
  maxSeq: SEGMENT_ROWS,
  levels: 0b011110,
  size: segment.length,
  sealedMs: NOW_MS - DAY_MS,
}

const SEALED_ENTRY = JSON.stringify({ what: 'sealed', atMs: NOW_MS - DAY_MS, added: [SEGMENT_HASH], removed: [] })
const chainHash = (before: string, entry: string): string =>
  createHash('sha256').update(before).update(entry).digest('hex')

/** Frozen: what has this text has this hash for ever, in an object of this name. */
const AUDIT_ENTRY =
  '{"v":1,"number":1,"time":"2040-01-08T03:00:00.000Z","action":"read","actor":{"id":"key_a","kind":"key"}}'
const AUDIT_HASH = 'a'.repeat(64)

/** The rows that the tables of each migration held, for everything that it made. */
const FILL: Readonly<Record<number, (sql: SqlStorage) => void>> = {
  1: (sql) => {
    const epoch = Math.floor(NOW_MS / DAY_MS)
    sql.exec('INSERT INTO state (id, json) VALUES (0, ?)', JSON.stringify(STATE))
    sql.exec(
      'INSERT INTO journal (first_seq, rows, min_time, max_time, bytes) VALUES (?, ?, ?, ?, ?)',
      ...[1 + SEGMENT_ROWS, BLOCK_ROWS, 1_795_161_600_000, 1_795_161_612_000, block],
    )
    sql.exec(
      'INSERT INTO sealed (id, summary, header, bytes) VALUES (?, ?, ?, ?)',
      ...[SUMMARY.id, JSON.stringify(SUMMARY), segment.slice(0, SEGMENT_SECTIONS_AT), segment],
    )
    sql.exec('INSERT INTO chain (entry, hash) VALUES (?, ?)', SEALED_ENTRY, chainHash('', SEALED_ENTRY))
    sql.exec(
      `CREATE TABLE batch_${epoch} (id TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, receipt TEXT NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID`,
    )
    sql.exec(
      `INSERT INTO batch_${epoch} (id, fingerprint, receipt, at) VALUES (?, ?, ?, ?)`,
      ...[BATCH.id, BATCH.fingerprint, JSON.stringify(RECEIPT), NOW_MS - 60_000],
    )
  },
  2: (sql) => {
    const left = { id: 'seg_gone', hash: 'e'.repeat(64), place: 'd1' }
    const expired = { what: 'expired', generation: 1, atMs: NOW_MS - 1000, removed: [left] }
    sql.exec('INSERT INTO change (id, json) VALUES (0, ?)', JSON.stringify(expired))
    const garbage = { segments: ['seg_older'], payloads: ['seg_older'], objects: [] }
    sql.exec('INSERT INTO garbage (due_ms, json) VALUES (?, ?)', NOW_MS - 1000, JSON.stringify(garbage))
  },
  3: (sql) => {
    sql.exec("INSERT INTO directory (kind, id, version, json) VALUES ('settings', 'settings', 0, '{}')")
  },
  4: (sql) => {
    // Layout 1, one section of windows, none in it.
    sql.exec("INSERT INTO limiter (id, bytes) VALUES (0, X'01010100')")
  },
  5: (sql) => {
    sql.exec(
      'INSERT INTO settings_history (version, json) VALUES (0, ?)',
      JSON.stringify({
        version: 0,
        atMs: NOW_MS - DAY_MS,
        by: KEY_ID,
        address: '',
        before: {},
        after: { hot_hours: 1 },
      }),
    )
    const run = { slotMs: NOW_MS - DAY_MS, startedMs: NOW_MS - DAY_MS, segmentsRemoved: 1, segmentsRewritten: 0 }
    sql.exec(
      'INSERT INTO retention_run (slot_ms, json) VALUES (?, ?)',
      ...[run.slotMs, JSON.stringify({ ...run, policies: { default: { rows: 1, bytes: 1 } } })],
    )
    sql.exec("INSERT INTO retention_look (segment_id, edition, due_ms) VALUES ('seg_gone', 0, 0)")
  },
  6: (sql) => {
    sql.exec(
      'INSERT INTO audit (number, at_ms, total, hash, entry) VALUES (1, ?, ?, ?, ?)',
      ...[NOW_MS - DAY_MS, AUDIT_ENTRY.length, AUDIT_HASH, AUDIT_ENTRY],
    )
    sql.exec('INSERT INTO audit_start (id, number, hash) VALUES (0, 0, ?)', '0'.repeat(64))
  },
  7: (sql) => {
    const rule = {
      ...{ id: 'rul_a', version: 1, kind: 'trigger', name: 'a', enabled: true, query: 'nothing says so' },
      ...{ trigger: { type: 'match' }, actions: [{ type: 'notify', event: 'a' }] },
    }
    sql.exec("INSERT INTO rule (id, json) VALUES ('rul_a', ?)", JSON.stringify(rule))
    sql.exec("INSERT INTO rule_version (id, version, json) VALUES ('rul_a', 1, ?)", JSON.stringify(rule))
    sql.exec('INSERT INTO rules_state (id, bytes) VALUES (0, ?)', encodeRulesState(noRulesState()))
    const incident = { id: 'inc_a', number: 1, rule: { id: 'rul_a', name: 'a', version: 1 }, state: 'resolved' }
    sql.exec(
      "INSERT INTO incident (number, id, rule, state, json) VALUES (1, 'inc_a', 'rul_a', 'resolved', ?)",
      JSON.stringify(incident),
    )
  },
  8: (sql) => {
    const webhook = {
      ...{ url: 'https://gone.example.com/', events: ['critical_error'], active: true, signing: 'symmetric' },
      ...{ secrets: [], batchSeconds: 0, origin: 'https://logs.example.com', createdMs: 0, createdBy: 'key_a' },
    }
    const health = {
      ...{ failures: 0, failingSinceMs: 0, pausedUntilMs: 0, lastSuccessMs: 0, lastFailureMs: 0 },
      ...{ succeeded: 0, failed: 0, latencyMs: 0 },
    }
    sql.exec(
      "INSERT INTO webhook (id, version, json, health) VALUES ('w', 1, ?, ?)",
      ...[JSON.stringify(webhook), JSON.stringify(health)],
    )
    sql.exec(
      `INSERT INTO delivery (webhook, event, message, type, status, created_ms, ended_ms, attempts, body)
       VALUES ('w', 'evt_1', 'evt_1', 'critical_error', 'delivered', ?, ?, 1, '{}')`,
      ...[NOW_MS - DAY_MS, NOW_MS - DAY_MS],
    )
    sql.exec(
      'INSERT INTO attempt (delivery, number, started_ms, ended_ms, status) VALUES (1, 1, ?, ?, 200)',
      ...[NOW_MS - DAY_MS, NOW_MS - DAY_MS],
    )
  },
  9: (sql) => {
    const service = { name: 'a', url: 'https://a.example', capabilities: [], createdMs: 0, changedMs: 0 }
    sql.exec("INSERT INTO service (id, edition, json) VALUES ('svc_1', 1, ?)", JSON.stringify(service))
    const health = {
      ...{ state: 'up', sinceMs: 0, failures: 0, dueMs: NOW_MS + 30 * DAY_MS, upMs: 0, checks: [], hours: [] },
      ...{ days: [], checksTotal: 0, failuresTotal: 0 },
    }
    sql.exec("INSERT INTO service_health (id, json) VALUES ('svc_1', ?)", JSON.stringify(health))
  },
  10: (sql) => {
    const guest = {
      kind: 'key',
      id: KEY_ID,
      role: 'viewer',
      scopes: ['tail'],
      address: '',
      host: '',
      isServiceHost: true,
    }
    sql.exec(
      "INSERT INTO tail_ticket (hash, expires_ms, json) VALUES ('h', ?, ?)",
      ...[NOW_MS + 1000, JSON.stringify(guest)],
    )
  },
}

beforeAll(async () => {
  await env.CONTROL.prepare(schema).run()
  await env.PAYLOAD.prepare(payloadSchema).run()
})

let tenants = 0

/** A tenant whose object was last awake under the code that had so many migrations. */
async function oldTenant(migrations: number) {
  const tenantId = `ten_old${++tenants}`
  const stub = tenantStub(env, tenantId)
  await runInDurableObject(stub, async (_, { storage }) => {
    await storage.deleteAll()
    storage.sql.exec('CREATE TABLE migration (id INTEGER PRIMARY KEY, name TEXT NOT NULL)')
    for (const { id, name, sql } of MIGRATIONS.slice(0, migrations)) {
      storage.sql.exec(sql)
      storage.sql.exec('INSERT INTO migration (id, name) VALUES (?, ?)', id, name)
      FILL[id]?.(storage.sql)
    }
  })
  await evictDurableObject(stub)
  await runInDurableObject(stub, (instance) => {
    instance.clock = () => NOW_MS
  })
  return { tenantId, stub }
}

type OldTenant = Awaited<ReturnType<typeof oldTenant>>

const callerOf = ({ tenantId }: OldTenant) => ({
  ...{ tenantId, host: '', keyId: KEY_ID, address: '', settingsVersion: Number.MAX_SAFE_INTEGER },
})

const append = (tenant: OldTenant, records: readonly string[], batch: { id: string; fingerprint: string }) => {
  const { blocks, summaries } = read(records.join('\n'))
  const about = { batchId: batch.id, minted: false, fingerprint: batch.fingerprint, received: records.length }
  return tenant.stub.append(blocks, {
    ...callerOf(tenant),
    ...{ ...about, bytesIn: 1000, rejected: {}, errors: [], blocks: summaries },
  })
}

/** Every record, by its sequence number, wherever it is. */
async function readEverything(tenant: OldTenant): Promise<Map<number, string>> {
  const outcome = await readSnapshot(tenant.stub, callerOf(tenant))
  if (!outcome.ok) throw new Error(outcome.refusal.kind)
  const { generation, units } = outcome.snapshot
  const published = (await readCatalog(env.CONTROL, tenant.tenantId, generation)).map(catalogUnit)
  const loader = createLoader(
    {
      ...{ cache: env.CACHE, payload: env.PAYLOAD, archive: env.ARCHIVE, tenantId: tenant.tenantId },
      memory: new BoundedCache<Uint8Array>(10_000_000),
    },
    new Map(),
    new Map(published.map((unit) => [unit, unit])),
  )
  const stored = await loader.load(published.map((unit) => ({ unit, columns: 'all' })))
  const tables = [...units.map(({ table }) => table), ...stored.filter((table) => table !== undefined)]
  const found = tables.flatMap((table: DocumentTable) => {
    const seqs = table.seqs()
    return documents(table).map((text, row): [number, string] => [seqs[row], text])
  })
  expect(new Set(found.map(([seq]) => seq)).size, 'a record is there twice').toBe(found.length)
  return new Map(found.sort(([left], [right]) => left - right))
}

const numbered = (records: readonly string[]): Map<number, string> =>
  new Map(records.map((record, index) => [index + 1, record]))

const before = numbered([...frozenRecords(), ...ODD_RECORDS])
const NEW_RECORDS = ['{"message":"after the upgrade"}', '{"message":"and another"}']

const rowsIn = (tenant: OldTenant, sql: string): Promise<Record<string, SqlStorageValue>[]> =>
  runInDurableObject(tenant.stub, (_, { storage }) => storage.sql.exec(sql).toArray())

it('fills the tables of each migration, so that none goes untested', () => {
  for (const { id, sql } of MIGRATIONS)
    if (/CREATE TABLE/.test(sql)) expect(FILL, `migration ${id}`).toHaveProperty(`${id}`)
})

describe.each(MIGRATIONS.map(({ name }, index) => ({ name, migrations: index + 1 })))(
  'an object that was last awake under the migrations up to "$name"',
  ({ migrations }) => {
    it('has every record, its account and its migrations when it wakes', async () => {
      const tenant = await oldTenant(migrations)
      expect(await readEverything(tenant)).toEqual(before)
      const usage = await tenant.stub.usage(callerOf(tenant))
      expect(usage).toMatchObject({ ok: true, usage: { ledger: STATE.ledger, nextSeq: NEXT_SEQ, generation: 0 } })
      const applied = MIGRATIONS.map(({ id, name }) => ({ id, name }))
      expect(await rowsIn(tenant, 'SELECT id, name FROM migration ORDER BY id')).toEqual(applied)
    })

    it('answers a batch from before with its first receipt, and numbers on where it was', async () => {
      const tenant = await oldTenant(migrations)
      const again = await append(tenant, ODD_RECORDS, BATCH)
      expect(again).toMatchObject({ ok: true, replayed: true, receipt: RECEIPT })
      expect(await append(tenant, ODD_RECORDS, { ...BATCH, fingerprint: '' })).toMatchObject({
        ...{ ok: false, refusal: { kind: 'idempotency_conflict' } },
      })
      const next = await append(tenant, NEW_RECORDS, { id: 'new', fingerprint: '' })
      expect(next).toMatchObject({ ok: true, replayed: false })
      expect(await readEverything(tenant)).toEqual(numbered([...before.values(), ...NEW_RECORDS]))
    })

    it('seals and publishes all of it, and ends what was begun', async () => {
      const tenant = await oldTenant(migrations)
      await append(tenant, NEW_RECORDS, { id: 'new', fingerprint: '' })
      expect(await runDurableObjectAlarm(tenant.stub)).toBe(true)
      expect(await readEverything(tenant)).toEqual(numbered([...before.values(), ...NEW_RECORDS]))
      expect(await rowsIn(tenant, 'SELECT first_seq AS left_over FROM journal')).toEqual([])
      expect(await rowsIn(tenant, 'SELECT id FROM sealed')).toEqual([])
      expect(await rowsIn(tenant, 'SELECT id FROM change')).toEqual([])
      expect(await rowsIn(tenant, "SELECT number FROM garbage WHERE json LIKE '%seg_older%'")).toEqual([])
      const chain = await rowsIn(tenant, 'SELECT entry, hash FROM chain ORDER BY number')
      expect(chain[0]?.entry).toBe(SEALED_ENTRY)
      expect(chain.length).toBeGreaterThan(migrations === 1 ? 1 : 2)
      expectToBeLinked(chain)
    })
  },
)

/** Each entry's hash covers the one before it, across the upgrade. */
function expectToBeLinked(chain: readonly Record<string, SqlStorageValue>[]): void {
  let before = ''
  for (const { entry, hash } of chain) {
    before = chainHash(before, `${entry}`)
    expect(hash).toBe(before)
  }
}

it('goes on with the chain of the audit where the version before has left it', async () => {
  const tenant = await oldTenant(MIGRATIONS.length)
  await tenant.stub.recordAudit(callerOf(tenant), { status: 200 })
  const [first, second] = await rowsIn(tenant, 'SELECT number, entry, hash FROM audit ORDER BY number')
  expect(first).toMatchObject({ number: 1, entry: AUDIT_ENTRY, hash: AUDIT_HASH })
  expect(second).toMatchObject({
    number: 2,
    hash: chainHash(`sluice.audit.v1\n${tenant.tenantId}\n${AUDIT_HASH}`, `${second?.entry}`),
  })
})

it('refuses to work under code that does not know the migrations that it had', async () => {
  const tenant = await oldTenant(MIGRATIONS.length)
  await runInDurableObject(tenant.stub, (_, { storage }) => {
    storage.sql.exec("INSERT INTO migration (id, name) VALUES (?, 'of the future')", MIGRATIONS.length + 1)
    expect(() => migrate(storage)).toThrow('was changed or removed')
  })
})
