import { expect, it } from 'vitest'
import { JOURNAL_BYTES_MAX } from '../../src/limits/limits'
import { DAY_MS, HOUR_MS, MINUTE_MS, TenantWorld } from '../support/tenant-world'

const upTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1)

it('takes and finds every record while D1 and R2 are away for an hour, and publishes them all afterwards', async () => {
  const world = new TenantWorld()
  world.append(10)
  world.advance(10 * MINUTE_MS)
  await world.work()
  world.away.add('d1').add('r2')
  for (let minute = 0; minute < 60; minute++) {
    expect(world.append(3)).toMatchObject({ ok: true })
    world.advance(MINUTE_MS)
    if (minute >= 11) await expect(world.work()).rejects.toThrow('d1 does not answer')
    world.check(`minute ${minute}`)
  }
  expect(world.sealed.size).toBeGreaterThan(3)
  world.away.clear()
  world.advance(10 * MINUTE_MS)
  await world.work()
  expect(world.readAll()).toEqual(upTo(190))
  expect([world.sealed.size, world.journal.length]).toEqual([0, 0])
})

it('publishes and finds everything while R2 is away, and archives when it is back', async () => {
  const world = new TenantWorld()
  world.append(10)
  world.advance(10 * MINUTE_MS)
  await world.work()
  world.advance(DAY_MS)
  world.away.add('r2')
  for (let batch = 0; batch < 5; batch++) {
    await expect(world.work()).rejects.toThrow('r2 does not answer')
    world.append(5)
    world.advance(10 * MINUTE_MS)
  }
  await expect(world.work()).rejects.toThrow('r2 does not answer')
  expect([world.sealed.size, world.journal.length, world.catalog.size]).toEqual([0, 0, 6])
  world.away.clear()
  world.advance(2 * DAY_MS)
  await world.work()
  expect([...world.catalog.values()].map(({ place }) => place)).toEqual(Array(6).fill('r2'))
  const days = [...world.catalog.values()].map(({ segment }) => segment.day)
  expect(world.readAll()).toEqual(upTo(35))
  world.advance(HOUR_MS)
  await world.work()
  expect([world.payloads.size, world.objects.size]).toEqual([0, new Set(days).size])
  expect(world.readAll()).toEqual(upTo(35))
})

it('says when to come again once the journal is full, and takes records again when it is not', async () => {
  const world = new TenantWorld()
  world.away.add('d1')
  world.append(5)
  world.state = { ...world.state, journalBytes: JOURNAL_BYTES_MAX }
  expect(world.append(5)).toEqual({ ok: false, refusal: { kind: 'journal_full', retryAfterSeconds: 5 } })
  expect(world.readAll()).toEqual(upTo(5))
  world.state = { ...world.state, journalBytes: 0 }
  expect(world.append(5)).toMatchObject({ ok: true })
})

it('goes on merging, archiving and publishing around a segment whose payload is damaged', async () => {
  const world = new TenantWorld()
  world.isWatched = false
  for (let batch = 0; batch < 10; batch++) {
    world.append(4)
    world.advance(10 * MINUTE_MS)
    if (batch === 2) for (const bytes of world.payloads.values()) bytes.fill(0, 20, 30)
    await world.work()
  }
  const damaged = [...world.catalog.values()].filter(({ segment }) => segment.maxSeq <= 8)
  world.advance(2 * DAY_MS)
  await world.work()
  world.advance(HOUR_MS)
  await world.work()
  const live = [...world.catalog.values()].filter(({ removed }) => removed === undefined)
  expect(live.filter(({ place }) => place === 'd1')).toEqual(damaged)
  expect(live.filter(({ place }) => place === 'r2').length).toBeGreaterThan(0)
  expect([world.change, world.garbage]).toEqual([undefined, []])
})
