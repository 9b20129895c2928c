import { env } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import * as z from 'zod'
import { ProblemAnswer } from '../../src/openapi/answers'
import { BUILT_IN_RULES, builtInId } from '../../src/rules/built-in-rules'
import { Rule } from '../../src/rules/rule'
import { type RulesCaller, type RulesWorld, rulesWorld } from '../support/rules-world'
import { randomIntegers } from '../support/sample-logs'

// Each test makes a tenant of its own, on a machine that may be busy.
vi.setConfig({ testTimeout: 30_000 })

const RULES = '/integration/rules'

const counting = (more: object = {}) => ({
  name: 'Payments fail',
  kind: 'trigger',
  query: 'service:checkout level:>=error',
  trigger: { type: 'count', count: 3, window: '5m', by: ['region'] },
  actions: [{ type: 'incident', severity: 'high' }],
  ...more,
})

const triggered = (trigger: object, more: object = {}) => counting({ trigger, ...more })

const problemOf = async (response: Response) => ProblemAnswer.parse(await response.json())
const List = z.object({
  data: z.array(Rule),
  page: z.object({ next_cursor: z.string().nullable(), has_more: z.boolean() }),
})

const listOf = async ({ ask }: RulesWorld, query = '') => {
  const response = await ask('owner', 'GET', `${RULES}${query}`)
  return List.parse(await response.json())
}

const failing = (region: string, count: number): object[] =>
  Array.from({ length: count }, () => ({ service: 'checkout', level: 'error', region, message: 'payment failed' }))

describe('a rule', () => {
  it('is made, shown, listed, changed and taken away, and each change is a version', async () => {
    const world = await rulesWorld()
    const { ask } = world
    const made = await ask('owner', 'POST', RULES, counting())
    expect(made.status).toBe(201)
    const rule = Rule.parse(await made.json())
    expect(made.headers.get('location')).toBe(`${RULES}/${rule.id}`)
    expect(made.headers.get('etag')).toBe('"1"')
    expect(rule).toMatchObject({ ...counting(), version: 1, enabled: true })
    expect(await (await ask('viewer', 'GET', `${RULES}/${rule.id}`)).json()).toEqual(rule)
    expect((await listOf(world)).data.map(({ id }) => id)).toContain(rule.id)
    const put = await ask('owner', 'PUT', `${RULES}/${rule.id}`, counting({ name: 'Payments still fail' }))
    expect(await put.json()).toMatchObject({ version: 2, name: 'Payments still fail' })
    const patched = await ask('owner', 'PATCH', `${RULES}/${rule.id}`, { trigger: { count: 7 }, cooldown: '10m' })
    expect(await patched.json()).toMatchObject({ version: 3, cooldown: '10m', trigger: { count: 7, window: '5m' } })
    const versions = await ask('viewer', 'GET', `${RULES}/${rule.id}/versions`)
    const { data } = z.object({ data: z.array(Rule) }).parse(await versions.json())
    expect(data.map(({ version, name }) => [version, name])).toEqual([
      [3, 'Payments still fail'],
      [2, 'Payments still fail'],
      [1, 'Payments fail'],
    ])
    expect((await ask('owner', 'DELETE', `${RULES}/${rule.id}`)).status).toBe(204)
    expect((await problemOf(await ask('owner', 'GET', `${RULES}/${rule.id}`))).code).toBe('not_found')
    expect((await problemOf(await ask('owner', 'DELETE', `${RULES}/${rule.id}`))).code).toBe('not_found')
  })

  it('is changed only by who knows what it is, where they say so', async () => {
    const { ask, create } = await rulesWorld()
    const { id } = await create(counting())
    const at = (tag: string) => ({ 'if-match': tag })
    expect((await ask('owner', 'PATCH', `${RULES}/${id}`, { name: 'a' }, at('"1"'))).status).toBe(200)
    const changes = [
      ['PATCH', { name: 'b' }],
      ['PATCH', { enabled: false }],
      ['PUT', counting()],
      ['DELETE', undefined],
    ] as const
    for (const [method, body] of changes) {
      const refused = await ask('owner', method, `${RULES}/${id}`, body, at('"1"'))
      expect((await problemOf(refused)).code, method).toBe('precondition_failed')
    }
    expect((await ask('owner', 'DELETE', `${RULES}/${id}`, undefined, at('"1", "2"'))).status).toBe(204)
  })

  it('is only tried with dry_run, however it is written', async () => {
    const world = await rulesWorld()
    const { ask, create } = world
    const before = await listOf(world)
    const made = await ask('owner', 'POST', `${RULES}?dry_run=true`, counting())
    expect(made.status).toBe(200)
    expect(await made.json()).toEqual({ dry_run: true, rule: { ...counting(), enabled: true } })
    expect(await listOf(world)).toEqual(before)
    const rule = await create(counting())
    const patched = await ask('owner', 'PATCH', `${RULES}/${rule.id}?dry_run=true`, { enabled: false })
    expect(await patched.json()).toMatchObject({ dry_run: true, rule: { enabled: false } })
    const put = await ask('owner', 'PUT', `${RULES}/${rule.id}?dry_run=true`, counting({ query: '(a' }))
    expect((await problemOf(put)).code).toBe('query_syntax')
    expect(await (await ask('owner', 'GET', `${RULES}/${rule.id}`)).json()).toEqual(rule)
  })

  it('is listed by kind, by whether it is on, and page by page', async () => {
    const world = await rulesWorld()
    const { create, ask } = world
    await create({ name: 'noise', kind: 'record', query: 'noise', effect: { drop: true } })
    await ask('owner', 'PATCH', `${RULES}/rul_error_rate`, { enabled: false })
    expect((await listOf(world, '?kind=record')).data.map(({ name }) => name)).toEqual(['noise'])
    expect((await listOf(world, '?enabled=false')).data.map(({ id }) => id)).toEqual(['rul_error_rate'])
    const ids: string[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: z.infer<typeof List> = await listOf(world, `?limit=3${cursor === '' ? '' : `&cursor=${cursor}`}`)
      expect(page.data.length).toBeLessThanOrEqual(3)
      ids.push(...page.data.map(({ id }) => id))
      cursor = page.page.next_cursor
    }
    expect(ids).toEqual((await listOf(world)).data.map(({ id }) => id))
    expect(ids).toHaveLength(BUILT_IN_RULES.length + 1)
    expect((await problemOf(await ask('owner', 'GET', `${RULES}?cursor=nonsense`))).code).toBe('cursor_mismatch')
  })
})

describe('a built-in rule', () => {
  it('is there from the start and on, can be edited, and reset', async () => {
    const world = await rulesWorld()
    const { ask } = world
    const { data } = await listOf(world)
    expect(data.map(({ id, enabled, built_in }) => [id, enabled, built_in])).toEqual(
      BUILT_IN_RULES.map(({ key }) => [builtInId(key), true, key]),
    )
    const edited = await ask('owner', 'PATCH', `${RULES}/rul_critical_error`, { query: 'level:fatal', enabled: false })
    expect(await edited.json()).toMatchObject({ query: 'level:fatal', enabled: false, built_in: 'critical_error' })
    expect((await problemOf(await ask('owner', 'DELETE', `${RULES}/rul_critical_error`))).code).toBe('conflict')
    const reset = Rule.parse(await (await ask('owner', 'POST', `${RULES}/rul_critical_error/reset`)).json())
    const [delivered] = BUILT_IN_RULES.filter(({ key }) => key === 'critical_error')
    expect(reset).toMatchObject(delivered.draft)
    const { id } = await world.create(counting())
    expect((await ask('owner', 'POST', `${RULES}/${id}/reset`)).status).toBeGreaterThanOrEqual(400)
  })

  it('of a service’s error rate watches the services whose configuration says so, and no others', async () => {
    const { ask, send, incidents } = await rulesWorld()
    const noise = ['web', 'api'].flatMap((service) => Array.from({ length: 30 }, () => ({ service, level: 'error' })))
    await send(noise)
    expect((await incidents('?rule=rul_error_rate')).data).toEqual([])
    const config = await ask('owner', 'PUT', '/api/v1/logs/config/api', { alert_on_errors: true })
    expect(config.status).toBe(200)
    await send(noise)
    const { data } = await incidents('?rule=rul_error_rate')
    expect(data.map(({ group }) => group)).toEqual([{ service: 'api' }])
  })
})

const manyConditions = Array.from({ length: 1000 }, (_, n) => `a${n}`).join(' ')

describe('what cannot be a rule', () => {
  const world = rulesWorld()
  const record = (query: string, effect: object) => ({ name: 'x', kind: 'record', query, effect })
  const refused: readonly (readonly [what: string, draft: object, code: string, error: object])[] = [
    [
      'pipes',
      counting({ query: 'a | count' }),
      'query_syntax',
      { code: 'query_has_pipes', pointer: '/query', span: [2, 9] },
    ],
    ['a query that breaks off', counting({ query: 'a OR (b' }), 'query_syntax', { code: 'unclosed_group' }],
    [
      'a thousand conditions',
      counting({ query: manyConditions.slice(0, 4000) }),
      'query_syntax',
      { code: 'query_too_large' },
    ],
    ['more text than a query has', counting({ query: 'x'.repeat(5000) }), 'validation_failed', { pointer: '/query' }],
    [
      'a time in the query',
      counting({ query: 'since:2h' }),
      'query_syntax',
      { code: 'query_names_time', span: [0, 8] },
    ],
    [
      'a broken pattern',
      counting({ query: 'message:~"(a"' }),
      'query_syntax',
      { code: 'regex_syntax', pointer: '/query' },
    ],
    [
      'ten years',
      triggered({ type: 'count', count: 3, window: '3650d' }),
      'validation_failed',
      { pointer: '/trigger/window' },
    ],
    [
      'no time at all',
      triggered({ type: 'count', count: 3, window: '0s' }),
      'validation_failed',
      { pointer: '/trigger/window' },
    ],
    [
      'a million',
      triggered({ type: 'count', count: 1e6, window: '5m' }),
      'validation_failed',
      { pointer: '/trigger/count' },
    ],
    ['an unknown trigger', triggered({ type: 'moon' }), 'validation_failed', { pointer: '/trigger/type' }],
    ['an unknown member', counting({ colour: 'red' }), 'validation_failed', { pointer: '/colour' }],
    ['no action', counting({ actions: [] }), 'validation_failed', { pointer: '/actions' }],
    [
      ...(['the same field twice', triggered({ type: 'count', count: 3, window: '5m', by: ['a', 'a'] })] as const),
      ...(['validation_failed', { code: 'duplicate_field', pointer: '/trigger/by/1' }] as const),
    ],
    [
      ...([
        'an action on nothing',
        counting({ actions: [{ type: 'record_rule', rule: 'rul_no', for: '5m' }] }),
      ] as const),
      ...(['validation_failed', { code: 'unknown_record_rule', pointer: '/actions/0/rule' }] as const),
    ],
    [
      ...(['a severity of its own', record('a', { set: { severity: 'awful' } })] as const),
      ...(['validation_failed', { code: 'invalid_severity', pointer: '/effect/set/severity' }] as const),
    ],
    [
      'dropping everything',
      record(' ', { drop: true }),
      'query_syntax',
      { code: 'drops_everything', pointer: '/query' },
    ],
    ['sampling all', record('a', { sample: 1 }), 'validation_failed', { pointer: '/effect/sample' }],
    [
      ...([
        'a broken denominator',
        triggered({ type: 'ratio', of: 'a)', above: 0.1, window: '5m', least_total: 5 }),
      ] as const),
      ...(['query_syntax', { pointer: '/trigger/of' }] as const),
    ],
  ]

  it.each(refused)('%s is told with its place', async (_, draft, code, error) => {
    const { ask } = await world
    const problem = await problemOf(await ask('owner', 'POST', RULES, draft))
    expect(problem).toMatchObject({ code, errors: [expect.objectContaining(error)] })
    const tried = await problemOf(await ask('owner', 'POST', `${RULES}/test`, { rule: draft }))
    expect(tried.code).toBe(code)
  })

  it('actions that lead back to their own rule', async () => {
    const { ask, create } = await rulesWorld()
    const marking = { ...record('login', { set: { category: 'auth' } }), active: 'on_demand' }
    const { id } = await create(marking)
    const switching = (query: string) => counting({ query, actions: [{ type: 'record_rule', rule: id, for: '5m' }] })
    const problem = await problemOf(await ask('owner', 'POST', RULES, switching('category:auth level:error')))
    expect(problem).toMatchObject({
      code: 'validation_failed',
      errors: [{ code: 'cyclic_actions', pointer: '/actions/0/rule' }],
    })
    await create(switching('login -category:auth'))
    expect((await ask('owner', 'DELETE', `${RULES}/${id}`)).status).toBeGreaterThanOrEqual(400)
  })
})

describe('what rules have found', () => {
  it('is one incident for each group, with its rows, until somebody or the rule says that it is over', async () => {
    const { ask, send, create, incidents, wait } = await rulesWorld()
    const { id } = await create(counting())
    await send([...failing('eu', 3), ...failing('us', 2)])
    const { data } = await incidents()
    expect(data).toMatchObject([{ state: 'open', group: { region: 'eu' }, severity: 'high', count: 3, rule: { id } }])
    const [{ id: incident, rows }] = data
    expect(rows).toHaveLength(3)
    expect((await ask('viewer', 'GET', `/logs/${rows[0].id}`)).status).toBe(200)
    const groups = await ask('viewer', 'GET', `${RULES}/${id}/groups`)
    expect(await groups.json()).toMatchObject({ data: [{ group: { region: 'eu' }, state: 'firing', count: 3 }] })
    const taken = await ask('owner', 'POST', `/integration/incidents/${incident}/acknowledge`, { note: 'on it' })
    expect(await taken.json()).toMatchObject({
      ...{ state: 'acknowledged', note: 'on it', acknowledged_by: expect.stringMatching(/^key_/) },
    })
    expect((await incidents('?state=acknowledged')).data).toHaveLength(1)
    expect((await incidents('?state=open')).data).toEqual([])
    await wait(6 * 60_000)
    expect(await (await ask('viewer', 'GET', `/integration/incidents/${incident}`)).json()).toMatchObject({
      ...{ state: 'resolved', resolved_at: expect.any(String) },
    })
  })

  it('is closed by hand, without a body too', async () => {
    const { ask, send, create, incidents } = await rulesWorld()
    await create(counting())
    await send(failing('eu', 3))
    const [{ id }] = (await incidents()).data
    const closed = await ask('owner', 'POST', `/integration/incidents/${id}/resolve`)
    expect(await closed.json()).toMatchObject({ id, state: 'resolved' })
    expect((await ask('owner', 'POST', `/integration/incidents/${id}/resolve`)).status).toBeLessThan(500)
  })

  it('is listed page by page, the newest first', async () => {
    const { ask, send, create, incidents } = await rulesWorld()
    await create(triggered({ type: 'count', count: 1, window: '5m', by: ['region'] }))
    for (const region of ['a', 'b', 'c', 'd', 'e']) await send(failing(region, 1))
    const first = await incidents('?limit=3')
    expect(first.data.map(({ group }) => group.region)).toEqual(['e', 'd', 'c'])
    const rest = await incidents(`?limit=3&cursor=${first.page.next_cursor}`)
    expect(rest.data.map(({ group }) => group.region)).toEqual(['b', 'a'])
    expect(rest.page).toEqual({ next_cursor: null, has_more: false })
    expect((await problemOf(await ask('owner', 'GET', '/integration/incidents?cursor=x'))).code).toBe('cursor_mismatch')
    expect((await problemOf(await ask('owner', 'GET', '/integration/incidents/inc_nobodys'))).code).toBe('not_found')
  })
})

describe('a record rule', () => {
  it('holds from the next request on, is searched by, and adds up in every account', async () => {
    const { ask, send, create } = await rulesWorld()
    const set = { category: 'auth', severity: 'high', tags: ['people'] }
    await create({ name: 'auth', kind: 'record', query: 'login', effect: { set } })
    const dropping = { name: 'noise', kind: 'record', query: 'heartbeat', effect: { drop: true } }
    const { id } = await create(dropping)
    const receipt = await send([{ message: 'login failed' }, { message: 'heartbeat' }, { message: 'cart' }])
    expect(receipt).toMatchObject({ accepted: 2, rejected: 0, sampled: 1 })
    for (const query of ['category:auth', 'severity:high', 'tags:people']) {
      const found = await (await ask('viewer', 'GET', `/logs?q=${query}`)).json()
      expect(found).toMatchObject({ data: [{ ...set, body: { message: 'login failed' } }], meta: { matched: 1 } })
    }
    const exported = await (await ask('viewer', 'GET', '/logs/export?q=category:auth')).text()
    expect(JSON.parse(exported.split('\n')[0])).toMatchObject(set)
    const usage = await (await ask('owner', 'GET', '/admin/usage')).json()
    expect(usage).toMatchObject({ received: 3, stored: 2, sampled: 1, imbalance: 0, sampled_by_rule: { [id]: 1 } })
    const metrics = await (await ask('viewer', 'GET', '/metrics')).text()
    expect(metrics).toMatch(new RegExp(`^sluice_records_sampled_by_rule_total\\{[^}]*rule="${id}"[^}]*\\} 1$`, 'm'))
  })

  it('that leaves out all of a batch has it answered 202 with nothing accepted, and the same when it comes again', async () => {
    const { ask, send, create } = await rulesWorld()
    const { id } = await create({ name: 'noise', kind: 'record', query: 'heartbeat', effect: { drop: true } })
    const named = { 'idempotency-key': 'beat-1' }
    const beats = [{ message: 'heartbeat' }, { message: 'heartbeat' }]
    const receipt = await send(beats, named)
    expect(receipt).toEqual({ batch_id: 'beat-1', accepted: 0, rejected: 0, duplicate: 0, sampled: 2, errors: [] })
    expect(await send(beats, named)).toEqual(receipt)
    await ask('owner', 'DELETE', `${RULES}/${id}`)
    expect(await send(beats, named)).toEqual(receipt)
    expect(await send([{ message: 'heartbeat' }])).toMatchObject({ accepted: 1 })
    const usage = await (await ask('owner', 'GET', '/admin/usage')).json()
    expect(usage).toMatchObject({ received: 7, stored: 1, sampled: 4, duplicate: 2, imbalance: 0 })
  })

  it('whose pattern costs too much is switched off with a reason, and the batch is stored', async () => {
    const { ask, send, create } = await rulesWorld()
    const branches = Array.from({ length: 20 }, (_, index) => `[a${'bcdefgh'[index % 7]}].{${40 - index}}`)
    const query = `~"(${branches.join('|')})[QX]"`
    const { id } = await create({ name: 'costly', kind: 'record', query, effect: { drop: true } })
    const next = randomIntegers(7)
    const message = () => Array.from({ length: 40 }, () => 'abcdefgh'[next(8)]).join('')
    expect(await send(Array.from({ length: 3000 }, () => ({ message: message() })))).toMatchObject({ accepted: 3000 })
    const rule = await (await ask('owner', 'GET', `${RULES}/${id}`)).json()
    expect(rule).toMatchObject({ enabled: false, disabled_reason: { code: 'regex_too_costly' } })
  })

  it('is switched on for a time by a trigger rule, and off again by itself', async () => {
    const { send, create } = await rulesWorld()
    const quiet = { name: 'quiet', kind: 'record', query: 'chatter', active: 'on_demand', effect: { drop: true } }
    const { id } = await create(quiet)
    await create(triggered({ type: 'match' }, { actions: [{ type: 'record_rule', rule: id, for: '1h' }] }))
    expect(await send([{ message: 'chatter' }])).toMatchObject({ accepted: 1 })
    await send(failing('eu', 1))
    await expect.poll(() => send([{ message: 'chatter' }])).toMatchObject({ accepted: 0, sampled: 1 })
  })
})

describe('a what-if', () => {
  const Firing = z.looseObject({
    ...{ group: z.record(z.string(), z.string().nullable()), count: z.number() },
    rows: z.array(z.looseObject({ id: z.string() })),
  })
  const Tried = z.looseObject({
    ...{ matched: z.number(), firings: z.array(Firing), firings_total: z.number() },
    ...{ complete: z.boolean(), rows: z.array(z.unknown()), stopped: z.unknown() },
  })
  const test = async ({ ask }: RulesWorld, body: object, who: RulesCaller = 'owner') => {
    const response = await ask(who, 'POST', `${RULES}/test`, body)
    const answer = await response.json()
    expect(response.status, JSON.stringify(answer)).toBe(200)
    return Tried.parse(answer)
  }

  it('says when a rule that is not kept would have fired, for whom and on what', async () => {
    const world = await rulesWorld()
    await world.send([...failing('eu', 2), ...failing('us', 3)])
    const tried = await test(world, { rule: counting(), from: '1h' })
    expect(tried).toMatchObject({ matched: 5, groups: 2, firings_total: 1, complete: true, stopped: null })
    expect(tried.firings).toMatchObject([{ group: { region: 'us' }, count: 3, quiet: null }])
    expect(tried.firings[0].rows).toHaveLength(3)
    expect(tried.firings[0].rows[0]).toMatchObject({ service: 'checkout', body: { region: 'us' } })
    expect((await world.incidents()).data).toEqual([])
    expect((await listOf(world)).data).toHaveLength(BUILT_IN_RULES.length)
  })

  it('fires as often as the rule itself has', async () => {
    const world = await rulesWorld()
    const { id } = await world.create(triggered({ type: 'count', count: 2, window: '5m', by: ['region'] }))
    for (const region of ['eu', 'us', 'eu', 'us', 'asia']) await world.send(failing(region, 1))
    const tried = await test(world, { id, from: '1h' })
    const fired = (await world.incidents(`?rule=${id}`)).data
    expect(tried.firings.map(({ group, count }) => [group, count])).toEqual(
      fired.toReversed().map(({ group, count }) => [group, count]),
    )
    expect(fired).toHaveLength(2)
  })

  it('knows ratios, first values and silence, and what a record rule would touch', async () => {
    const world = await rulesWorld()
    const levelOf = (n: number) => (n < 10 ? 'error' : 'info')
    await world.send(Array.from({ length: 40 }, (_, n) => ({ service: 'web', level: levelOf(n), kind: `k${n % 3}` })))
    const ratio = { type: 'ratio', of: '', above: 0.2, window: '5m', least_total: 20, by: ['service'] }
    expect(await test(world, { rule: triggered(ratio, { query: 'level:error' }) })).toMatchObject({
      firings: [{ group: { service: 'web' }, count: 10 }],
    })
    const first = { type: 'first_seen', field: 'kind' }
    expect(await test(world, { rule: triggered(first, { query: '' }) })).toMatchObject({
      firings: [{ values: expect.arrayContaining(['k0', 'k1', 'k2']) }],
    })
    const absence = triggered({ type: 'absence', for: '10m' }, { query: 'nothing-like-it' })
    expect(await test(world, { rule: absence, from: '1h' })).toMatchObject({
      ...{ matched: 0, firings: [{ group: {}, resolved_at: null }] },
    })
    const record = { name: 'x', kind: 'record', query: 'level:error', effect: { sample: 0.5 } }
    expect(await test(world, { rule: record })).toMatchObject({
      ...{ matched: 10, firings: [], rows: Array(10).fill({ level: 'error' }) },
    })
  })

  it('shows nobody what they may not see', async () => {
    const world = await rulesWorld()
    await world.send([...failing('eu', 5), { service: 'web', level: 'error', region: 'eu' }])
    const body = { rule: triggered({ type: 'match' }, { query: 'level:error' }) }
    expect(await test(world, body)).toMatchObject({ matched: 6 })
    expect(await test(world, body, 'narrow')).toMatchObject({ matched: 1 })
    expect((await problemOf(await world.ask('reader', 'POST', `${RULES}/test`, body))).code).toBe('scope_missing')
  })

  it('refuses what is no question', async () => {
    const { ask } = await rulesWorld()
    const codeOf = async (body: unknown) => (await problemOf(await ask('owner', 'POST', `${RULES}/test`, body))).code
    expect(await codeOf({})).toBe('validation_failed')
    expect(await codeOf({ id: 'rul_critical_error', rule: counting() })).toBe('validation_failed')
    expect(await codeOf({ id: 'rul_nobodys' })).toBe('not_found')
    expect(await codeOf({ id: 'rul_quota_warning' })).toBe('validation_failed')
    expect(await codeOf({ id: 'rul_critical_error', from: 'the day before yesterday' })).toBe('validation_failed')
    expect(await codeOf({ id: 'rul_critical_error', from: '1h', to: '2h' })).toBe('validation_failed')
    expect(await codeOf('{"id":')).toBe('invalid_json')
  })
})

describe('who may', () => {
  type Request = readonly [method: string, path: string, body?: unknown]
  const changes = (id: string): Request[] => [
    ['POST', RULES, counting()],
    ['PUT', `${RULES}/${id}`, counting()],
    ['PATCH', `${RULES}/${id}`, { enabled: false }],
    ['POST', `${RULES}/rul_error_rate/reset`],
    ['DELETE', `${RULES}/${id}`],
  ]

  it('change rules: nobody who only reads, sends, or sees some of the logs', async () => {
    const { ask, create } = await rulesWorld()
    const { id } = await create(counting())
    for (const who of ['viewer', 'ingest', 'narrow', 'reader'] as const) {
      for (const [method, path, body] of changes(id))
        expect((await problemOf(await ask(who, method, path, body))).code, `${who} ${method}`).toBe('scope_missing')
    }
  })

  it('see incidents: nobody who sees some of the logs', async () => {
    const { ask, send, create, incidents } = await rulesWorld()
    const { id: rule } = await create(counting())
    await send(failing('eu', 3))
    const [{ id }] = (await incidents()).data
    for (const path of ['/integration/incidents', `/integration/incidents/${id}`, `${RULES}/${rule}/groups`])
      expect((await problemOf(await ask('narrow', 'GET', path))).code, path).toBe('scope_missing')
    expect((await ask('narrow', 'GET', RULES)).status).toBe(200)
  })

  it('finds nothing of another tenant', async () => {
    const [one, other] = [await rulesWorld(), await rulesWorld()]
    const { id } = await one.create(counting())
    await one.send(failing('eu', 3))
    const [{ id: incident }] = (await one.incidents()).data
    const requests: Request[] = [
      ...changes(id).filter(([, path]) => path.includes(id)),
      ['GET', `${RULES}/${id}/versions`],
      ['GET', `/integration/incidents/${incident}`],
      ['POST', `/integration/incidents/${incident}/resolve`],
    ]
    for (const [method, path, body] of requests)
      expect((await problemOf(await other.ask('owner', method, path, body))).code, `${method} ${path}`).toBe(
        'not_found',
      )
    expect(await (await one.ask('owner', 'GET', `${RULES}/${id}`)).json()).toMatchObject({ version: 1 })
  })

  it('uses rules only where the installation has integrations', async () => {
    const { ask } = await rulesWorld()
    const off = { ...env, ENABLE_INTEGRATIONS: 'false' }
    const requests: Request[] = [
      ['GET', RULES],
      ['POST', RULES, counting()],
      ['POST', `${RULES}/test`, { rule: counting() }],
      ['GET', '/integration/incidents'],
    ]
    for (const [method, path, body] of requests) {
      const problem = await problemOf(await ask('owner', method, path, body, {}, off))
      expect(problem).toMatchObject({
        code: 'feature_disabled',
        detail: expect.stringContaining('ENABLE_INTEGRATIONS'),
      })
    }
  })
})
