import { CRON_LEASE_MS, CRON_SLOT_KEPT_MS } from '../../limits/limits'
import { controlDatabase } from './database'

/** A run of a daily cron: the expression and the time it was due. */
export interface CronSlot {
  readonly cron: string
  readonly slotMs: number
}

/**
 * Takes a slot up: answers after which tenant to go on, or undefined when it is done or somebody else is at it.
 */
export async function claimSlot(control: D1Database, slot: CronSlot, nowMs: number): Promise<string | undefined> {
  const row = await controlDatabase(control)
    .insertInto('cron_slot')
    .values({ cron: slot.cron, slot_ms: slot.slotMs, position: '', lease_ms: nowMs + CRON_LEASE_MS, done_ms: null })
    .onConflict((conflict) =>
      conflict
        .columns(['cron', 'slot_ms'])
        .doUpdateSet({ lease_ms: nowMs + CRON_LEASE_MS })
        .where('cron_slot.done_ms', 'is', null)
        .where('cron_slot.lease_ms', '<=', nowMs),
    )
    .returning('position')
    .executeTakeFirst()
  return row?.position
}

/** Notes how far a slot's run has come. */
export async function moveSlot(control: D1Database, slot: CronSlot, position: string): Promise<void> {
  await rowOf(control, slot).set({ position }).execute()
}

/** Lets others take the slot up at once: this run has failed. */
export async function releaseSlot(control: D1Database, slot: CronSlot, nowMs: number): Promise<void> {
  await rowOf(control, slot).set({ lease_ms: nowMs }).execute()
}

/** Notes that a slot is done, and forgets those of long ago. */
export async function finishSlot(control: D1Database, slot: CronSlot, nowMs: number): Promise<void> {
  await rowOf(control, slot).set({ done_ms: nowMs }).execute()
  await controlDatabase(control)
    .deleteFrom('cron_slot')
    .where('slot_ms', '<', slot.slotMs - CRON_SLOT_KEPT_MS)
    .execute()
}

/** Slots that were begun and left by whoever was at them. */
export async function readLeftSlots(control: D1Database, nowMs: number): Promise<CronSlot[]> {
  const rows = await controlDatabase(control)
    .selectFrom('cron_slot')
    .select(['cron', 'slot_ms'])
    .where('done_ms', 'is', null)
    .where('lease_ms', '<=', nowMs)
    .execute()
  return rows.map(({ cron, slot_ms }) => ({ cron, slotMs: slot_ms }))
}

const rowOf = (control: D1Database, { cron, slotMs }: CronSlot) =>
  controlDatabase(control).updateTable('cron_slot').where('cron', '=', cron).where('slot_ms', '=', slotMs)
