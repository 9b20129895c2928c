import fc from 'fast-check'
import { expect, it } from 'vitest'
import { LEVEL_SLOT, TIME_SLOT } from '../../src/blocks/block'
import type { DocumentTable } from '../../src/blocks/table'
import { compileFilter } from '../../src/query/filter'
import { matchingRows } from '../../src/query/mask'
import { oldestVisibleMs, withinRetention } from '../../src/query/within-retention'
import { LEVELS } from '../../src/records/levels'
import { compileRetention } from '../../src/segments/compile-retention'
import { lookForExpired } from '../../src/segments/look-for-expired'
import { sealBlocks } from '../../src/segments/seal'
import { longestDays, retentionRulesOf, shortestDays } from '../../src/tenant/retention-rules'
import { type RetentionSettings, TenantSettings } from '../../src/tenant/settings'
import { blockTables, documents, numbered, RECEIVED_MS, read, segmentTableOf } from '../support/read-back'

const DAY_MS = 86_400_000
const PLAN_DAYS = 30
const SERVICES = ['web', 'till', 'edge'] as const
const CATEGORIES = ['security', 'audit', 'access'] as const
const WORDS = ['paid', 'refused', 'slow'] as const

const log = fc.record(
  {
    // Few days, so that a segment holds several records.
    ageMs: fc
      .tuple(fc.constantFrom(0, 1, 7, 28), fc.nat({ max: 8 * 3_600_000 }))
      .map(([whole, ms]) => whole * DAY_MS + ms),
    level: fc.constantFrom(...LEVELS),
    service: fc.constantFrom(...SERVICES),
    category: fc.constantFrom(...CATEGORIES),
    word: fc.constantFrom(...WORDS),
  },
  { requiredKeys: ['ageMs', 'level', 'word'] },
)
type Log = typeof log extends fc.Arbitrary<infer Value> ? Value : never

const some = <Value>(...values: Value[]) => fc.subarray(values, { minLength: 1 })
const about = {
  match: fc.record(
    { services: some(...SERVICES), levels: some(...LEVELS), categories: some(...CATEGORIES) },
    { requiredKeys: [] },
  ),
  query: fc.constantFrom(...WORDS),
}
const isAboutSomething = ({ match, query }: { match?: object; query?: string }): boolean =>
  query !== undefined || Object.keys(match ?? {}).length > 0
const days = fc.constantFrom(1, 2, 7, 10, 29, 45)

const policy = fc
  .record(
    { ...about, priority: fc.integer({ min: -1, max: 1 }), days: fc.oneof(days, fc.constant('forever' as const)) },
    { requiredKeys: ['priority', 'days'] },
  )
  .filter(isAboutSomething)
const hold = fc
  .record({ ...about, sinceMs: fc.integer({ min: 0, max: 29 * DAY_MS }) }, { requiredKeys: [] })
  .filter(isAboutSomething)

const world = fc.record({
  logs: fc.array(log, { minLength: 1, maxLength: 40 }),
  policies: fc.array(policy, { maxLength: 4 }),
  holds: fc.array(hold, { maxLength: 2 }),
  services: fc.dictionary(fc.constantFrom(...SERVICES), days, { maxKeys: 2 }),
  defaultDays: fc.option(days, { nil: undefined }),
  laterMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 40 * DAY_MS })),
})
type World = typeof world extends fc.Arbitrary<infer Value> ? Value : never

const named = <Value>(values: readonly Value[]) => values.map((value, index) => ({ name: `p${index}`, ...value }))
const timeOf = ({ ageMs }: Log): number => RECEIVED_MS - ageMs
const sent = (one: Log, index: number) => {
  const { ageMs: _, word, ...rest } = one
  return { timestamp: new Date(timeOf(one)).toISOString(), ...rest, message: `order ${index} ${word}`, n: index }
}

function settingsOf({ policies, holds, services, defaultDays }: World) {
  const retention: RetentionSettings = TenantSettings.parse({
    retention: {
      ...(defaultDays !== undefined && { default_days: defaultDays }),
      policies: named(policies),
      holds: named(holds).map(({ sinceMs, ...rest }) => ({
        ...rest,
        ...(sinceMs !== undefined && { since: new Date(RECEIVED_MS - sinceMs).toISOString() }),
      })),
    },
  }).retention
  const configs = Object.entries(services).map(([name, ttlDays]) => [
    name,
    { ttlDays, alertOnErrors: false, createdMs: 0, updatedMs: 0 },
  ])
  return { retention, services: Object.fromEntries(configs) }
}

type About = World['policies'][number] | World['holds'][number]

/** Read from the settings' description, one record at a time. */
const isMeant = ({ match, query }: About, one: Log): boolean =>
  (query === undefined || query === one.word) &&
  (match?.services === undefined || (one.service !== undefined && match.services.includes(one.service))) &&
  (match?.levels === undefined || match.levels.includes(one.level)) &&
  (match?.categories === undefined || (one.category !== undefined && match.categories.includes(one.category)))

function isVisible({ policies, holds, services, defaultDays }: World, one: Log, nowMs: number): boolean {
  const isHeld = holds.some(
    (each) => isMeant(each, one) && (each.sinceMs === undefined || timeOf(one) >= RECEIVED_MS - each.sinceMs),
  )
  if (isHeld) return true
  const fitting = policies.filter((each) => isMeant(each, one)).map(({ priority, days }) => ({ priority, days }))
  const own = one.service === undefined ? undefined : services[one.service]
  const all = own === undefined ? fitting : [...fitting, { priority: 0, days: own }]
  const best = all.reduce<(typeof all)[number] | undefined>(
    (chosen, each) => (chosen === undefined || each.priority > chosen.priority ? each : chosen),
    undefined,
  )
  const kept = best?.days ?? defaultDays ?? PLAN_DAYS
  return kept === 'forever' || timeOf(one) >= nowMs - kept * DAY_MS
}

/** A table that has only the parts that were asked for, as a reader of segments gets it. */
const onlyWith = (table: DocumentTable, columns: readonly number[]): DocumentTable =>
  new Proxy(table, {
    get: (target, name) => {
      const need = name === 'times' || name === 'nanos' ? TIME_SLOT : name === 'levels' ? LEVEL_SLOT : undefined
      if (need !== undefined && !columns.includes(need)) throw new Error(`${String(name)} was not asked for`)
      if (name !== 'cells') return Reflect.get(target, name)
      return (column: number) => {
        if (!columns.includes(column)) throw new Error(`column ${column} was not asked for`)
        return target.cells(column)
      }
    },
  })

const everything = compileFilter(undefined, 0)

it('shows exactly what the policies in force say at the moment of the query, in blocks and in segments of any class', () => {
  fc.assert(
    fc.property(world, world, (one, other) => {
      if (!everything.ok) throw new Error('the filter does not compile')
      const rules = retentionRulesOf(settingsOf(one), PLAN_DAYS)
      const sealedUnder = retentionRulesOf(settingsOf(other), PLAN_DAYS)
      const batch = read(JSON.stringify(one.logs.map(sent)))
      const segments = sealBlocks(numbered([batch]), { shard: 0, class: 'standard', rules: sealedUnder })
      const nowMs = RECEIVED_MS + one.laterMs
      const retention = compileRetention(rules)
      const filter = withinRetention(everything.filter, retention, nowMs)
      const oldestMs = oldestVisibleMs(retention, nowMs)
      for (const tables of [blockTables(batch), segments.map(({ bytes }) => segmentTableOf(bytes))]) {
        const found = tables.flatMap((table) => {
          const texts = documents(table)
          const times = table.times()
          const rows = matchingRows(filter.evaluate(onlyWith(table, filter.columns(table))), table.rows)
          return [...rows].filter((row) => times[row] >= oldestMs).map((row) => texts[row])
        })
        const expected = one.logs.map(sent).filter((_, index) => isVisible(one, one.logs[index], nowMs))
        expect(found.sort()).toEqual(expected.map((log) => JSON.stringify(log)).sort())
      }
    }),
    { numRuns: 150 },
  )
}, 30_000)

it('removes nothing that is visible, everything of a segment that has expired whole, and says how much of which policy', () => {
  fc.assert(
    fc.property(world, (one) => {
      const rules = retentionRulesOf(settingsOf(one), PLAN_DAYS)
      const nowMs = RECEIVED_MS + one.laterMs
      const batch = read(JSON.stringify(one.logs.map(sent)))
      const visible = new Set(
        one.logs
          .map(sent)
          .flatMap((log, index) => (isVisible(one, one.logs[index], nowMs) ? [JSON.stringify(log)] : [])),
      )
      for (const { id, bytes, hash } of sealBlocks(numbered([batch]), { shard: 0, class: 'standard' })) {
        const before = documents(segmentTableOf(bytes))
        const look = lookForExpired({ id, hash, bytes, mask: undefined }, { shard: 0, rules, nowMs })
        if (!look.ok) throw new Error('the segment cannot be read')
        const gone = before.filter((text) => !visible.has(text))
        const counted = Object.values(look.expired).reduce((sum, count) => sum + count, 0)
        expect(counted).toBe(gone.length)
        const left = look.made?.flatMap((made) => documents(segmentTableOf(made.bytes)))
        if (left === undefined) {
          expect(gone.length * 4).toBeLessThan(before.length)
          if (look.dueMs !== undefined) expect(look.dueMs).toBeGreaterThan(nowMs)
        } else expect(left.sort()).toEqual(before.filter((text) => visible.has(text)).sort())
      }
    }),
    { numRuns: 150 },
  )
}, 30_000)

it('looks again at the first millisecond at which there is enough to remove', () => {
  fc.assert(
    fc.property(world, (one) => {
      const rules = retentionRulesOf(settingsOf(one), PLAN_DAYS)
      const nowMs = RECEIVED_MS + one.laterMs
      for (const { id, bytes, hash } of sealBlocks(numbered([read(JSON.stringify(one.logs.map(sent)))]), {
        ...{ shard: 0, class: 'standard' },
      })) {
        const at = (ms: number) => lookForExpired({ id, hash, bytes, mask: undefined }, { shard: 0, rules, nowMs: ms })
        const look = at(nowMs)
        if (!look.ok || look.made !== undefined) continue
        if (look.dueMs === undefined) {
          expect(at(RECEIVED_MS + 1000 * DAY_MS)).toMatchObject({ made: undefined })
          continue
        }
        expect(at(look.dueMs - 1)).toMatchObject({ made: undefined })
        expect(at(look.dueMs)).toMatchObject({ made: expect.any(Array) })
      }
    }),
    { numRuns: 100 },
  )
}, 30_000)

it('bounds what any record can come to', () => {
  fc.assert(
    fc.property(world, (one) => {
      const rules = retentionRulesOf(settingsOf(one), PLAN_DAYS)
      const nowMs = RECEIVED_MS + one.laterMs
      for (const log of one.logs) {
        if (isVisible(one, log, nowMs)) expect(timeOf(log)).toBeGreaterThanOrEqual(nowMs - longestDays(rules) * DAY_MS)
        else expect(timeOf(log)).toBeLessThan(nowMs - shortestDays(rules) * DAY_MS)
      }
    }),
    { numRuns: 300 },
  )
})
