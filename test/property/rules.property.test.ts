import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileRules } from '../../src/rules/compile-rules'
import { type Arrival, reconcile, type Transition, takeArrivals } from '../../src/rules/evaluate'
import { TriggerRule } from '../../src/rules/rule'
import { noRulesState, type RulesState } from '../../src/rules/rules-state'
import { decodeRulesState, encodeRulesState } from '../../src/rules/rules-state-bytes'
import { RulesTail } from '../../src/rules/rules-tail'
import { RuleOracle } from '../support/rules-oracle'
import '../support/property-seed'

const START_MS = Date.UTC(2026, 10, 21, 20)
const KEYS = ['["a"]', '["b"]', '["an odd; = name: \\ud83d"]']

const seconds = (least: number, most: number) => fc.integer({ min: least, max: most }).map((n) => `${n}s`)
const by = fc.constantFrom(undefined, ['service'])
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })

const trigger = fc.oneof(
  fc.record({ type: fc.constant('match') }),
  fc.record({ type: fc.constant('count'), count: fc.integer({ min: 1, max: 5 }), window: seconds(1, 4), by }),
  fc.record({ type: fc.constant('absence'), for: seconds(1, 3), by }),
  fc.record({ type: fc.constant('habit'), factor: fc.constantFrom(0.5, 1, 1.5), least: seconds(1, 2), by }),
  fc.record({ type: fc.constant('first_seen'), field: fc.constant('service') }),
  fc.record({
    ...{ type: fc.constant('ratio'), of: fc.constant(''), above: fc.constantFrom(0, 0.3, 0.5, 0.9) },
    ...{ window: seconds(1, 3), least_total: fc.integer({ min: 1, max: 5 }), by },
  }),
  fc.record({
    ...{ type: fc.constant('change'), factor: fc.constantFrom(0.5, 0.1, 2, 3), window: seconds(1, 3) },
    ...{ least: fc.integer({ min: 1, max: 4 }), by },
  }),
)

const atSecond = (second: number): string => new Date(START_MS + second * 1000).toISOString()

const rule = fc
  .record({
    trigger,
    for: optional(seconds(1, 2)),
    cooldown: optional(seconds(1, 4)),
    flap: optional(fc.record({ changes: fc.integer({ min: 2, max: 4 }), window: seconds(1, 5) })),
    muted_until: optional(fc.integer({ min: 0, max: 6 }).map(atSecond)),
    maintenance: optional(
      fc
        .tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 1, max: 4 }))
        .map(([from, length]) => [{ from: atSecond(from), to: atSecond(from + length) }]),
    ),
  })
  .map((parts) => {
    const isPulse = parts.trigger.type === 'match' || parts.trigger.type === 'first_seen'
    const kept = isPulse ? { ...parts, for: undefined, flap: undefined } : parts
    const whole = { id: 'rul_x', version: 1, kind: 'trigger', name: 'x', query: 'x', ...kept }
    const actions = [{ type: 'notify', event: 'x' }]
    return TriggerRule.parse(JSON.parse(JSON.stringify({ ...whole, actions })))
  })

const came = fc.record({
  group: fc.integer({ min: 0, max: KEYS.length - 1 }),
  count: fc.integer({ min: 0, max: 3 }),
  more: fc.integer({ min: 0, max: 3 }),
})

/** What the object goes through: batches, looks at the clock, batches that come again, transactions that are undone, restarts. */
const step = fc.record({
  afterMs: fc.oneof(
    fc.integer({ min: 0, max: 900 }),
    fc.integer({ min: 0, max: 30 }),
    fc.integer({ min: 1000, max: 3000 }),
    fc.constant(-700),
  ),
  what: fc.constantFrom('batch', 'batch', 'batch', 'tick', 'undone', 'restart', 'store'),
  came: fc.array(came, { maxLength: 3 }),
})

const shown = ({ what, key, atMs, isTold }: Pick<Transition, 'what' | 'key' | 'atMs' | 'isTold'>) =>
  `${key} ${atMs - START_MS} ${what}${isTold ? ' told' : ''}`

/** A rule that remembers as the object does: a stored state, and a tail of what came since. */
class World {
  readonly transitions: Transition[] = []
  readonly #compiled
  #stored: Uint8Array
  #tail = new RulesTail()
  state: RulesState = noRulesState()

  constructor(rule: TriggerRule) {
    this.#compiled = compileRules([rule]).compiled
    reconcile(this.#compiled, this.state, START_MS)
    this.#stored = encodeRulesState(this.state)
  }

  take(arrivals: readonly Arrival[], nowMs: number): void {
    const turn = takeArrivals(this.#compiled, this.state, arrivals, nowMs)
    expect(turn.failures).toEqual([])
    this.transitions.push(...turn.transitions)
    if (turn.taken.length + turn.transitions.length > 0) this.#tail.add(turn.taken, nowMs)
    else this.#tail.pass(nowMs)
  }

  /** A transaction that is rolled back: memory goes by what storage has. */
  undo(arrivals: readonly Arrival[], nowMs: number): void {
    takeArrivals(this.#compiled, this.state, arrivals, nowMs)
    this.restart()
  }

  store(): void {
    this.#stored = encodeRulesState(this.state)
    this.#tail = new RulesTail()
  }

  restart(): void {
    const tail = new RulesTail(this.#tail.text)
    const state = decodeRulesState(this.#stored)
    if (state === undefined) throw new Error('it was stored')
    for (const { arrivals, atMs } of tail.read()) takeArrivals(this.#compiled, state, arrivals, atMs)
    this.#tail = tail
    this.state = state
  }
}

describe('triage rules', () => {
  it('fire as a naive oracle says, whatever retries, restarts, rollbacks and clock steps there are', () => {
    fc.assert(
      fc.property(rule, fc.array(step, { minLength: 5, maxLength: 40 }), (own, steps) => {
        const world = new World(own)
        const oracle = new RuleOracle(own, START_MS)
        let clockMs = START_MS
        let latestMs = START_MS
        for (const { afterMs, what, came } of steps) {
          clockMs = Math.max(START_MS, clockMs + afterMs)
          const arrivals = arrivalsOf(own, came)
          if (what === 'restart') world.restart()
          else if (what === 'store') world.store()
          else if (what === 'undone') world.undo(arrivals, clockMs)
          else {
            latestMs = Math.max(latestMs, clockMs)
            const taken = what === 'tick' ? [] : arrivals
            world.take(taken, clockMs)
            oracle.take(latestMs, taken)
          }
        }
        world.take([], latestMs + 9000)
        oracle.take(latestMs + 9000, [])
        for (const key of ['[]', ...KEYS]) {
          const mine = world.transitions.filter((one) => one.key === key).map(shown)
          expect(mine).toEqual(oracle.transitions.filter((one) => one.key === key).map(shown))
        }
      }),
      { numRuns: process.env.SLUICE_SOAK === '1' ? 3000 : 80 },
    )
  }, 300_000)

  it('are the same after they are written and read, and go on the same', () => {
    fc.assert(
      fc.property(rule, fc.array(step, { maxLength: 30 }), (own, steps) => {
        const world = new World(own)
        let clockMs = START_MS
        for (const { afterMs, came } of steps) {
          clockMs = Math.max(START_MS, clockMs + afterMs)
          world.take(arrivalsOf(own, came), clockMs)
          expect(decodeRulesState(encodeRulesState(world.state))).toEqual(world.state)
        }
        const before = structuredClone(world.state)
        world.restart()
        expect(world.state).toEqual(before)
      }),
      { numRuns: 100 },
    )
  })
})

function arrivalsOf(
  { id, trigger }: TriggerRule,
  came: readonly { readonly group: number; readonly count: number; readonly more: number }[],
): Arrival[] {
  const isGrouped = trigger.type === 'first_seen' || ('by' in trigger && trigger.by !== undefined)
  const all = came.map(({ group, count, more }) => ({
    ...{ rule: id, key: isGrouped ? KEYS[group] : '[]' },
    ...{ count: trigger.type === 'ratio' ? count : count + 1, total: trigger.type === 'ratio' ? count + more : 0 },
  }))
  return all.filter((one, index) => all.findIndex(({ key }) => key === one.key) === index)
}
