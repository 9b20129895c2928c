import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import payloadSchema from '../../migrations/payload/0001_initial.sql?raw'
import schema from '../../schema.sql?raw'
import { NOTE_DUE_MS_MAX } from '../../src/limits/limits'
import { readSnapshot } from '../../src/storage/unpublished'
import { tenantStub } from '../../src/tenant-stub'
import { documents, read } from '../support/read-back'
import { silenceConsole } from '../support/silence-console'

const RECORDS = ['{"message":"one"}', '{"message":"two"}', '{"message":"three"}']

silenceConsole()

let tenants = 0
let tenantId = ''

beforeAll(async () => {
  await env.CONTROL.prepare(schema).run()
  await env.PAYLOAD.prepare(payloadSchema).run()
})

beforeEach(() => {
  tenantId = `ten_due${++tenants}`
})

afterEach(() => {
  vi.unstubAllGlobals()
})

const caller = () => ({
  ...{ tenantId, host: '', keyId: 'key_a', address: '', settingsVersion: Number.MAX_SAFE_INTEGER },
})

/** D1 as it is when it neither answers nor fails. `asked` counts what it was asked. */
function hangingDatabase() {
  const calls = { asked: 0 }
  const hang = () => {
    calls.asked++
    return new Promise<never>(() => undefined)
  }
  const statement = { bind: () => statement, all: hang, run: hang, first: hang, raw: hang }
  return { calls, database: { prepare: () => statement, batch: hang, exec: hang } }
}

/** Time passes at once for whoever waits. Answers for how long each wanted to. */
function hurryTimers(): number[] {
  const { setTimeout } = globalThis
  const waits: number[] = []
  vi.stubGlobal('setTimeout', (run: () => void, ms: number) => {
    waits.push(ms)
    return setTimeout(run, 0)
  })
  return waits
}

async function append(batchId: string, record: string) {
  const { blocks, summaries } = read(record)
  const about = { batchId, minted: false, fingerprint: '', received: 1, bytesIn: record.length }
  const by = { ...caller(), ...about, rejected: {}, errors: [], blocks: summaries }
  return runInDurableObject(tenantStub(env, tenantId), (instance) => instance.append(blocks, by))
}

async function readMessages(): Promise<string[]> {
  const outcome = await readSnapshot(tenantStub(env, tenantId), caller())
  if (!outcome.ok) throw new Error(outcome.refusal.kind)
  return outcome.snapshot.units.flatMap(({ table }) => documents(table))
}

const readDue = () => env.CONTROL.prepare('SELECT due_ms FROM due WHERE tenant_id = ?').bind(tenantId).first()

it('takes batches into an empty journal, once each and in order, while D1 does not answer at all', async () => {
  const { calls, database } = hangingDatabase()
  const stub = tenantStub(env, tenantId)
  await runInDurableObject(stub, (instance) => {
    Reflect.set(instance, 'env', { ...env, CONTROL: database })
  })
  const waits = hurryTimers()
  const [first, second] = await Promise.all([append('a', RECORDS[0]), append('b', RECORDS[1])])
  const third = await append('c', RECORDS[2])
  const again = await append('a', RECORDS[0])
  expect(Math.max(...waits)).toBe(NOTE_DUE_MS_MAX)
  expect(calls.asked).toBeGreaterThan(0)
  for (const outcome of [first, second, third]) expect(outcome).toMatchObject({ ok: true, replayed: false })
  expect(again).toMatchObject({ ok: true, replayed: true })
  expect(await readMessages()).toEqual(RECORDS)
  expect(await runInDurableObject(stub, (_, { storage }) => storage.getAlarm())).not.toBeNull()
})

it('notes the due time before the first batch is acknowledged, when D1 answers', async () => {
  expect(await append('a', RECORDS[0])).toMatchObject({ ok: true })
  expect(await readDue()).toMatchObject({ due_ms: expect.any(Number) })
})
