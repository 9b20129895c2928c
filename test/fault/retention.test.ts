import { describe, expect, it } from 'vitest'
import type { RetentionRules } from '../../src/tenant/retention-rules'
import { Broken, DAY_MS, HOUR_MS, MINUTE_MS, TenantWorld } from '../support/tenant-world'

/** Of each batch of eight, records 1, 3 and 5 are kept for a week, and 5 is held. */
const RULES: RetentionRules = {
  rules: [{ kind: 'policy', name: 'short', days: 7, query: '"n 1" OR "n 3" OR "n 5"' }],
  defaultDays: 30,
  holds: [{ name: 'case', sinceMs: undefined, query: '"n 5"' }],
  isUnknown: false,
}

const BATCH = 8
const BATCHES = 3
const SHORT = [1, 3]
const HELD = [5]

const seqs = (isKept: (index: number) => boolean): number[] =>
  Array.from({ length: BATCH * BATCHES }, (_, seq) => seq)
    .filter((seq) => isKept(seq % BATCH))
    .map((seq) => seq + 1)

const afterAWeek = seqs((index) => !SHORT.includes(index))
const afterAMonth = seqs((index) => HELD.includes(index))

/** Seals, archives, and lives through three runs of retention; `run` works until it works. */
async function life(
  world: TenantWorld,
  run: (task: () => Promise<void>) => Promise<void>,
  expectLeft: (left: readonly number[]) => void,
): Promise<void> {
  world.settings = { ...world.settings, retention: RULES }
  const work = () => run(() => world.work())
  const night = async (left: readonly number[]): Promise<void> => {
    expectLeft(left)
    world.retain(world.nowMs)
    await work()
    for (let hour = 0; hour < 3; hour++) {
      world.advance(HOUR_MS)
      await work()
    }
  }
  for (let batch = 0; batch < BATCHES; batch++) {
    world.append(BATCH)
    world.advance(10 * MINUTE_MS)
    await work()
  }
  world.advance(26 * HOUR_MS)
  await work()
  world.advance(8 * DAY_MS)
  await night(afterAWeek)
  expect(world.readAll()).toEqual(afterAWeek)
  world.advance(25 * DAY_MS)
  await night(afterAMonth)
  expect(world.readAll()).toEqual(afterAMonth)
  world.settings = { ...world.settings, retention: { ...RULES, holds: [] }, edition: 1 }
  await night([])
  await night([])
  expect(world.readAll()).toEqual([])
}

const once = (task: () => Promise<void>): Promise<void> => task()

async function stepsOfLife(): Promise<TenantWorld> {
  const world = new TenantWorld()
  await life(world, once, () => undefined)
  return world
}

const whole = await stepsOfLife()

describe('retention by policy', () => {
  it('looks, rewrites, removes and leaves nothing behind', () => {
    expect(whole.names).toEqual(expect.arrayContaining(['readExpirable', 'lookAside', 'endRetention']))
    expect([...whole.catalog.keys(), ...whole.payloads.keys(), ...whole.objects.keys()]).toEqual([])
    expect(new Set(whole.chain.map(({ what }) => what))).toContain('expired')
  })

  it('accounts for every record once, by its policy', () => {
    const totals = new Map<string, number>()
    for (const { policies } of whole.removals)
      for (const [policy, { rows, bytes }] of Object.entries(policies)) {
        totals.set(policy, (totals.get(policy) ?? 0) + rows)
        expect(bytes).toBeGreaterThanOrEqual(0)
      }
    expect(Object.fromEntries(totals)).toEqual({
      short: (SHORT.length + HELD.length) * BATCHES,
      default: (BATCH - SHORT.length - HELD.length) * BATCHES,
    })
  })

  for (const when of ['before', 'after'] as const) {
    it(`removes nothing early and everything late when any step breaks ${when} taking effect`, async () => {
      for (let broken = 1; broken <= whole.names.length; broken++) {
        const world = new TenantWorld()
        world.isWatched = false
        let left: readonly number[] = []
        const expectAllThere = (): void => {
          const found = new Set(world.readAll())
          const lost = left.filter((seq) => !found.has(seq))
          if (lost.length > 0) throw new Error(`the records ${lost} are gone`)
        }
        world.breaks = {
          any: (step) => {
            expectAllThere()
            return step === broken ? when : undefined
          },
        }
        const untilDone = async (task: () => Promise<void>): Promise<void> => {
          try {
            await task()
          } catch (error) {
            if (!(error instanceof Broken)) throw error
            world.evict()
            await task()
          }
        }
        try {
          await life(world, untilDone, (expected) => {
            left = expected
          })
          expect([...world.payloads.keys(), ...world.objects.keys()]).toEqual([])
        } catch (error) {
          throw new Error(`step ${broken}, ${whole.names[broken - 1]}: ${error}`, { cause: error })
        }
      }
    }, 120_000)
  }

  it('lets nothing expire by rules that cannot be read', async () => {
    const world = new TenantWorld()
    world.append(BATCH)
    world.advance(20 * MINUTE_MS)
    await world.work()
    for (const rules of [
      { ...RULES, isUnknown: true },
      { ...RULES, rules: [{ kind: 'policy' as const, name: 'odd', days: 7, query: 'level:(' }] },
    ]) {
      world.settings = { ...world.settings, retention: rules }
      world.advance(100 * DAY_MS)
      world.retain(world.nowMs)
      await world.work()
      expect(world.readAll()).toHaveLength(BATCH)
    }
  })
})
