import type { Refusal } from '../tenant/contract'
import type { TailGuest } from './tail-guest'

/** What a tenant's object answers to who wants to open a tail: the name of the entrance that its socket comes through. */
export type TailOutcome =
  | { readonly ok: true; readonly entrance: string; readonly audit: number }
  /** The cursor is ahead of all records. */
  | { readonly ok: true; readonly entrance: undefined }
  | { readonly ok: false; readonly refusal: Refusal }

/** Whether a ticket is kept. */
export type TicketKept = { readonly ok: true } | { readonly ok: false; readonly refusal: Refusal }

/** Where a ticket is used: what it was made for holds there as well. */
export type TicketPlace = Pick<TailGuest, 'address' | 'host' | 'isServiceHost'>

/** Whom a ticket was for, and the tenant's version by which that is still so. */
export type TicketOutcome = { readonly guest: TailGuest; readonly version: number } | undefined

/** The limit of tails that are open at once, as its refusals name it. */
export const CONCURRENT_TAILS = 'concurrent-tails'

/** Why no more tails are opened: somebody has to leave first. */
export const tailsRefusal = (limit: number): Refusal => ({
  kind: 'limited',
  policy: CONCURRENT_TAILS,
  violated: [CONCURRENT_TAILS],
  unit: 'tails',
  limit,
  windowMs: 0,
  remaining: 0,
  retryAfterMs: RETRY_MS,
  limits: [],
})

/** Nobody knows when a tail ends. */
const RETRY_MS = 5000
