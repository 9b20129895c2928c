import { type LeaseOutcome, type Leases, takeLease } from '../limits/leases'
import type { Decision, LimitStatus, Violation } from '../limits/limiter'
import { QUERY_LEASE_MS } from '../limits/limits'
import type { Demand } from '../limits/policies'
import type { Caller, Provenance, Refusal } from './contract'
import type { TenantState } from './state'

/** What taking from the limits came to. */
export type LimitOutcome =
  | {
      readonly ok: true
      readonly limits: readonly LimitStatus[]
      /** For the state row of the same transaction. */
      readonly tail: string
      /** Rows that were written for it, beside the state row. */
      readonly rowsWritten: number
    }
  | { readonly ok: false; readonly refusal: Refusal }

/** What a batch costs: one request, what is stored of it, and its whole body. */
export function demandOfBatch(by: Provenance): Demand {
  const records = by.blocks.reduce((sum, { rows }) => sum + rows, 0)
  const { services = [], unlistedRecords } = by
  // A Worker that does not tell services apart may have sent any.
  const unlisted = by.services === undefined ? records : (unlistedRecords ?? 0)
  return { ...demandOfCaller(by), records, bytes: by.bytesIn, services, unlistedRecords: unlisted }
}

/** What a read costs: one request. */
export const demandOfRead = (by: Caller): Demand => demandOfCaller(by)

/** What taking from the limits for a read needs of the object's storage. */
export interface ReadLimitPorts {
  readState(): TenantState
  putState(state: TenantState): void
  takeLimits(by: Caller): LimitOutcome
}

/** What a read was held against, or why it may not go on. */
export type ReadLimitOutcome =
  | {
      readonly ok: true
      readonly limits: readonly LimitStatus[]
      /** The searches that are running now. */
      readonly queries: Leases
      readonly isLeased: boolean
    }
  | { readonly ok: false; readonly refusal: Refusal }

/** Searches that are running, and how many may; undefined: any number. */
export interface Running {
  readonly queries: Leases
  readonly queriesMax: number | undefined
}

/** Holds a read against the limits, and writes what it took: nothing where nothing is limited. */
export function takeForRead(ports: ReadLimitPorts, by: Caller, running: Running, nowMs: number): ReadLimitOutcome {
  const { queries, queriesMax } = running
  if (by.isCounted) return { ok: true, limits: [], queries, isLeased: false }
  const leased = leaseFor(by, running, nowMs)
  if (!leased.ok) return { ok: false, refusal: concurrencyRefusal(queriesMax ?? 0) }
  const limited = ports.takeLimits(by)
  if (!limited.ok) return limited
  const state = ports.readState()
  if (limited.tail !== state.limitsTail) ports.putState({ ...state, limitsTail: limited.tail })
  return { ok: true, limits: limited.limits, queries: leased.leases, isLeased: leased.leases !== queries }
}

function leaseFor({ leaseId }: Caller, { queries, queriesMax }: Running, nowMs: number): LeaseOutcome {
  if (queriesMax === undefined || leaseId === undefined) return { ok: true, leases: queries }
  return takeLease(queries, leaseId, { limit: queriesMax, leaseMs: QUERY_LEASE_MS }, nowMs)
}

/** A search is usually done long before its lease is, so that the wait is short, and may have to be repeated. */
const QUERY_RETRY_MS = 1000

const concurrencyRefusal = (limit: number): Refusal => ({
  kind: 'limited',
  policy: CONCURRENT_QUERIES,
  violated: [CONCURRENT_QUERIES],
  unit: 'queries',
  limit,
  windowMs: 0,
  remaining: 0,
  retryAfterMs: QUERY_RETRY_MS,
  limits: [],
})

const CONCURRENT_QUERIES = 'concurrent-queries'

/** Why a request is not let through: the window that takes longest to have room for it, or is too small for it. */
export function limitRefusal({ violations, statuses }: Extract<Decision, { ok: false }>): Refusal {
  const worst = violations.reduce(longer)
  const { policy, unit, limit } = worst
  if (!Number.isFinite(worst.retryAfterMs))
    return { kind: 'too_large_for_limit', policy, unit, limit, limits: statuses }
  return { kind: 'limited', ...worst, violated: [...new Set(violations.map((one) => one.policy))], limits: statuses }
}

const longer = (left: Violation, right: Violation): Violation => (right.retryAfterMs > left.retryAfterMs ? right : left)

const demandOfCaller = ({ keyId, payerId = keyId, address, surfaces = [] }: Caller): Demand => ({
  ...{ keyId: payerId, address, surfaces },
  ...{ requests: 1, records: 0, bytes: 0, services: [], unlistedRecords: 0 },
})
