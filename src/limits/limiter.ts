import { LIMITER_ENTRIES_MAX, LIMITER_SUBJECTS_MAX } from './limits'
import type { Charge, LimitUnit, Policy } from './policies'
import { emptyLog, nextMs, note, noteLatest, settle, type WindowLog, waitMs } from './sliding-window'

/** All windows of a tenant, by policy. It belongs to the tenant's object, which changes it in place. */
export interface LimiterWindows {
  readonly policies: Map<string, PolicyWindows>
  /** Entries of all logs together. */
  entries: number
}

/**
 * The windows of one policy. A subject has its own while there is room; those that come when there is none share one, with
 * the limit of one: that may refuse them early, and admits none of them too much. While the shared one holds anything, nobody
 * moves out of it, since what they used would be forgotten.
 */
export interface PolicyWindows {
  readonly own: Map<string, WindowLog>
  readonly shared: WindowLog
  /** As of the policy when it was last asked. */
  windowMs: number
  /** When it was last looked through for subjects that are gone. */
  sweptMs: number
}

/** What a policy has left for who asked. */
export interface LimitStatus {
  readonly policy: string
  readonly unit: LimitUnit
  readonly limit: number
  readonly windowMs: number
  readonly remaining: number
  /** Until more is left; 0 when nothing is used. */
  readonly nextMs: number
}

/** A policy that does not let a request through. */
export interface Violation {
  readonly policy: string
  readonly unit: LimitUnit
  readonly limit: number
  readonly windowMs: number
  readonly remaining: number
  /** Until this request fits, if nothing else comes; infinity when it is larger than the limit. */
  readonly retryAfterMs: number
}

/** What was taken from one window. */
export interface Take {
  readonly policy: string
  readonly units: number
  readonly windowMs: number
  /** Undefined: from the shared window. */
  readonly subject: string | undefined
  readonly cost: number
}

export type Decision =
  | { readonly ok: true; readonly takes: readonly Take[]; readonly statuses: readonly LimitStatus[] }
  | { readonly ok: false; readonly violations: readonly Violation[]; readonly statuses: readonly LimitStatus[] }

/** No windows at all. */
export const noWindows = (): LimiterWindows => ({ policies: new Map(), entries: 0 })

/** Takes all charges from their windows if every one fits, and nothing otherwise. */
export function decide(windows: LimiterWindows, charges: readonly Charge[], nowMs: number): Decision {
  const places = placesFor(windows, charges, nowMs)
  const violations = places.flatMap((place) => violationOf(place, nowMs))
  if (violations.length > 0) return { ok: false, violations, statuses: statusesOf(places, violations, nowMs) }
  const takes = places.map(takeOf)
  takes.forEach((take, index) => {
    keep(windows, take, places[index].log, nowMs)
  })
  return { ok: true, takes, statuses: statusesOf(places, [], nowMs) }
}

/** Whether all charges fit at this time. Takes nothing. */
export const fits = (windows: LimiterWindows, charges: readonly Charge[], nowMs: number): boolean =>
  placesFor(windows, charges, nowMs).every((place) => waitMs(place.log, place.policy, place.cost, nowMs) === 0)

/** Takes what was taken before: for an object that remembers. */
export function repeatTakes(windows: LimiterWindows, takes: readonly Take[], nowMs: number): void {
  for (const take of takes) {
    const { own, shared } = windowsOf(windows, take.policy, take.windowMs)
    const log = take.subject === undefined ? shared : (own.get(take.subject) ?? emptyLog())
    settleIn(windows, log, take.windowMs, nowMs)
    keep(windows, take, log, nowMs)
  }
}

/** Forgets all windows in which nothing counts any more, also those of policies that are gone. */
export function forgetAllIdle(windows: LimiterWindows, nowMs: number): void {
  for (const [name, ofPolicy] of windows.policies) {
    sweep(windows, ofPolicy, nowMs)
    if (ofPolicy.own.size === 0 && ofPolicy.shared.count === 0) windows.policies.delete(name)
  }
}

/** Where a charge is taken from. Charges of one request that share a window are one. */
interface Place {
  readonly policy: Policy
  readonly log: WindowLog
  readonly subject: string | undefined
  cost: number
}

function placesFor(windows: LimiterWindows, charges: readonly Charge[], nowMs: number): readonly Place[] {
  const places: Place[] = []
  let newcomers = 0
  for (const { policy, subject, cost } of charges) {
    const ofPolicy = windowsOf(windows, policy.name, policy.windowMs)
    const own = ofPolicy.own.get(subject)
    const log = own ?? (hasRoom(windows, ofPolicy, newcomers, nowMs) ? emptyLog() : ofPolicy.shared)
    settleIn(windows, log, policy.windowMs, nowMs)
    const isShared = log === ofPolicy.shared
    if (own === undefined && !isShared) newcomers++
    const same = own ? undefined : places.find((place) => isSameWindow(place, log, { policy, subject }))
    if (same) same.cost += cost
    else places.push({ policy, log, subject: isShared ? undefined : subject, cost })
  }
  return places
}

/** Charges of services that share a window, or come for the first time and twice, are one. */
const isSameWindow = (place: Place, log: WindowLog, { policy, subject }: Pick<Charge, 'policy' | 'subject'>): boolean =>
  place.log === log || (place.policy.name === policy.name && place.subject === subject)

/** Whether one more subject may have a window of its own. */
function hasRoom(windows: LimiterWindows, ofPolicy: PolicyWindows, newcomers: number, nowMs: number): boolean {
  const { own, shared, windowMs, sweptMs } = ofPolicy
  const isFull = () =>
    own.size + newcomers >= LIMITER_SUBJECTS_MAX || windows.entries + newcomers >= LIMITER_ENTRIES_MAX
  const isSweepDue = nowMs - sweptMs >= windowMs / SWEEPS_PER_WINDOW || nowMs < sweptMs
  if (isFull() && isSweepDue) sweep(windows, ofPolicy, nowMs)
  settleIn(windows, shared, windowMs, nowMs)
  return !isFull() && shared.count === 0
}

/** While a policy's windows are full, it is looked through for idle ones so often; each time costs as much as ten requests. */
const SWEEPS_PER_WINDOW = 128

function sweep(windows: LimiterWindows, ofPolicy: PolicyWindows, nowMs: number): void {
  const { own, shared, windowMs } = ofPolicy
  ofPolicy.sweptMs = nowMs
  settleIn(windows, shared, windowMs, nowMs)
  for (const [subject, log] of own) {
    settleIn(windows, log, windowMs, nowMs)
    if (log.count === 0) own.delete(subject)
  }
}

function violationOf({ policy, log, cost }: Place, nowMs: number): Violation[] {
  const retryAfterMs = waitMs(log, policy, cost, nowMs)
  if (retryAfterMs === 0) return []
  const { name, unit, units, windowMs } = policy
  const remaining = Math.max(0, units - log.used)
  return [{ policy: name, unit, limit: units, windowMs, remaining, retryAfterMs }]
}

const takeOf = ({ policy, subject, cost }: Place): Take => ({
  policy: policy.name,
  units: policy.units,
  windowMs: policy.windowMs,
  subject,
  cost,
})

/** Notes a cost in a log, and the log as its subject's. */
function keep(windows: LimiterWindows, take: Take, log: WindowLog, nowMs: number): void {
  const before = log.count
  // Past the total, logs no longer grow: they count longer than they need to instead.
  if (windows.entries >= LIMITER_ENTRIES_MAX && before > 0) noteLatest(log, take.cost, nowMs)
  else note(log, take.units, take.cost, nowMs)
  windows.entries += log.count - before
  if (take.subject !== undefined && before === 0)
    windowsOf(windows, take.policy, take.windowMs).own.set(take.subject, log)
}

function settleIn(windows: LimiterWindows, log: WindowLog, windowMs: number, nowMs: number): void {
  const before = log.count
  settle(log, windowMs, nowMs)
  windows.entries += log.count - before
}

/** One status a policy: of several windows of it, such as those of services, the one that is nearest to its limit. */
function statusesOf(places: readonly Place[], violations: readonly Violation[], nowMs: number): readonly LimitStatus[] {
  const waits = new Map(violations.map(({ policy, retryAfterMs }) => [policy, retryAfterMs]))
  const statuses = new Map<string, LimitStatus>()
  for (const { policy, log } of places) {
    const { name, unit, units, windowMs } = policy
    const remaining = Math.max(0, units - log.used)
    const known = statuses.get(name)
    if (known && known.remaining <= remaining) continue
    const waited = waits.get(name) ?? 0
    const isWait = waited > 0 && Number.isFinite(waited)
    const until = isWait ? waited : nextMs(log, windowMs, nowMs)
    statuses.set(name, { policy: name, unit, limit: units, windowMs, remaining, nextMs: until })
  }
  return [...statuses.values()]
}

function windowsOf({ policies }: LimiterWindows, policy: string, windowMs: number): PolicyWindows {
  const known = policies.get(policy)
  if (known) {
    known.windowMs = windowMs
    return known
  }
  const created = { own: new Map<string, WindowLog>(), shared: emptyLog(), windowMs, sweptMs: 0 }
  policies.set(policy, created)
  return created
}
