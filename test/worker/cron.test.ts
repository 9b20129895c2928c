import { env } from 'cloudflare:workers'
import { beforeAll, beforeEach, expect, it } from 'vitest'
import schema from '../../schema.sql?raw'
import { expireEverywhere } from '../../src/expire-everywhere'
import { CRON_LEASE_MS, CRON_SLOT_KEPT_MS } from '../../src/limits/limits'
import { claimSlot, finishSlot, moveSlot, readLeftSlots, releaseSlot } from '../../src/storage/d1/cron-slots'
import { sweep } from '../../src/sweep'

const NOW = Date.UTC(2040, 0, 9, 2)
const slot = { cron: '0 2 * * *', slotMs: NOW }

beforeAll(() => env.CONTROL.prepare(schema).run())
beforeEach(() => env.CONTROL.prepare('DELETE FROM cron_slot').run())

it('gives a slot to one of all who ask for it', async () => {
  const claims = await Promise.all(Array.from({ length: 5 }, () => claimSlot(env.CONTROL, slot, NOW)))
  expect(claims.filter((position) => position !== undefined)).toEqual([''])
})

it('gives a slot that was left to the next who asks, from where it was left', async () => {
  await claimSlot(env.CONTROL, slot, NOW)
  await moveSlot(env.CONTROL, slot, 'ten_b')
  expect(await claimSlot(env.CONTROL, slot, NOW + CRON_LEASE_MS - 1)).toBeUndefined()
  expect(await readLeftSlots(env.CONTROL, NOW + CRON_LEASE_MS - 1)).toEqual([])
  expect(await readLeftSlots(env.CONTROL, NOW + CRON_LEASE_MS)).toEqual([slot])
  expect(await claimSlot(env.CONTROL, slot, NOW + CRON_LEASE_MS)).toBe('ten_b')
  await releaseSlot(env.CONTROL, slot, NOW)
  expect(await claimSlot(env.CONTROL, slot, NOW)).toBe('ten_b')
})

it('never gives a slot again that is done, and forgets it long after', async () => {
  await claimSlot(env.CONTROL, slot, NOW)
  await finishSlot(env.CONTROL, slot, NOW)
  expect(await claimSlot(env.CONTROL, slot, NOW + 2 * CRON_LEASE_MS)).toBeUndefined()
  const later = { ...slot, slotMs: NOW + CRON_SLOT_KEPT_MS + 1 }
  await claimSlot(env.CONTROL, later, later.slotMs)
  await finishSlot(env.CONTROL, later, later.slotMs)
  expect(await env.CONTROL.prepare('SELECT slot_ms FROM cron_slot').all()).toMatchObject({
    results: [{ slot_ms: later.slotMs }],
  })
})

it('has the sweep finish a run of retention that was cut short', async () => {
  await claimSlot(env.CONTROL, slot, NOW)
  await sweep(env, NOW + CRON_LEASE_MS)
  expect(await readLeftSlots(env.CONTROL, NOW + 2 * CRON_LEASE_MS)).toEqual([])
  await expireEverywhere(env, slot.slotMs, NOW + 2 * CRON_LEASE_MS)
  const { results } = await env.CONTROL.prepare('SELECT done_ms FROM cron_slot').all()
  expect(results).toEqual([{ done_ms: NOW + CRON_LEASE_MS }])
})
