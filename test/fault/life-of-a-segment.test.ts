import { describe, expect, it } from 'vitest'
import { uniformRetention } from '../../src/tenant/retention-rules'
import { RECEIVED_MS } from '../support/read-back'
import { randomIntegers } from '../support/sample-logs'
import { Broken, DAY_MS, HOUR_MS, MINUTE_MS, TenantWorld } from '../support/tenant-world'

/** What a tenant goes through from its first record to the expiry of its last; `run` works until it works. */
async function wholeLife(world: TenantWorld, run: (task: () => Promise<void>) => Promise<void>): Promise<void> {
  const work = () => run(() => world.work())
  for (let batch = 0; batch < 9; batch++) {
    world.append(7 + batch)
    world.advance(10 * MINUTE_MS)
    await work()
    if (batch === 3) await run(() => world.erase(firstLive(world), [1]))
  }
  world.advance(20 * MINUTE_MS)
  await work()
  await run(() => world.erase(firstLive(world), [0, 2]))
  world.advance(25 * HOUR_MS)
  await work()
  world.advance(HOUR_MS)
  await work()
  world.append(5)
  world.advance(20 * MINUTE_MS)
  await work()
  // The merged segment expires before what was archived beside it: what is left is packed again.
  world.advance(RECEIVED_MS + 30 * DAY_MS + 75 * MINUTE_MS - world.nowMs)
  world.retain(world.nowMs)
  await work()
  world.advance(20 * MINUTE_MS)
  await work()
  world.advance(20 * MINUTE_MS)
  await work()
  world.advance(2 * DAY_MS)
  // What is sealed after the first night's run waits for the second.
  for (let night = 0; night < 2; night++) {
    world.retain(world.nowMs)
    await work()
    world.advance(HOUR_MS)
    await work()
    world.advance(DAY_MS)
  }
}

function firstLive(world: TenantWorld): string {
  const [first] = [...world.catalog.values()].filter(({ removed }) => removed === undefined)
  return first.segment.id
}

const once = async (task: () => Promise<void>): Promise<void> => task()

/** Tries again and again, as the alarm does, until it works. */
async function persistently(task: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      return await task()
    } catch (error) {
      if (!(error instanceof Broken)) throw error
    }
  }
}

/** Tries again after the failure that was asked for, as the next alarm would. */
const untilDone =
  (afterwards: () => Promise<void>) =>
  async (task: () => Promise<void>): Promise<void> => {
    try {
      await task()
    } catch (error) {
      if (!(error instanceof Broken)) throw error
      await afterwards()
      await task()
    }
  }

function expectNothingLeft(world: TenantWorld): void {
  expect(world.readAll()).toEqual([])
  const kept = [world.catalog, world.payloads, world.objects, world.made, world.sealed]
  expect(kept.map(({ size }) => size)).toEqual([0, 0, 0, 0, 0])
  expect([world.change, world.garbage]).toEqual([undefined, []])
}

async function stepsOfWholeLife(): Promise<string[]> {
  const world = new TenantWorld()
  await wholeLife(world, once)
  expectNothingLeft(world)
  return world.names
}

const names = await stepsOfWholeLife()

describe('a segment from the journal to its expiry', () => {
  it('goes through every step there is', () => {
    expect(new Set(names)).toEqual(
      new Set([
        ...['sealAside', 'keepSealed', 'putPayload', 'putCatalog', 'forget'],
        ...['readGroups', 'readSmall', 'mergeAside', 'findRows', 'begin', 'editCatalog', 'finish', 'putState'],
        ...['readCold', 'save', 'hasObject', 'readHeaders', 'createObject', 'readSegments', 'readObject'],
        ...['readPacks', 'readPacked'],
        ...['findLive', 'readExpired', 'deletePayloads', 'deleteCatalogRows', 'findNamed', 'deleteObject'],
        ...['forgetGarbage', 'endRetention'],
      ]),
    )
  })

  const retries: [string, (world: TenantWorld) => Promise<void>][] = [
    ['the same code', async () => undefined],
    [
      'records that came meanwhile, to be sealed before the retry',
      async (world) => {
        if (world.retentions < 2) world.append(4)
        world.advance(10 * MINUTE_MS)
        await world.work()
      },
    ],
    [
      'newer code and other settings, in an object that was loaded again',
      async (world) => {
        world.code = 'new'
        world.settings = {
          ...world.settings,
          retention: uniformRetention(31),
          edition: 1,
          hotMs: world.settings.hotMs / 2,
          expireStep: 2,
        }
        world.evict()
      },
    ],
  ]
  for (const [name, afterwards] of retries) {
    for (const when of ['before', 'after'] as const) {
      it(`loses and doubles nothing, and leaves nothing behind, when any step breaks ${when} taking effect, with ${name}`, async () => {
        for (let step = 1; step <= names.length; step++) {
          const world = new TenantWorld()
          world.breaks = { step, when }
          try {
            await wholeLife(
              world,
              untilDone(() => afterwards(world)),
            )
            expectNothingLeft(world)
          } catch (error) {
            throw new Error(`step ${step}, ${names[step - 1]}: ${error}`, { cause: error })
          }
        }
      }, 60_000)
    }
  }

  it('loses and doubles nothing, and leaves nothing behind, when steps break again and again', async () => {
    for (let seed = 1; seed <= 60; seed++) {
      const world = new TenantWorld()
      const next = randomIntegers(seed)
      world.breaks = { any: () => (next(6) === 0 ? (next(2) === 0 ? 'before' : 'after') : undefined) }
      try {
        await wholeLife(world, persistently)
        expectNothingLeft(world)
      } catch (error) {
        throw new Error(`seed ${seed}: ${error}`, { cause: error })
      }
    }
  }, 60_000)
})
