/** Why the list stands still while logs come. */
export type PauseReason = 'user' | 'scroll' | 'selection' | 'details' | 'hidden'

/** How the list follows what comes. */
export type Follow =
  | { readonly state: 'off' }
  | { readonly state: 'connecting' }
  | { readonly state: 'live' }
  | { readonly state: 'paused'; readonly reason: PauseReason; readonly waiting: number }
  | {
      readonly state: 'reconnecting'
      readonly attempt: number
      readonly atMs: number
      readonly isPaused: boolean
      /** Rows that came while it was paused, before the connection was lost. */
      readonly waiting: number
    }
  | { readonly state: 'stopped'; readonly why: string }

export type FollowEvent =
  | { readonly what: 'start' }
  | { readonly what: 'stop' }
  | { readonly what: 'connected' }
  | { readonly what: 'lost'; readonly atMs: number }
  | { readonly what: 'refused'; readonly why: string }
  | { readonly what: 'pause'; readonly reason: PauseReason }
  /** Only what a person does resumes: the end of the list reached, a key, a click. Never a change of the layout. */
  | { readonly what: 'resume' }
  | { readonly what: 'arrived'; readonly rows: number }

/** The next state. Everything that can happen has an answer in every state. */
export function follow(now: Follow, event: FollowEvent): Follow {
  switch (event.what) {
    case 'start':
      return now.state === 'off' || now.state === 'stopped' ? { state: 'connecting' } : now
    case 'stop':
      return { state: 'off' }
    case 'refused':
      return { state: 'stopped', why: event.why }
    case 'connected':
      return connected(now)
    case 'lost':
      return lost(now, event.atMs)
    case 'pause':
      return paused(now, event.reason)
    case 'resume':
      return resumed(now)
    case 'arrived':
      return now.state === 'paused' ? { ...now, waiting: now.waiting + event.rows } : now
  }
}

function connected(now: Follow): Follow {
  if (now.state === 'reconnecting' && now.isPaused) return { state: 'paused', reason: 'user', waiting: now.waiting }
  return now.state === 'connecting' || now.state === 'reconnecting' ? { state: 'live' } : now
}

function lost(now: Follow, atMs: number): Follow {
  if (now.state === 'off' || now.state === 'stopped') return now
  const attempt = now.state === 'reconnecting' ? now.attempt + 1 : 1
  const isPaused = now.state === 'paused' || (now.state === 'reconnecting' && now.isPaused)
  const waiting = now.state === 'paused' || now.state === 'reconnecting' ? now.waiting : 0
  return { state: 'reconnecting', attempt, atMs, isPaused, waiting }
}

function paused(now: Follow, reason: PauseReason): Follow {
  if (now.state === 'live' || now.state === 'connecting') return { state: 'paused', reason, waiting: 0 }
  if (now.state === 'reconnecting') return { ...now, isPaused: true }
  return now
}

function resumed(now: Follow): Follow {
  if (now.state === 'paused') return { state: 'live' }
  return now.state === 'reconnecting' ? { ...now, isPaused: false, waiting: 0 } : now
}

/** Whether new rows go on the screen as they come. */
export const isFollowing = (now: Follow): boolean => now.state === 'live' || now.state === 'connecting'

/** Milliseconds until the n-th try (from 1) to connect again: at once, then up to half a minute, never all at the same moment. */
export function reconnectDelayMs(attempt: number, random: number): number {
  if (attempt <= 1) return random * 300
  return Math.min(30_000, 500 * 2 ** (attempt - 1)) * (0.75 + random * 0.5)
}
