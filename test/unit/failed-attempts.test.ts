import { describe, expect, it } from 'vitest'
import { groupOf, noteFailure, refuseAfterFailures } from '../../src/http/failed-attempts'
import { ApiError } from '../../src/http/problem'
import { FAILED_ATTEMPTS_ADDRESSES_MAX, FAILED_ATTEMPTS_MAX } from '../../src/limits/limits'

const START_MS = 1_800_000_000_000

const fail = async (address: string, times: number, counter?: Parameters<typeof noteFailure>[2]) => {
  for (let time = 0; time < times; time++) await noteFailure(address, START_MS + time, counter)
}

const refusalAt = (address: string, nowMs: number): ApiError | undefined => {
  try {
    refuseAfterFailures(address, nowMs)
    return undefined
  } catch (error) {
    if (error instanceof ApiError) return error
    throw error
  }
}

describe('refuseAfterFailures', () => {
  it('refuses an address that failed too often, for as long as it says', async () => {
    await fail('192.0.2.1', FAILED_ATTEMPTS_MAX - 1)
    expect(refusalAt('192.0.2.1', START_MS + 100)).toBeUndefined()
    await fail('192.0.2.1', 1)
    const refusal = refusalAt('192.0.2.1', START_MS + 100)
    expect(refusal).toMatchObject({ code: 'rate_limited', extras: { retryAfterSeconds: 60 } })
    expect(refusalAt('192.0.2.1', START_MS + 60_100)).toBeUndefined()
    expect(refusalAt('192.0.2.2', START_MS + 100)).toBeUndefined()
  })

  it('believes the counter of the platform, which has seen other isolates', async () => {
    const asked: string[] = []
    const counter = {
      limit: async ({ key }: { key: string }) => {
        asked.push(key)
        return { success: asked.length < 3 }
      },
    }
    await fail('2001:db8:1:2::1', 2, counter)
    expect(refusalAt('2001:db8:1:2::1', START_MS + 10)).toBeUndefined()
    await fail('2001:db8:1:2::2', 1, counter)
    expect(refusalAt('2001:db8:1:2:3:4:5:6', START_MS + 10)).toMatchObject({ code: 'rate_limited' })
    expect(asked).toEqual(['2001:db8:1:2', '2001:db8:1:2', '2001:db8:1:2'])
  })

  it('goes on by itself when the counter fails', async () => {
    await fail('192.0.2.3', FAILED_ATTEMPTS_MAX, { limit: () => Promise.reject(new Error('no answer')) })
    expect(refusalAt('192.0.2.3', START_MS + 100)).toMatchObject({ code: 'rate_limited' })
  })

  it('refuses nobody whose address is not known', async () => {
    await fail('', 10 * FAILED_ATTEMPTS_MAX)
    expect(refusalAt('', START_MS)).toBeUndefined()
  })

  it('remembers so many addresses, and forgets those that failed least recently', async () => {
    await fail('198.51.100.1', FAILED_ATTEMPTS_MAX)
    for (let other = 0; other < FAILED_ATTEMPTS_ADDRESSES_MAX; other++) await fail(`host-${other}`, 1)
    expect(refusalAt('198.51.100.1', START_MS + 100)).toBeUndefined()
  })
})

describe('groupOf', () => {
  it('is the /64 of an IPv6 address in any spelling, and the address itself with IPv4', () => {
    const same = ['2001:db8::1', '2001:DB8:0:0::2', '2001:0db8:0000:0000:ffff:0:0:1', '2001:db8:0:0:1:2:3:4']
    expect(new Set(same.map(groupOf))).toEqual(new Set(['2001:db8:0:0']))
    expect(groupOf('::1')).toBe('0:0:0:0')
    expect(groupOf('192.0.2.7')).toBe('192.0.2.7')
    expect(groupOf('::ffff:192.0.2.7')).toBe('::ffff:192.0.2.7')
  })
})
