import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Follow, type FollowEvent, follow, isFollowing, reconnectDelayMs } from '../../web/src/stream/follow'

const LIVE: Follow = { state: 'live' }
const PAUSED: Follow = { state: 'paused', reason: 'scroll', waiting: 3 }

const play = (start: Follow, ...events: readonly FollowEvent[]): Follow => events.reduce(follow, start)

describe('following', () => {
  it.each(['user', 'scroll', 'selection', 'details', 'hidden'] as const)(
    'pauses by %s, and only what a person does resumes',
    (reason) => {
      const paused = follow(LIVE, { what: 'pause', reason })
      expect(paused).toEqual({ state: 'paused', reason, waiting: 0 })
      expect(follow(paused, { what: 'connected' })).toEqual(paused)
      expect(follow(paused, { what: 'arrived', rows: 5 })).toEqual({ state: 'paused', reason, waiting: 5 })
      expect(follow(paused, { what: 'resume' })).toEqual(LIVE)
    },
  )

  it('keeps counting under the first reason when another one comes', () => {
    expect(follow(PAUSED, { what: 'pause', reason: 'user' })).toEqual(PAUSED)
  })

  it('stays paused over a lost connection', () => {
    const lost = play(PAUSED, { what: 'lost', atMs: 1 }, { what: 'lost', atMs: 2 })
    expect(lost).toMatchObject({ state: 'reconnecting', attempt: 2, atMs: 2, isPaused: true })
    expect(follow(lost, { what: 'connected' }).state).toBe('paused')
    expect(play(lost, { what: 'resume' }, { what: 'connected' })).toEqual(LIVE)
  })

  it('ends for good when it is refused, until somebody starts it again', () => {
    const stopped = follow(LIVE, { what: 'refused', why: 'revoked' })
    expect(play(stopped, { what: 'lost', atMs: 1 }, { what: 'connected' }, { what: 'resume' })).toEqual(stopped)
    expect(follow(stopped, { what: 'start' })).toEqual({ state: 'connecting' })
  })

  it('puts rows on the screen in no state but live and connecting, whatever has happened', () => {
    const event: fc.Arbitrary<FollowEvent> = fc.oneof(
      fc.constantFrom<FollowEvent>({ what: 'start' }, { what: 'stop' }, { what: 'connected' }, { what: 'resume' }),
      fc.record({ what: fc.constant('lost' as const), atMs: fc.nat() }),
      fc.record({ what: fc.constant('pause' as const), reason: fc.constantFrom('user', 'scroll') }),
      fc.record({ what: fc.constant('arrived' as const), rows: fc.nat(50) }),
    )
    void fc.assert(
      fc.property(fc.array(event), (events) => {
        let now: Follow = { state: 'off' }
        for (const one of events) {
          const before = now
          now = follow(before, one)
          if (before.state === 'paused' && one.what !== 'resume' && one.what !== 'stop')
            expect(isFollowing(now)).toBe(false)
        }
      }),
    )
  })

  it('tries again at once, then ever later up to half a minute', () => {
    expect(reconnectDelayMs(1, 0.5)).toBeLessThan(300)
    const delays = [2, 3, 4, 5, 6, 7, 8, 20].map((attempt) => reconnectDelayMs(attempt, 0.5))
    expect(delays).toEqual([...delays].sort((left, right) => left - right))
    expect(Math.max(...delays)).toBeLessThanOrEqual(30_000)
  })
})
