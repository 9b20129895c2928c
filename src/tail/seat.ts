import * as z from 'zod'
import { TailGuest } from './tail-guest'
import { Viewer } from './viewer'

/** What a socket carries. The object's memory is gone after it sleeps, and its code may be another one then. */
export const Seat = z.object({
  v: z.literal(1),
  guest: TailGuest,
  /** What is accounted for when the query changes. */
  requestId: z.string(),
  q: z.string(),
  viewer: Viewer,
  /** When the client last said something. */
  seenMs: z.number(),
  /** Since when its window is full; 0 while it is not. */
  fullSinceMs: z.number(),
  faults: z.int(),
})
export type Seat = Readonly<z.infer<typeof Seat>>

/** What the Worker asks for when it opens a tail, as JSON. */
export const TailAsk = z.object({
  guest: TailGuest,
  q: z.string(),
  backlog: z.int(),
  /** The cursor to go on behind; undefined for the newest. */
  afterSeq: z.int().optional(),
  /** Whether it ends when it has caught up, and at which cursor at the latest. */
  isFollowing: z.boolean(),
  untilSeq: z.int().optional(),
})
export type TailAsk = Readonly<z.infer<typeof TailAsk>>
