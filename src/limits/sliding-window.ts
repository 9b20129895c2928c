import { WINDOW_ENTRIES_MAX } from './limits'

/** No window `(t − windowMs, t]` holds more than `units`. */
export interface WindowLimit {
  readonly units: number
  readonly windowMs: number
}

/**
 * What was admitted and may still count, oldest first: entry i is of `times[first + i]` and cost `costs[first + i]`. It
 * belongs to one limiter, which changes it in place.
 *
 * The log is exact for as long as it has at most WINDOW_ENTRIES_MAX entries, one for each millisecond in which something was
 * admitted. Then neighbours are joined, at the time of the newer, while they cost at most a GRAINS_PER_LIMIT-th of the limit
 * together. Of all joined entries only one can straddle the beginning of a window, so that the log then counts too much, by
 * less than 1 % of the limit, and never too little.
 */
export interface WindowLog {
  times: Float64Array
  costs: Float64Array
  first: number
  count: number
  /** Sum of the costs. */
  used: number
}

/** Entries that are joined cost at most this part of the limit: 0.8 % of it. */
const GRAINS_PER_LIMIT = 128
const ENTRIES_AT_FIRST = 4

/** A log of nothing. */
export const emptyLog = (): WindowLog =>
  logOf(new Float64Array(ENTRIES_AT_FIRST), new Float64Array(ENTRIES_AT_FIRST), 0)

/** A log of these entries, which it keeps: the first `count` of both arrays, oldest first. */
export function logOf(times: Float64Array, costs: Float64Array, count: number): WindowLog {
  let used = 0
  for (let index = 0; index < count; index++) used += costs[index]
  return { times, costs, first: 0, count, used }
}

/**
 * Forgets what no longer counts at this time. When the clock went back, what was admitted at times to come was admitted by
 * now: it counts for a whole window from now, so that a step back admits nothing more and locks nobody out for longer.
 */
export function settle(log: WindowLog, windowMs: number, nowMs: number): void {
  if (log.count > 0 && log.times[log.first + log.count - 1] > nowMs) pullBack(log, nowMs)
  const goneMs = nowMs - windowMs
  while (log.count > 0 && log.times[log.first] <= goneMs) {
    log.used -= log.costs[log.first]
    log.first++
    log.count--
  }
}

/**
 * Milliseconds until something of this cost fits, if nothing else comes: 0 when it fits now, infinity when it is larger than
 * the limit. The log must be settled at this time.
 */
export function waitMs(log: WindowLog, { units, windowMs }: WindowLimit, cost: number, nowMs: number): number {
  if (cost > units) return Number.POSITIVE_INFINITY
  let excess = log.used + cost - units
  if (excess <= 0) return 0
  let index = log.first
  for (; excess > 0; index++) excess -= log.costs[index]
  return log.times[index - 1] + windowMs - nowMs
}

/** Milliseconds until some of what is used comes back; 0 when nothing is used. The log must be settled at this time. */
export const nextMs = (log: WindowLog, windowMs: number, nowMs: number): number =>
  log.count === 0 ? 0 : log.times[log.first] + windowMs - nowMs

/** Notes what was admitted. The log must be settled at this time, and `waitMs` have been 0. */
export function note(log: WindowLog, units: number, cost: number, nowMs: number): void {
  if (cost <= 0) return
  const isSameMs = log.count > 0 && log.times[log.first + log.count - 1] === nowMs
  if (!isSameMs && log.count >= WINDOW_ENTRIES_MAX) join(log, Math.floor(units / GRAINS_PER_LIMIT))
  if (isSameMs || log.count >= WINDOW_ENTRIES_MAX) noteLatest(log, cost, nowMs)
  else push(log, cost, nowMs)
}

/** Notes what was admitted as part of the newest entry: takes no memory, and counts the whole entry from now. */
export function noteLatest(log: WindowLog, cost: number, nowMs: number): void {
  if (log.count === 0) {
    push(log, cost, nowMs)
    return
  }
  const last = log.first + log.count - 1
  log.times[last] = nowMs
  log.costs[last] += cost
  log.used += cost
}

function push(log: WindowLog, cost: number, nowMs: number): void {
  if (log.first + log.count === log.times.length) makeRoom(log)
  const end = log.first + log.count
  log.times[end] = nowMs
  log.costs[end] = cost
  log.count++
  log.used += cost
}

function pullBack(log: WindowLog, nowMs: number): void {
  let cost = 0
  while (log.count > 0 && log.times[log.first + log.count - 1] >= nowMs) {
    log.count--
    cost += log.costs[log.first + log.count]
  }
  log.used -= cost
  push(log, cost, nowMs)
}

/** Moves the entries to the beginning, into larger arrays where more than half is in use. */
function makeRoom(log: WindowLog): void {
  const { first, count, times, costs } = log
  const isRoomy = count <= times.length / 2
  const length = isRoomy ? times.length : times.length * 2
  log.times = moved(times, first, count, length)
  log.costs = moved(costs, first, count, length)
  log.first = 0
}

function moved(from: Float64Array, first: number, count: number, length: number): Float64Array {
  if (length === from.length) return from.copyWithin(0, first, first + count)
  const to = new Float64Array(length)
  to.set(from.subarray(first, first + count))
  return to
}

/** Joins neighbours while they cost no more than a grain together. */
function join(log: WindowLog, grain: number): void {
  const { times, costs, first, count } = log
  let write = -1
  for (let read = first; read < first + count; read++) {
    const fits = write >= 0 && costs[write] + costs[read] <= grain
    if (fits) costs[write] += costs[read]
    else costs[++write] = costs[read]
    times[write] = times[read]
  }
  log.first = 0
  log.count = write + 1
}
