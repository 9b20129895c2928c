/** What runs at this moment of one kind, by id, with the time at which each is taken for dead. */
export type Leases = Readonly<Record<string, number>>

/** What a tenant may have only so many of at once. */
export type LeaseKind = 'queries' | 'tails'

export type LeaseOutcome =
  | { readonly ok: true; readonly leases: Leases }
  | { readonly ok: false; readonly running: number; readonly retryAfterMs: number }

/** At most `limit` at once, each for at most `leaseMs` unless it is renewed by taking it again. */
export interface LeaseLimit {
  readonly limit: number
  readonly leaseMs: number
}

/**
 * Takes or renews a lease. Whoever dies without giving it back loses it when it ends, also when the clock went back
 * meanwhile: no lease lasts longer than `leaseMs` from now.
 */
export function takeLease(leases: Leases, id: string, { limit, leaseMs }: LeaseLimit, nowMs: number): LeaseOutcome {
  const living = Object.entries(leases)
    .filter(([other, untilMs]) => untilMs > nowMs && other !== id)
    .map(([other, untilMs]) => [other, Math.min(untilMs, nowMs + leaseMs)] as const)
  if (living.length < limit) return { ok: true, leases: Object.fromEntries([...living, [id, nowMs + leaseMs]]) }
  const soonestMs = living.reduce((least, [, untilMs]) => Math.min(least, untilMs), nowMs + leaseMs)
  return { ok: false, running: living.length, retryAfterMs: soonestMs - nowMs }
}

/** Gives a lease back; nothing happens when it had ended. */
export function dropLease(leases: Leases, id: string): Leases {
  return Object.fromEntries(Object.entries(leases).filter(([other]) => other !== id))
}
