import { describe, expect, it } from 'vitest'
import { decodeBlock } from '../../src/blocks/block-bytes'
import { blockTable } from '../../src/blocks/table'
import { compileRules, faultOfRule } from '../../src/rules/compile-rules'
import { type Arrival, dueMsOf, reconcile, takeArrivals, tick } from '../../src/rules/evaluate'
import { groupKey, groupOf } from '../../src/rules/group-key'
import { matchBlock, matchTable } from '../../src/rules/match-table'
import { quietOf } from '../../src/rules/quiet'
import { RuleDraft, TriggerRule } from '../../src/rules/rule'
import { noRulesState } from '../../src/rules/rules-state'
import { blockTables, read } from '../support/read-back'
import { randomIntegers } from '../support/sample-logs'

const START_MS = Date.UTC(2026, 10, 21, 20)
const NOTIFY = [{ type: 'notify', event: 'x' }]
const GROUPED = { by: ['service'] }
const WEB = groupKey(['web'])

const draftOf = (members: object): object => ({
  ...{ kind: 'trigger', name: 'A rule', query: 'x', actions: NOTIFY },
  ...members,
})

const ruleOf = (members: object, id = 'rul_x'): TriggerRule =>
  TriggerRule.parse({ enabled: true, version: 1, id, ...draftOf(members) })

/** A rule that watches, with a clock in milliseconds since it began. */
function watch(members: object) {
  const { compiled, failed } = compileRules([ruleOf(members)])
  expect(failed).toEqual([])
  const state = noRulesState()
  reconcile(compiled, state, START_MS)
  const shown = ({ transitions, failures }: ReturnType<typeof takeArrivals>): string[] => [
    ...transitions.map(
      ({ what, atMs, isTold, quiet }) => `${atMs - START_MS} ${what}${isTold ? '' : ` ${quiet ?? 'untold'}`}`,
    ),
    ...failures.map(({ code }) => code),
  ]
  const arrival = (count: number, key: string, total: number): Arrival => ({ rule: 'rul_x', key, count, total })
  return {
    state,
    due: () => (dueMsOf(state) ?? Number.NaN) - START_MS,
    come: (ms: number, count = 1, key = '[]', total = 0) =>
      shown(takeArrivals(compiled, state, [arrival(count, key, total)], START_MS + ms)),
    comeAll: (ms: number, keys: readonly string[]) =>
      shown(
        takeArrivals(
          compiled,
          state,
          keys.map((key) => arrival(1, key, 0)),
          START_MS + ms,
        ),
      ),
    pass: (ms: number) => shown(tick(compiled, state, START_MS + ms)),
  }
}

describe('match', () => {
  it('fires once for the matches of a batch, each time', () => {
    const { come } = watch({ trigger: { type: 'match' } })
    expect(come(0, 7)).toEqual(['0 fired'])
    expect(come(1, 1)).toEqual(['1 fired'])
  })

  it('is quiet for its cooldown, and its incident ends five minutes after the last match', () => {
    const { come, pass } = watch({ trigger: { type: 'match' }, cooldown: '1m' })
    expect(come(0)).toEqual(['0 fired'])
    expect(come(59_999)).toEqual(['59999 fired cooldown'])
    expect(come(60_000)).toEqual(['60000 fired'])
    expect(pass(359_999)).toEqual([])
    expect(pass(1_000_000)).toEqual(['360000 resolved'])
  })
})

describe('count', () => {
  const trigger = { type: 'count', count: 3, window: '10s' }

  it('fires at the match that is one too many within the window, and resolves when the window has left it behind', () => {
    const { come, pass, due } = watch({ trigger })
    expect([come(0), come(4000), come(9999)]).toEqual([[], [], ['9999 fired']])
    expect(due()).toBe(10_000)
    expect(pass(9999)).toEqual([])
    expect(pass(10_000)).toEqual(['10000 resolved'])
  })

  it('does not count what is exactly as old as the window', () => {
    const { come } = watch({ trigger })
    expect([come(0), come(1), come(10_000)]).toEqual([[], [], []])
    expect(come(10_000)).toEqual(['10000 fired'])
  })

  it('counts each group by itself', () => {
    const { come } = watch({ trigger: { ...trigger, ...GROUPED } })
    expect([come(0, 2, WEB), come(0, 2, groupKey(['api']))]).toEqual([[], []])
    expect(come(1, 1, WEB)).toEqual(['1 fired'])
  })

  it('remembers no more arrivals than it waits for', () => {
    const { come, state } = watch({ trigger })
    for (let ms = 0; ms < 1000; ms++) come(ms, 5)
    expect(state.rules.get('rul_x')?.groups.get('[]')?.memory.at).toEqual([START_MS + 999])
  })

  it('watches groups beyond a thousand together, and not one by one again while that holds anything', () => {
    const { comeAll, state } = watch({ trigger: { ...trigger, ...GROUPED } })
    comeAll(
      0,
      Array.from({ length: 1002 }, (_, index) => groupKey([`s${index}`])),
    )
    expect(state.rules.get('rul_x')?.groups.size).toBe(1001)
    expect(comeAll(1, [groupKey(['new'])])).toEqual(['1 fired'])
    expect(comeAll(20_000, [groupKey(['newer'])])).toEqual(['10000 resolved'])
    expect([...(state.rules.get('rul_x')?.groups.keys() ?? [])]).toEqual([groupKey(['newer'])])
  })
})

describe('absence', () => {
  it('fires when nothing came for the time since it began, and resolves with the next match', () => {
    const { come, pass, due } = watch({ trigger: { type: 'absence', for: '1m' } })
    expect(due()).toBe(60_000)
    expect(pass(60_000)).toEqual(['60000 fired'])
    expect(come(90_000)).toEqual(['90000 resolved'])
    expect(due()).toBe(150_000)
  })

  it('of a group counts from when the group was first seen', () => {
    const { come, pass } = watch({ trigger: { type: 'absence', for: '1m', ...GROUPED } })
    expect(pass(3_600_000)).toEqual([])
    expect(come(3_600_000, 1, WEB)).toEqual([])
    expect(pass(3_660_000)).toEqual(['3660000 fired'])
  })

  it('cannot watch more than a thousand groups: sharing would hide their silence', () => {
    const { comeAll } = watch({ trigger: { type: 'absence', for: '1m', ...GROUPED } })
    expect(
      comeAll(
        0,
        Array.from({ length: 1001 }, (_, index) => groupKey([`s${index}`])),
      ),
    ).toEqual(['too_many_groups'])
  })
})

describe('habit', () => {
  it('fires when a group is silent for longer than is usual for it, and not before it has a habit', () => {
    const { come, pass } = watch({ trigger: { type: 'habit', factor: 3, least: '1s', ...GROUPED } })
    for (let minute = 0; minute <= 7; minute++) come(minute * 60_000, 1, WEB)
    expect(pass(10_000_000)).toEqual([])
    const habitual = watch({ trigger: { type: 'habit', factor: 3, least: '1s', ...GROUPED } })
    for (let minute = 0; minute <= 30; minute++) habitual.come(minute * 60_000, 1, WEB)
    const group = habitual.state.rules.get('rul_x')?.groups.get(WEB)
    const limit = (group?.dueMs ?? 0) - START_MS - 30 * 60_000
    expect(limit).toBeGreaterThanOrEqual(180_000)
    expect(limit).toBeLessThan(190_000)
    expect(habitual.pass(30 * 60_000 + limit)).toEqual([`${30 * 60_000 + limit} fired`])
  })

  it('learns a slower habit in time', () => {
    const { come } = watch({ trigger: { type: 'habit', factor: 2, least: '1s' } })
    for (let arrival = 0; arrival < 20; arrival++) come(arrival * 1000)
    const alarms = Array.from({ length: 40 }, (_, arrival) => come((arrival + 2) * 20_000).length)
    expect(alarms.slice(0, 3).every((count) => count > 0)).toBe(true)
    expect(alarms.slice(-20).every((count) => count === 0)).toBe(true)
  })
})

describe('first_seen', () => {
  const rule = { trigger: { type: 'first_seen', field: 'user' } }

  it('fires once for the values of a batch that were never seen', () => {
    const { comeAll } = watch(rule)
    expect(comeAll(0, ['ann', 'bob'])).toEqual(['0 fired'])
    expect(comeAll(1, ['ann', 'bob'])).toEqual([])
    expect(comeAll(2, ['bob', 'x'.repeat(200)])).toEqual(['2 fired'])
    expect(comeAll(3, ['x'.repeat(200)])).toEqual([])
  })

  it('stops where the field has ever new values', () => {
    const { comeAll } = watch(rule)
    expect(
      comeAll(
        0,
        Array.from({ length: 10_001 }, (_, index) => `u${index}`),
      ),
    ).toEqual(['too_many_values'])
    expect(comeAll(1, ['ann'])).toEqual([])
  })
})

describe('ratio', () => {
  const rule = { trigger: { type: 'ratio', of: '', above: 0.5, window: '2m', least_total: 10 } }

  it('fires when the share is above the bound and there is enough of it, and resolves by time alone', () => {
    const { come, pass } = watch(rule)
    expect(come(0, 9, '[]', 9)).toEqual([])
    expect(come(1000, 0, '[]', 1)).toEqual(['1000 fired'])
    expect(pass(120_000)).toEqual(['120000 resolved'])
  })

  it('can come to hold because what was good has left the window', () => {
    const { come, pass } = watch(rule)
    expect([come(0, 0, '[]', 20), come(60_000, 10, '[]', 10)]).toEqual([[], []])
    expect(pass(120_000)).toEqual(['120000 fired'])
  })
})

describe('change', () => {
  it('fires when a window has many times what the one before had, once both were watched', () => {
    const { come } = watch({ trigger: { type: 'change', factor: 5, window: '1m', least: 10 } })
    expect(come(30_000, 1000)).toEqual([])
    expect(come(130_000, 2)).toEqual([])
    expect(come(200_000, 9)).toEqual([])
    expect(come(201_000, 1)).toEqual(['201000 fired'])
  })

  it('with a factor below 1 fires for a fall, which time alone brings', () => {
    const { come, pass } = watch({ trigger: { type: 'change', factor: 0.1, window: '1m', least: 50 } })
    for (let second = 0; second <= 180; second++) come(second * 1000, 1)
    expect(pass(239_000)).toEqual([expect.stringMatching(/^23\d{4} fired$/)])
  })
})

describe('usage', () => {
  it('fires above the share, and resolves when less is used or the window is over', () => {
    const { come, pass } = watch({ trigger: { type: 'usage', of: 'quota', above: 0.8 } })
    const key = groupKey(['records-per-day'])
    expect(come(0, 8000, key, 3_600_000)).toEqual([])
    expect(come(1, 8001, key, 3_600_000)).toEqual(['1 fired'])
    expect(come(2, 7999, key, 3_600_000)).toEqual(['2 resolved'])
    expect(come(3, 9999, key, 3_600_000)).toEqual(['3 fired'])
    expect(pass(4_000_000)).toEqual(['3600003 resolved'])
  })
})

describe('what is told', () => {
  const trigger = { type: 'count', count: 1, window: '10s' }

  it('waits until the condition has held for as long as the rule says', () => {
    const { come, pass, state } = watch({ trigger, for: '15s' })
    expect(come(0)).toEqual([])
    expect(state.rules.get('rul_x')?.groups.get('[]')?.alarm.phase).toBe('pending')
    expect(pass(10_000)).toEqual([])
    expect([come(20_000), come(29_000), pass(34_999)]).toEqual([[], [], []])
    expect(pass(40_000)).toEqual(['35000 fired', '39000 resolved'])
  })

  it('is told after the cooldown, if it still holds then', () => {
    const { come, pass } = watch({ trigger, cooldown: '15s' })
    expect([come(0), pass(10_000)]).toEqual([['0 fired'], ['10000 resolved']])
    expect(come(11_000)).toEqual(['11000 fired cooldown'])
    expect(pass(20_000)).toEqual(['15000 told'])
    expect(pass(30_000)).toEqual(['21000 resolved'])
  })

  it('is kept back while a group flaps, until it is calm', () => {
    const { come, pass } = watch({ trigger: { ...trigger, window: '1s' }, flap: { changes: 4, window: '1m' } })
    const told = [0, 2000, 4000, 6000].flatMap((ms) => [...pass(ms), ...come(ms)])
    expect(told).toEqual([
      '0 fired',
      '1000 resolved',
      '2000 fired',
      '3000 resolved',
      '4000 fired flapping',
      '5000 resolved untold',
      '6000 fired flapping',
    ])
    for (let ms = 6500; ms <= 63_000; ms += 500) pass(ms)
    expect(come(70_000)).toEqual(['70000 fired'])
  })

  it('is kept back while the rule is muted or maintained, and told when that is over', () => {
    const muted_until = new Date(START_MS + 5000).toISOString()
    const maintenance = [{ from: new Date(START_MS + 4000).toISOString(), to: new Date(START_MS + 8000).toISOString() }]
    const { come, pass } = watch({ trigger, muted_until, maintenance })
    expect(come(1000)).toEqual(['1000 fired muted'])
    expect(pass(10_000)).toEqual(['8000 told'])
  })

  it('of a thousand groups at once comes fifty a turn, and none is forgotten', () => {
    const { comeAll, pass } = watch({ trigger: { ...trigger, window: '1h', ...GROUPED } })
    const keys = Array.from({ length: 120 }, (_, index) => groupKey([`s${index}`]))
    expect(comeAll(0, keys).filter((text) => text === '0 fired')).toHaveLength(50)
    expect(pass(1000)).toEqual(Array.from({ length: 50 }, () => '1000 told'))
    expect(pass(2000)).toEqual(Array.from({ length: 20 }, () => '2000 told'))
  })
})

describe('a clock', () => {
  const rule = { trigger: { type: 'count', count: 2, window: '1m' } }

  it('that goes back a little stands still for the rules', () => {
    const { come } = watch(rule)
    come(50_000)
    expect(come(20_000)).toEqual(['50000 fired'])
  })

  it('that is set back far is followed, with everything that is remembered', () => {
    const { come, pass } = watch(rule)
    const year = 365 * 86_400_000
    come(year)
    expect(come(10_000)).toEqual(['10000 fired'])
    expect(pass(69_999)).toEqual([])
    expect(pass(70_000)).toEqual(['70000 resolved'])
  })
})

describe('a maintenance window of each week', () => {
  const at = (text: string): number => Date.parse(text)

  it('goes by the clock of its zone, over midnight too', () => {
    const quiet = quietOf({ maintenance: [{ days: ['sat'], from: '22:00', to: '02:00', zone: 'Europe/Berlin' }] })
    expect(quiet(at('2026-11-21T20:59:00Z'))).toBeUndefined()
    expect(quiet(at('2026-11-21T21:00:00Z'))).toEqual({ reason: 'maintenance', untilMs: at('2026-11-22T01:00:00Z') })
    expect(quiet(at('2026-11-22T00:59:59Z'))).toEqual({ reason: 'maintenance', untilMs: at('2026-11-22T01:00:00Z') })
    expect(quiet(at('2026-11-22T01:00:00Z'))).toBeUndefined()
    expect(quiet(at('2026-11-22T21:30:00Z'))).toBeUndefined()
  })

  it('begins at the same time of day in summer and winter', () => {
    const quiet = quietOf({ maintenance: [{ days: ['mon'], from: '03:00', to: '04:00', zone: 'America/New_York' }] })
    expect(quiet(at('2026-07-06T07:30:00Z'))?.untilMs).toBe(at('2026-07-06T08:00:00Z'))
    expect(quiet(at('2026-12-07T08:30:00Z'))?.untilMs).toBe(at('2026-12-07T09:00:00Z'))
  })

  it('whose ends are the same lasts a day', () => {
    const quiet = quietOf({ maintenance: [{ days: ['sun'], from: '00:00', to: '00:00', zone: 'UTC' }] })
    expect(quiet(at('2026-11-22T00:00:00Z'))?.untilMs).toBe(at('2026-11-23T00:00:00Z'))
    expect(quiet(at('2026-11-22T23:59:59Z'))).toBeDefined()
    expect(quiet(at('2026-11-23T00:00:00Z'))).toBeUndefined()
  })
})

describe('a rule is not taken', () => {
  const refused = (members: object): string[] =>
    RuleDraft.safeParse(draftOf({ trigger: { type: 'match' }, ...members })).error?.issues.map(({ path }) =>
      path.join('.'),
    ) ?? []
  const faultOf = (query: string) => faultOfRule(RuleDraft.parse(draftOf({ trigger: { type: 'match' }, query })))?.code

  it('with windows of no time or of ten years', () => {
    for (const window of ['0s', '999ms', '3650d', '-5m', '5', 'soon'])
      expect(refused({ trigger: { type: 'count', count: 1, window } }), window).toEqual(['trigger.window'])
    expect(refused({ cooldown: '8d' })).toEqual(['cooldown'])
  })

  it('with what a moment cannot do', () => {
    expect(refused({ for: '1m' })).toEqual(['for'])
    expect(refused({ flap: { changes: 3, window: '1m' } })).toEqual(['flap'])
  })

  it('with a thousand conditions, pipes, times, or a query that is none', () => {
    expect(faultOf(Array.from({ length: 1000 }, () => 'a').join(' '))).toBe('query_too_large')
    expect(refused({ query: 'a'.repeat(5000) })).toEqual(['query'])
    expect(faultOf(`service:in(${Array.from({ length: 65 }, (_, index) => index).join(',')})`)).toBe('query_too_large')
    expect(faultOf('error | count')).toBe('query_has_pipes')
    expect(faultOf('error since:2h')).toBe('query_names_time')
    expect(faultOf('~"("')).toBe('regex_syntax')
    expect(faultOf('level:error "connection refused"')).toBeUndefined()
  })

  it('with four fields, ten thousand and one matches, no actions, or an unknown zone', () => {
    expect(refused({ trigger: { type: 'absence', for: '1m', by: ['a', 'b', 'c', 'd'] } })).toEqual(['trigger.by'])
    expect(refused({ trigger: { type: 'count', count: 10_001, window: '1m' } })).toEqual(['trigger.count'])
    expect(refused({ actions: [] })).toEqual(['actions'])
    expect(refused({ maintenance: [{ days: ['mon'], from: '10:00', to: '11:00', zone: 'Moon/Base' }] })).toHaveLength(1)
  })
})

describe('the rows that rules find', () => {
  const next = randomIntegers(5)
  const levels = ['debug', 'info', 'info', 'info', 'info', 'info', 'info', 'info', 'info', 'error']
  const logs = Array.from({ length: 600 }, (_, index) => ({
    level: next(60) === 0 ? 'fatal' : levels[next(levels.length)],
    ...(next(4) > 0 && { service: ['web', 'api', 'Billing'][next(3)] }),
    message: next(3) === 0 ? `Connection REFUSED by ${index}` : `fine ${index}`,
    status: [200, 404, 503][next(3)],
    user: `u${next(500)}`,
  }))
  const queries = [
    ['', ['service']],
    ['level:fatal "connection refused"', ['service', 'status']],
    ['level:>=error -service:web', []],
    ['service:billing status:>=400', ['status']],
    ['refused OR level:fatal', ['user']],
    ['-refused', ['service']],
    ['status:503', ['level']],
    ['has:service', ['service', 'level', 'status']],
  ] as const

  it('are those of a search, however the block is looked at, and counted by group', () => {
    const rules = queries.map(([query, by], index) =>
      ruleOf(
        { query, trigger: { type: 'count', count: 1, window: '1m', ...(by.length > 0 && { by }) } },
        `rul_${index}`,
      ),
    )
    const { compiled } = compileRules(rules)
    const batch = read(logs.map((log) => JSON.stringify(log)).join('\n'), 'application/x-ndjson')
    const [table] = blockTables(batch)
    const sorted = (arrivals: readonly Arrival[]) => arrivals.toSorted((left, right) => (left.key < right.key ? -1 : 1))
    const byBlock = matchBlock(compiled, decodeBlock(batch.blocks[0]), 1)
    const byTable = matchTable(compiled, table)
    expect(byBlock.failures).toEqual([])
    expect(byBlock.matches).toHaveLength(queries.length)
    for (const [index, { arrivals, rule, rowsOf }] of byBlock.matches.entries()) {
      expect(sorted(arrivals)).toEqual(sorted(byTable.matches[index].arrivals))
      expect(arrivals.reduce((sum, { count }) => sum + count, 0)).toBe(naiveCount(rule.rule.query))
      const [{ key }] = arrivals
      const found = rowsOf(key, 5)
      const inWhole = byTable.matches[index].rowsOf(key, 5)
      const seqs = ({ table: own, rows }: typeof found) => rows.map((row) => own.seqs()[row])
      expect(seqs(found)).toEqual(seqs(inWhole))
    }
  })

  it('are only some of a table where that is asked for', () => {
    const { compiled } = compileRules([ruleOf({ query: '', trigger: { type: 'match' } })])
    const batch = read(
      logs
        .slice(0, 50)
        .map((log) => JSON.stringify(log))
        .join('\n'),
      'application/x-ndjson',
    )
    const table = blockTable(decodeBlock(batch.blocks[0]), 1)
    const among = Uint8Array.from({ length: table.rows }, (_, row) => (row < 7 ? 1 : 0))
    expect(matchTable(compiled, table, among).matches[0].arrivals).toMatchObject([{ count: 7 }])
  })

  it('are counted once for queries that are the same', () => {
    const same = ['level:error refused', 'refused level:error', '(level:error) refused', 'level:error service:web']
    const { compiled } = compileRules(
      same.map((query, index) => ruleOf({ query, trigger: { type: 'match' } }, `rul_${index}`)),
    )
    expect(compiled.parts).toHaveLength(3)
  })

  function naiveCount(query: string): number {
    const refused = (log: (typeof logs)[number]) => log.message.includes('REFUSED')
    const severe = ({ level }: (typeof logs)[number]) => level === 'error' || level === 'fatal'
    const tests: Readonly<Record<string, (log: (typeof logs)[number]) => boolean>> = {
      '': () => true,
      'level:fatal "connection refused"': (log) => log.level === 'fatal' && refused(log),
      'level:>=error -service:web': (log) => severe(log) && log.service !== 'web',
      'service:billing status:>=400': ({ service, status }) => service === 'Billing' && status >= 400,
      'refused OR level:fatal': (log) => refused(log) || log.level === 'fatal',
      '-refused': (log) => !refused(log),
      'status:503': ({ status }) => status === 503,
      'has:service': ({ service }) => service !== undefined,
    }
    return logs.filter(tests[query]).length
  }
})

describe('the name of a group', () => {
  it('says its values, tells long ones apart, and stays short', () => {
    expect(groupOf(['a', 'b'], groupKey(['x', null]))).toEqual({ a: 'x', b: null })
    const long = (end: string) => groupKey([`${'😀'.repeat(400)}${end}`, 'b', 'c'])
    expect(long('1')).not.toBe(long('2'))
    expect(long('1').length).toBeLessThan(300)
    expect(groupOf(['a', 'b', 'c'], long('1')).a).toMatch(/^😀+.?…/u)
  })
})
