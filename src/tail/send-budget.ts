import { TAIL_SEND_BYTES_PER_SECOND, TAIL_SEND_FRAMES_PER_SECOND, TAIL_SEND_ROWS_PER_SECOND } from '../limits/limits'

/** So much of a second's worth can be saved up: a short burst goes out at once. */
const BURST_MS = 250

/** What may still be sent to all tails of a tenant, at some moment. Below zero the next second pays for what was sent. */
export interface SendBudget {
  readonly atMs: number
  readonly rows: number
  readonly bytes: number
  readonly frames: number
}

/** A budget that nothing was taken from. */
export const fullBudget = (nowMs: number): SendBudget => ({ atMs: nowMs, ...worthOf(BURST_MS) })

/** The budget as time has filled it up. A clock that goes back fills nothing. */
export function refill(budget: SendBudget, nowMs: number): SendBudget {
  const passedMs = nowMs - budget.atMs
  if (passedMs <= 0) return budget
  const [full, more] = [worthOf(BURST_MS), worthOf(passedMs)]
  return {
    atMs: nowMs,
    rows: Math.min(full.rows, budget.rows + more.rows),
    bytes: Math.min(full.bytes, budget.bytes + more.bytes),
    frames: Math.min(full.frames, budget.frames + more.frames),
  }
}

/** Whether another frame may be sent. */
export const hasBudget = ({ rows, bytes, frames }: SendBudget): boolean => rows > 0 && bytes > 0 && frames > 0

/** The budget after a frame with so many records and bytes. */
export const spend = (budget: SendBudget, frame: { readonly rows: number; readonly bytes: number }): SendBudget => ({
  atMs: budget.atMs,
  rows: budget.rows - frame.rows,
  bytes: budget.bytes - frame.bytes,
  frames: budget.frames - 1,
})

const worthOf = (ms: number) => ({
  rows: (TAIL_SEND_ROWS_PER_SECOND * ms) / 1000,
  bytes: (TAIL_SEND_BYTES_PER_SECOND * ms) / 1000,
  frames: (TAIL_SEND_FRAMES_PER_SECOND * ms) / 1000,
})
