import { evictDurableObject, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import payloadSchema from '../../migrations/payload/0001_initial.sql?raw'
import schema from '../../schema.sql?raw'
import { checkLinks, NO_ENTRY } from '../../src/audit/audit-chain'
import { readBatch } from '../../src/formats/read-batch'
import type { RulesAsk } from '../../src/rules/rules-ask'
import { ALWAYS_CURRENT } from '../../src/tenant/contract'
import { tenantStub } from '../../src/tenant-stub'
import { nothingRedacted } from '../support/read-back'

/** Far ahead, so that no alarm rings by itself. */
const START_MS = Date.UTC(2100, 0, 1)

beforeAll(async () => {
  await env.CONTROL.prepare(schema).run()
  await env.PAYLOAD.prepare(payloadSchema).run()
})

const callerOf = (tenantId: string) => ({
  ...{ tenantId, host: '', keyId: 'key_a', address: '192.0.2.1', settingsVersion: ALWAYS_CURRENT },
})

/** A tenant's object with a clock of the test's. */
async function newTenant(tenantId: string) {
  const stub = tenantStub(env, tenantId)
  await runInDurableObject(stub, (instance) => {
    instance.clock = () => START_MS
  })
  return {
    stub,
    append: (message: string) => {
      const body = new TextEncoder().encode(JSON.stringify({ message }))
      const settings = { receivedMs: START_MS, retentionMs: 1e9, redactor: nothingRedacted, source: 'http' }
      const { blocks, summaries } = readBatch(body, '', settings)
      return stub.append(blocks, {
        ...callerOf(tenantId),
        ...{ batchId: 'b', minted: true, fingerprint: '', received: 1, bytesIn: body.length },
        ...{ rejected: {}, errors: [], blocks: summaries },
      })
    },
    make: async (id: string, draft: object) => {
      const ask = JSON.parse(JSON.stringify({ what: 'create', id, draft })) satisfies RulesAsk
      expect(JSON.parse(await stub.rules(callerOf(tenantId), JSON.stringify(ask)))).toMatchObject({ ok: true })
    },
    run: (sql: string) => runInDurableObject(stub, (_, { storage }) => storage.sql.exec(sql).toArray()),
  }
}

type Tenant = Awaited<ReturnType<typeof newTenant>>

const DRAFT = { kind: 'trigger', enabled: true, query: 'boom', trigger: { type: 'match' } }

/** A webhook that gets everything, so that events stand in the outbox. */
async function subscribe({ stub }: Tenant, tenantId: string): Promise<void> {
  const webhook = {
    ...{ url: 'https://receiver.example/', events: ['*'], active: true, signing: 'symmetric', secrets: [] },
    ...{ batchSeconds: 0, origin: 'https://x.example', createdMs: START_MS, createdBy: 'key_a' },
  }
  const ask = JSON.stringify({ what: 'create', id: 'whk_a', webhook })
  expect(JSON.parse(await stub.webhooks(callerOf(tenantId), ask))).toMatchObject({ ok: true })
}

/** Where the audit is broken, if anywhere. */
async function brokenLink({ run }: Tenant, tenantId: string) {
  const rows = await run('SELECT number, hash, entry FROM audit ORDER BY number')
  const links = rows.map(({ number, hash, entry }) => ({
    ...{ number: Number(number), hash: String(hash), text: String(entry) },
  }))
  return checkLinks(tenantId, NO_ENTRY, links, undefined).broken
}

describe('what fails beside a batch', () => {
  it('leaves no trace in the audit and the outbox when what rules did is undone', async () => {
    const tenantId = 'ten_aside1'
    const tenant = await newTenant(tenantId)
    await subscribe(tenant, tenantId)
    const at = new Date(START_MS).toISOString()
    const record = {
      kind: 'record',
      name: 'Sample',
      enabled: true,
      query: 'x',
      active: 'on_demand',
      effect: { drop: true },
    }
    const row = JSON.stringify({ id: 'rul_record', version: 1, created_at: at, updated_at: at, ...record })
    await tenant.run(`INSERT INTO rule (id, json) VALUES ('rul_record', '${row}')`)
    const switchOn = [
      { type: 'notify', event: 'own_event' },
      { type: 'record_rule', rule: 'rul_record', for: '1h' },
    ]
    await tenant.make('rul_a', { ...DRAFT, name: 'First', actions: switchOn })
    await tenant.make('rul_b', { ...DRAFT, name: 'Second', actions: [{ type: 'incident', severity: 'low' }] })
    await tenant.run("CREATE TRIGGER broken BEFORE INSERT ON incident BEGIN SELECT raise(ABORT, 'broken'); END")
    const entries = await tenant.run('SELECT number FROM audit')
    expect(await tenant.append('Boom')).toMatchObject({ ok: true, receipt: { accepted: 1 } })
    expect(await tenant.run('SELECT number FROM audit')).toEqual(entries)
    expect(await tenant.run('SELECT number FROM delivery')).toEqual([])
    await tenant.run('DROP TRIGGER broken')
    expect(await tenant.append('Boom')).toMatchObject({ ok: true })
    expect((await tenant.run('SELECT number FROM audit')).length).toBeGreaterThan(entries.length)
    expect(await brokenLink(tenant, tenantId)).toBeUndefined()
    expect(await tenant.run('SELECT type FROM delivery')).toEqual([{ type: 'own_event' }])
  })

  it('neither refuses a batch that is on disk nor keeps an alarm from its other work', async () => {
    const tenant = await newTenant('ten_aside2')
    await tenant.make('rul_a', { ...DRAFT, name: 'First', actions: [{ type: 'incident', severity: 'low' }] })
    await tenant.append('fine')
    await tenant.run('ALTER TABLE webhook RENAME TO webhook_away')
    await tenant.run('ALTER TABLE rules_state RENAME TO rules_state_away')
    await evictDurableObject(tenant.stub)
    const again = await newTenant('ten_aside2')
    expect(await again.append('fine')).toMatchObject({ ok: true, receipt: { accepted: 1 } })
    await runInDurableObject(again.stub, async (instance, { storage }) => {
      instance.clock = () => START_MS + 3_600_000
      await instance.alarm()
      expect(storage.sql.exec('SELECT first_seq FROM journal').toArray()).toEqual([])
    })
  })
})
