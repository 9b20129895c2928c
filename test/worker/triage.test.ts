import { evictDurableObject, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import payloadSchema from '../../migrations/payload/0001_initial.sql?raw'
import schema from '../../schema.sql?raw'
import { readBatch } from '../../src/formats/read-batch'
import { limitsOf } from '../../src/limits/policies'
import { createRedactor, DEFAULT_KINDS } from '../../src/records/redact/redact'
import type { Incident } from '../../src/rules/incident'
import type { Rule } from '../../src/rules/rule'
import type { RulesAsk } from '../../src/rules/rules-ask'
import { ALWAYS_CURRENT } from '../../src/tenant/contract'
import { tenantStub } from '../../src/tenant-stub'
import { rulesWorld } from '../support/rules-world'
import { randomIntegers } from '../support/sample-logs'

/** Far ahead, so that no alarm rings. */
const START_MS = Date.UTC(2100, 0, 1)
const redactor = createRedactor({ kinds: DEFAULT_KINDS })

let tenantId: string
let tenants = 0
let nowMs: number

beforeAll(async () => {
  await env.CONTROL.prepare(schema).run()
  await env.PAYLOAD.prepare(payloadSchema).run()
})

beforeEach(async () => {
  tenantId = `ten_rules${++tenants}`
  nowMs = START_MS
  await wakeUp()
})

const stub = () => tenantStub(env, tenantId)
const caller = () => ({ tenantId, host: '', keyId: 'key_a', address: '192.0.2.1', settingsVersion: ALWAYS_CURRENT })

/** Sets the clock of the object as it is in memory now. */
const wakeUp = (): Promise<void> =>
  runInDurableObject(stub(), (instance) => {
    instance.clock = () => nowMs
  })

/** The object is lost, as by an eviction or kill -9: what it knows is what is on disk. */
async function lose(): Promise<void> {
  await evictDurableObject(stub())
  await wakeUp()
}

async function append(logs: readonly object[], batchId?: string) {
  const body = new TextEncoder().encode(logs.map((log) => JSON.stringify(log)).join('\n'))
  const batch = readBatch(body, '', { receivedMs: nowMs, retentionMs: 1e9, redactor, source: 'http' })
  return stub().append(batch.blocks, {
    ...caller(),
    ...{ batchId: batchId ?? 'b', minted: batchId === undefined, fingerprint: '' },
    ...{ received: logs.length, bytesIn: body.length, rejected: {}, errors: [], blocks: batch.summaries },
  })
}

async function ask(question: RulesAsk) {
  return JSON.parse(await stub().rules(caller(), JSON.stringify(question)))
}

async function make(draft: object, id = 'rul_own'): Promise<Rule> {
  const common = { kind: 'trigger', name: 'Own', enabled: true, query: 'boom' }
  const actions = [
    { type: 'notify', event: 'own_event' },
    { type: 'incident', severity: 'high' },
  ]
  const whole = JSON.parse(JSON.stringify({ ...common, actions, ...draft }))
  const answer = await ask({ what: 'create', id, draft: whole })
  expect(answer).toMatchObject({ ok: true })
  return answer.rule
}

/** A webhook that gets everything, so that events stand in the outbox. */
async function subscribe(): Promise<void> {
  const webhook = {
    ...{ url: 'https://receiver.example/', events: ['*'], active: true, signing: 'symmetric', secrets: [] },
    ...{ batchSeconds: 0, origin: 'https://x.example', createdMs: nowMs, createdBy: 'key_a' },
  }
  const made = JSON.parse(await stub().webhooks(caller(), JSON.stringify({ what: 'create', id: 'whk_a', webhook })))
  expect(made).toMatchObject({ ok: true })
}

const events = (): Promise<string[]> =>
  runInDurableObject(stub(), (_, { storage }) =>
    storage.sql
      .exec<{ type: string }>('SELECT type FROM delivery ORDER BY number')
      .toArray()
      .map(({ type }) => type),
  )

const rowsIn = (table: string): Promise<number> =>
  runInDurableObject(
    stub(),
    (_, { storage }) => storage.sql.exec<{ count: number }>(`SELECT count(*) AS count FROM ${table}`).one().count,
  )

async function incidents(): Promise<readonly Incident[]> {
  const answer = await ask({ what: 'incidents', limit: 100, rule: 'rul_own' })
  return answer.incidents
}

const boom = (service = 'checkout') => ({ service, message: 'Boom: it failed' })

/** Time alone, as the alarm has it. */
const ring = (): Promise<void> => runInDurableObject(stub(), (instance) => instance.alarm())

describe('a rule that fires', () => {
  it('commits its incident, its state and its event with the logs', async () => {
    await subscribe()
    await make({ trigger: { type: 'match' } })
    expect(await append([boom(), { message: 'fine' }, boom()])).toMatchObject({ ok: true })
    const [incident] = await incidents()
    expect(incident).toMatchObject({ rule: { id: 'rul_own', name: 'Own' }, severity: 'high', state: 'open', count: 2 })
    expect(incident.rows).toMatchObject([{ service: 'checkout', message: 'Boom: it failed' }, { service: 'checkout' }])
    expect(await events()).toEqual(['own_event'])
  })

  it('leaves nothing behind when the transaction is rolled back, and fires once when the batch comes again', async () => {
    await subscribe()
    await make({ trigger: { type: 'count', count: 2, window: '1m' } })
    await append([boom()])
    await runInDurableObject(stub(), (_, { storage }) => {
      storage.sql.exec("CREATE TRIGGER broken BEFORE INSERT ON state BEGIN SELECT raise(ABORT, 'broken'); END")
    })
    await expect(append([boom()])).rejects.toThrow('broken')
    expect(await incidents()).toEqual([])
    expect(await events()).toEqual([])
    await runInDurableObject(stub(), (_, { storage }) => {
      storage.sql.exec('DROP TRIGGER broken')
    })
    expect(await append([boom()])).toMatchObject({ ok: true })
    expect(await incidents()).toMatchObject([{ count: 2 }])
    expect(await events()).toEqual(['own_event'])
  })

  it('fires once however often its batch is retried', async () => {
    await subscribe()
    await make({ trigger: { type: 'count', count: 2, window: '1m' } })
    await append([boom()], 'one')
    for (let again = 0; again < 5; again++) expect(await append([boom()], 'one')).toMatchObject({ replayed: true })
    expect(await incidents()).toEqual([])
    await append([boom()], 'two')
    for (let again = 0; again < 5; again++) expect(await append([boom()], 'two')).toMatchObject({ replayed: true })
    expect(await incidents()).toMatchObject([{ count: 2 }])
    expect(await events()).toEqual(['own_event'])
  })

  it('goes on where it was when the object is lost between its arrivals, and resolves when its time is over', async () => {
    await make({ trigger: { type: 'count', count: 3, window: '1m', by: ['service'] } })
    for (let second = 0; second < 3; second++) {
      nowMs += 1000
      await append([boom('web'), boom(`only ${second}`)])
      await lose()
    }
    expect(await incidents()).toMatchObject([{ group: { service: 'web' }, count: 3, state: 'open' }])
    nowMs += 60_000
    await lose()
    await ring()
    const [incident] = await incidents()
    expect(incident).toMatchObject({ state: 'resolved', resolved_at: new Date(START_MS + 61_000).toISOString() })
  })

  it('tells that it has resolved, once', async () => {
    await subscribe()
    await make({ trigger: { type: 'count', count: 2, window: '1m' } })
    await append([boom(), boom()])
    nowMs += 60_000
    await ring()
    await ring()
    await append([{ message: 'fine' }])
    expect(await events()).toEqual(['own_event', 'alert_resolved'])
  })

  it('fires for silence by the alarm, which the object has set', async () => {
    await make({ trigger: { type: 'absence', for: '10m' } })
    await append([boom()])
    const alarmMs = await runInDurableObject(stub(), (_, { storage }) => storage.getAlarm())
    expect(alarmMs).toBeLessThanOrEqual(START_MS + 600_000)
    nowMs += 600_000
    await ring()
    expect(await incidents()).toMatchObject([{ state: 'open', fired_at: new Date(START_MS + 600_000).toISOString() }])
    await append([boom()])
    expect(await incidents()).toMatchObject([{ state: 'resolved' }])
  })

  it('writes at most one row more for a batch in which nothing fires', async () => {
    await make({ trigger: { type: 'count', count: 10_000, window: '1d', by: ['service'] } })
    await append([boom()])
    const written = async (): Promise<number> => {
      const answer = await stub().usage(caller())
      if (!answer.ok) throw new Error('the usage can be read')
      return answer.usage.ledger.operations.rowsWritten
    }
    let most = 0
    for (let batch = 0; batch < 60; batch++) {
      nowMs += 1
      const before = await written()
      await append(Array.from({ length: 10 }, (_, index) => boom(`a service with a name ${batch} ${index}`)))
      most = Math.max(most, (await written()) - before)
    }
    expect(most).toBe(3)
    expect(await rowsIn('rules_state')).toBe(1)
  })
})

describe('a rule that cannot go on', () => {
  it('is switched off with a reason, told and accounted for, and the batch is stored', async () => {
    await subscribe()
    await make({ trigger: { type: 'first_seen', field: 'user' }, query: '' })
    const users = (from: number) =>
      Array.from({ length: 6000 }, (_, index) => ({ user: `u${from + index}`, message: 'x' }))
    expect(await append(users(0))).toMatchObject({ ok: true, receipt: { accepted: 6000 } })
    expect(await append(users(6000))).toMatchObject({ ok: true, receipt: { accepted: 6000 } })
    const { rule } = await ask({ what: 'get', id: 'rul_own' })
    expect(rule).toMatchObject({ enabled: false, disabled_reason: { code: 'too_many_values' } })
    expect(await events()).toEqual(['own_event', 'rule_disabled'])
    const page = await stub().readAudit(caller(), {
      ...{ order: 'desc', afterNumber: 0, beforeNumber: Number.MAX_SAFE_INTEGER },
      ...{ fromMs: 0, toMs: Number.MAX_SAFE_INTEGER },
    })
    if (!page.ok) throw new Error('the audit can be read')
    expect(new TextDecoder().decode(page.page.lines)).toContain('rule.disabled')
    expect(await ask({ what: 'enable', id: 'rul_own', enabled: true })).toMatchObject({
      ok: true,
      rule: { enabled: true },
    })
    const again = await ask({ what: 'get', id: 'rul_own' })
    expect(again.rule.disabled_reason).toBeUndefined()
  })

  it('is switched off when its pattern costs too much, and the others go on', async () => {
    const next = randomIntegers(7)
    const message = () => `${Array.from({ length: 40 }, () => 'abcdefgh'[next(8)]).join('')} boom`
    // Each branch remembers something else of the last bytes: over random letters every byte leads to a new state.
    const branches = Array.from({ length: 20 }, (_, index) => `[a${'bcdefgh'[index % 7]}].{${40 - index}}`)
    await make({ trigger: { type: 'match' }, query: `~"(${branches.join('|')})[QX]"` }, 'rul_costly')
    await make({ trigger: { type: 'match' } })
    expect(await append(Array.from({ length: 3000 }, () => ({ message: message() })))).toMatchObject({ ok: true })
    const { rule } = await ask({ what: 'get', id: 'rul_costly' })
    expect(rule).toMatchObject({ enabled: false, disabled_reason: { code: 'regex_too_costly' } })
    expect(await incidents()).toMatchObject([{ count: 3000 }])
  })

  it('is switched off when silence has too many groups, while a count goes on with those together', async () => {
    const services = Array.from({ length: 1001 }, (_, index) => boom(`s${index}`))
    await make({ trigger: { type: 'absence', for: '10m', by: ['service'] } }, 'rul_silence')
    await make({ trigger: { type: 'count', count: 2, window: '1h', by: ['service'] } })
    expect(await append(services)).toMatchObject({ ok: true })
    expect((await ask({ what: 'get', id: 'rul_silence' })).rule.disabled_reason).toMatchObject({
      code: 'too_many_groups',
    })
    await append([boom('another'), boom('and another')])
    expect(await incidents()).toMatchObject([{ group: { service: '(others)' }, count: 3 }])
  })
})

describe('built-in rules', () => {
  it('are on from the start, and can be edited and reset, not deleted', async () => {
    await append([{ level: 'fatal', message: 'the disk is gone' }])
    const { incidents: found } = await ask({ what: 'incidents', limit: 10 })
    expect(found).toMatchObject([{ rule: { id: 'rul_critical_error' }, severity: 'critical' }])
    const edited = await ask({ what: 'patch', id: 'rul_critical_error', patch: { cooldown: '1h' } })
    expect(edited).toMatchObject({ ok: true, rule: { version: 1, built_in: 'critical_error', cooldown: '1h' } })
    expect(await ask({ what: 'delete', id: 'rul_critical_error' })).toMatchObject({
      ok: false,
      refusal: { kind: 'conflict' },
    })
    const reset = await ask({ what: 'reset', id: 'rul_critical_error' })
    expect(reset.rule.cooldown).toBeUndefined()
  })

  it('tell of a quota once it is nearly used', async () => {
    const active = limitsOf(
      {
        RATE_LIMIT_ENABLED: false,
        RATE_LIMIT_REQUESTS: 1,
        RATE_LIMIT_WINDOW: 1,
        API_V1_REQUESTS_PER_MINUTE: 0,
        API_V1_BATCHES_PER_MINUTE: 0,
      },
      { maxLogsPerDay: 10 },
    )
    await runInDurableObject(stub(), (instance) => {
      instance.limitsFor = () => active
    })
    await append(Array.from({ length: 8 }, () => ({ message: 'x' })))
    expect((await ask({ what: 'incidents', limit: 10 })).incidents).toEqual([])
    await append([{ message: 'x' }])
    expect((await ask({ what: 'incidents', limit: 10 })).incidents).toMatchObject([
      { rule: { id: 'rul_quota_warning' }, group: { limit: 'records-per-day' }, state: 'open' },
    ])
    nowMs += 86_400_000
    await append([{ message: 'x' }])
    expect((await ask({ what: 'incidents', limit: 10, rule: 'rul_quota_warning' })).incidents).toMatchObject([
      { state: 'resolved' },
    ])
  })
})

describe('changes of rules', () => {
  it('are refused where a rule would switch itself or another trigger on, or is not there', async () => {
    const switching = (rule: string) => ({
      ...{ kind: 'trigger', name: 'x', query: 'x', trigger: { type: 'match' } },
      actions: [{ type: 'record_rule', rule, for: '1h' }],
    })
    const create = (rule: string) =>
      ask({ what: 'create', id: 'rul_cycle', draft: JSON.parse(JSON.stringify(switching(rule))) })
    expect(await create('rul_cycle')).toMatchObject({ ok: false, refusal: { kind: 'invalid_change' } })
    expect(await create('rul_critical_error')).toMatchObject({ ok: false, refusal: { kind: 'invalid_change' } })
    expect(await create('rul_nowhere')).toMatchObject({ ok: false, refusal: { kind: 'invalid_change' } })
  })

  it('forget what was counted when the query or trigger is another, and keep it otherwise', async () => {
    await make({ trigger: { type: 'count', count: 2, window: '1m' } })
    await append([boom()])
    await ask({ what: 'patch', id: 'rul_own', patch: { name: 'Another name' } })
    await append([boom()])
    expect(await incidents()).toMatchObject([{ state: 'open', count: 2 }])
    await ask({ what: 'patch', id: 'rul_own', patch: { query: 'boom failed' } })
    expect(await incidents()).toMatchObject([{ state: 'resolved' }])
    await append([boom()])
    expect(await incidents()).toHaveLength(1)
  })

  it('keep versions, and go by If-Match', async () => {
    await make({ trigger: { type: 'match' } })
    expect(await ask({ what: 'patch', id: 'rul_own', patch: { name: 'B' }, ifVersion: 1 })).toMatchObject({
      rule: { version: 2 },
    })
    expect(await ask({ what: 'patch', id: 'rul_own', patch: { name: 'C' }, ifVersion: 1 })).toMatchObject({
      refusal: { kind: 'precondition_failed' },
    })
    const { rules } = await ask({ what: 'versions', id: 'rul_own' })
    expect(rules).toMatchObject([
      { version: 2, name: 'B' },
      { version: 1, name: 'Own' },
    ])
  })
})

describe('a rule that switches another on', () => {
  it('has the Workers do what that says, for a time', async () => {
    const { create, send, wait } = await rulesWorld()
    const dropping = {
      kind: 'record',
      name: 'Less noise',
      query: 'chatter',
      effect: { drop: true },
      active: 'on_demand',
    }
    const { id } = await create(dropping)
    const actions = [{ type: 'record_rule', rule: id, for: '1h' }]
    await create({ kind: 'trigger', name: 'Too much', query: 'flood', trigger: { type: 'match' }, actions })
    expect(await send([{ message: 'chatter' }])).toMatchObject({ accepted: 1 })
    await send([{ message: 'a flood' }])
    await wait(1000)
    expect(await send([{ message: 'chatter' }, { message: 'a word' }])).toMatchObject({ accepted: 1, sampled: 1 })
  })
})

describe('the sweep', () => {
  it('finds what an alarm that was lost should have done', async () => {
    await make({ trigger: { type: 'absence', for: '10m' } })
    await runInDurableObject(stub(), (_, { storage }) => storage.deleteAlarm())
    nowMs += 3_600_000
    await stub().wake()
    expect(await incidents()).toMatchObject([{ state: 'open', fired_at: new Date(START_MS + 600_000).toISOString() }])
  })
})

describe('an incident', () => {
  it('is acknowledged and resolved by hand, and its rule can fire again', async () => {
    await make({ trigger: { type: 'count', count: 2, window: '1h' } })
    await append([boom(), boom()])
    const [{ id }] = await incidents()
    const acknowledged = await ask({ what: 'acknowledge', id, note: 'on it' })
    expect(acknowledged.incident).toMatchObject({ state: 'acknowledged', acknowledged_by: 'key_a', note: 'on it' })
    const resolved = await ask({ what: 'resolve', id })
    expect(resolved.incident).toMatchObject({ state: 'resolved' })
    await lose()
    expect(await incidents()).toMatchObject([{ state: 'resolved' }])
    nowMs += 1000
    await append([boom()])
    expect(await incidents()).toMatchObject([{ state: 'open' }, { state: 'resolved' }])
  })
})
