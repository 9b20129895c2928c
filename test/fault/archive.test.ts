import { describe, expect, it } from 'vitest'
import { RECEIVED_MS } from '../support/read-back'
import { DAY_MS, HOUR_MS, MINUTE_MS, TenantWorld } from '../support/tenant-world'

const upTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1)

/** A day in the archive: a segment of many records, then one of few that is younger. */
async function archived(counts: readonly number[]): Promise<TenantWorld> {
  const world = new TenantWorld()
  for (const count of counts) {
    world.append(count)
    world.advance(10 * MINUTE_MS)
    await world.work()
  }
  world.advance(25 * HOUR_MS)
  await world.work()
  world.advance(HOUR_MS)
  await world.work()
  expect(placesOf(world)).toEqual(counts.map(() => 'r2'))
  return world
}

const live = (world: TenantWorld) => [...world.catalog.values()].filter(({ removed }) => removed === undefined)
const placesOf = (world: TenantWorld) => live(world).map(({ place }) => place)

/** The night in which all but the records that came last have expired. */
async function expireAllBut(world: TenantWorld, last: number): Promise<void> {
  world.advance(RECEIVED_MS + 30 * DAY_MS + last * 10 * MINUTE_MS - 5 * MINUTE_MS - world.nowMs)
  world.retain(world.nowMs)
  await world.work()
}

async function afterTheGrace(world: TenantWorld): Promise<void> {
  world.advance(15 * MINUTE_MS)
  await world.work()
}

describe('an archive object of which segments have expired', () => {
  it('is written again when less than half of it is left, and goes when no reader can need it', async () => {
    const world = await archived([300, 5])
    const [before] = world.objects.keys()
    await expireAllBut(world, 1)
    expect([...world.objects.keys()]).toEqual([before])
    await afterTheGrace(world)
    const [, after] = world.objects.keys()
    expect([world.objects.size, live(world).map(({ archiveKey }) => archiveKey)]).toEqual([2, [after]])
    expect(world.readAll()).toEqual(upTo(305).slice(300))
    await afterTheGrace(world)
    expect([...world.objects.keys()]).toEqual([after])
    expect(world.readAll()).toEqual(upTo(305).slice(300))
    expect(world.garbage).toEqual([])
  })

  it('stays as it is when more than half of it is left', async () => {
    const world = await archived([5, 300])
    const before = [...world.objects.keys()]
    await expireAllBut(world, 1)
    await afterTheGrace(world)
    await afterTheGrace(world)
    expect([...world.objects.keys()]).toEqual(before)
    expect(world.names).toContain('readPacks')
    expect(world.readAll()).toEqual(upTo(305).slice(5))
  })

  it('goes when nothing of it is left, and is not written again', async () => {
    const world = await archived([20, 5])
    const packs = world.names.filter((name) => name === 'createObject').length
    await expireAllBut(world, 3)
    await afterTheGrace(world)
    expect([world.objects.size, world.catalog.size, world.garbage]).toEqual([0, 0, []])
    expect(world.names.filter((name) => name === 'createObject').length).toBe(packs)
  })

  it('is written again once the archive is back, when it was away in between', async () => {
    const world = await archived([300, 5])
    const [before] = world.objects.keys()
    await expireAllBut(world, 1)
    world.away.add('r2')
    world.advance(15 * MINUTE_MS)
    for (let attempt = 0; attempt < 3; attempt++) {
      await expect(world.work()).rejects.toThrow('r2 does not answer')
      world.append(2)
      world.advance(10 * MINUTE_MS)
      world.check(`attempt ${attempt}`)
    }
    world.away.clear()
    await world.work()
    await afterTheGrace(world)
    expect(world.objects.has(before)).toBe(false)
    expect(world.readAll()).toEqual(upTo(311).slice(300))
  })

  it('stays when what is left of it is damaged there, and holds up nothing', async () => {
    const world = await archived([300, 5])
    const [[before, object]] = world.objects
    world.isWatched = false
    await expireAllBut(world, 1)
    const [{ archiveOffset }] = live(world)
    object.fill(7, 8, archiveOffset)
    await afterTheGrace(world)
    await afterTheGrace(world)
    expect([...world.objects.keys()]).toEqual([before])
    expect([world.garbage, world.change]).toEqual([[], undefined])
    world.append(4)
    world.advance(10 * MINUTE_MS)
    await world.work()
    expect([world.sealed.size, placesOf(world)]).toEqual([0, ['r2', 'd1']])
  })
})

describe('what D1 holds of a tenant', () => {
  const bytesInD1 = (world: TenantWorld) =>
    live(world)
      .filter(({ place }) => place === 'd1')
      .reduce((sum, { bytes }) => sum + bytes, 0)

  it('goes to the archive before its time when it is too much, the oldest day first', async () => {
    const world = new TenantWorld()
    world.append(40, RECEIVED_MS - 2 * DAY_MS)
    world.append(40, RECEIVED_MS - DAY_MS)
    world.append(40)
    world.advance(10 * MINUTE_MS)
    await world.work()
    expect(placesOf(world)).toEqual(['d1', 'd1', 'd1'])
    const hotBytesMax = bytesInD1(world) - 1
    world.settings = { ...world.settings, hotBytesMax }
    world.append(1)
    world.advance(10 * MINUTE_MS)
    await world.work()
    const days = live(world).map(({ segment, place }) => [segment.day - Math.floor(RECEIVED_MS / DAY_MS), place])
    expect(days.sort()).toEqual([
      [-1, 'd1'],
      [-2, 'r2'],
      [0, 'd1'],
      [0, 'd1'],
    ])
    expect(bytesInD1(world)).toBeLessThanOrEqual(hotBytesMax)
    expect(world.readAll()).toEqual(upTo(121))
  })

  it('stays there when there is no archive, however much it is', async () => {
    const world = new TenantWorld()
    world.settings = { ...world.settings, hotBytesMax: 1, hasArchive: false }
    world.append(40)
    world.advance(10 * MINUTE_MS)
    await world.work()
    expect([placesOf(world), world.objects.size]).toEqual([['d1'], 0])
  })
})
