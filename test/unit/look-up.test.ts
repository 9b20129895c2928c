import { describe, expect, it } from 'vitest'
import { HintCache } from '../../src/http/hint-cache'
import { type LookUpPorts, lookUp } from '../../src/http/look-up'
import { HINT_ABSENT_MS, HINT_FRESH_MS, HINT_STALE_MS_MAX } from '../../src/limits/limits'
import { logFrom } from '../../src/log'

/** KV and D1 as maps that can be down, with an account of what was asked. */
function worldWith(stored: Record<string, string>) {
  const world = {
    kv: new Map<string, string>(),
    d1: new Map(Object.entries(stored)),
    kvDown: false,
    d1Down: false,
    reads: ['start'],
  }
  const pending: Promise<void>[] = []
  const ports: LookUpPorts<string> = {
    cache: new HintCache<string>(10),
    readKv: async (key) => {
      world.reads.push('kv')
      if (world.kvDown) throw new Error('KV is down')
      return world.kv.get(key)
    },
    putKv: async (key, value) => {
      if (world.kvDown) throw new Error('KV is down')
      world.kv.set(key, value)
    },
    readD1: async () => {
      world.reads.push('d1')
      if (world.d1Down) throw new Error('D1 is down')
      return world.d1.get('k')
    },
    mayBeStale: (value) => value !== 'operator',
    waitUntil: (work) => pending.push(work),
    log: { ...logFrom('error'), error: () => {}, warn: () => {} },
    isPastCaches: false,
  }
  const at = async (nowMs: number, isPastCaches = false) => {
    world.reads = []
    const { value } = await lookUp({ ...ports, isPastCaches }, 'k', nowMs)
    await Promise.all(pending)
    return value
  }
  return { world, at }
}

describe('lookUp', () => {
  it('asks memory, then KV, then D1, and leaves what it found in the nearer ones', async () => {
    const { world, at } = worldWith({ k: 'a' })
    expect(await at(0)).toBe('a')
    expect(world.reads).toEqual(['kv', 'd1'])
    expect(world.kv.get('k')).toBe('a')
    expect(await at(HINT_FRESH_MS - 1)).toBe('a')
    expect(world.reads).toEqual([])
    expect(await at(HINT_FRESH_MS)).toBe('a')
    expect(world.reads).toEqual(['kv'])
  })

  it('remembers an absence for a moment, in memory only', async () => {
    const { world, at } = worldWith({})
    expect(await at(0)).toBeUndefined()
    expect(world.kv.size).toBe(0)
    world.d1.set('k', 'new')
    expect(await at(HINT_ABSENT_MS - 1)).toBeUndefined()
    expect(world.reads).toEqual([])
    expect(await at(HINT_ABSENT_MS)).toBe('new')
  })

  it('does not need KV', async () => {
    const { world, at } = worldWith({ k: 'a' })
    world.kvDown = true
    expect(await at(0)).toBe('a')
  })

  it('answers 503 for what it never found while D1 is down, and remembers nothing of it', async () => {
    const { world, at } = worldWith({ k: 'a' })
    world.d1Down = true
    const outage = expect.objectContaining({
      code: 'partition_unavailable',
      extras: { retryAfterSeconds: expect.any(Number) },
    })
    await expect(at(0)).rejects.toEqual(outage)
    world.d1Down = false
    expect(await at(1)).toBe('a')
  })

  it('goes on with an earlier answer while KV and D1 are down, and asks them only now and then', async () => {
    const { world, at } = worldWith({ k: 'a' })
    await at(0)
    world.kvDown = true
    world.d1Down = true
    expect(await at(3_600_000)).toBe('a')
    expect(world.reads).toEqual(['kv', 'd1'])
    expect(await at(3_600_001)).toBe('a')
    expect(world.reads).toEqual([])
    await expect(at(HINT_STALE_MS_MAX)).rejects.toMatchObject({ code: 'partition_unavailable' })
  })

  it('does not go on with an answer that nothing else would check', async () => {
    const { world, at } = worldWith({ k: 'operator' })
    await at(0)
    world.kvDown = true
    world.d1Down = true
    await expect(at(HINT_FRESH_MS)).rejects.toMatchObject({ code: 'partition_unavailable' })
  })

  it('asks D1 only when the hints are known to be old, corrects both caches, and takes nothing in its place', async () => {
    const { world, at } = worldWith({ k: 'a' })
    await at(0)
    world.d1.set('k', 'b')
    expect(await at(1)).toBe('a')
    expect(await at(2, true)).toBe('b')
    expect(world.reads).toEqual(['d1'])
    expect([await at(3), world.kv.get('k')]).toEqual(['b', 'b'])
    world.d1Down = true
    await expect(at(4, true)).rejects.toMatchObject({ code: 'partition_unavailable' })
    expect(await at(5)).toBe('b')
  })

  it('takes back what D1 no longer has', async () => {
    const { world, at } = worldWith({ k: 'a' })
    await at(0)
    world.d1.clear()
    world.kv.clear()
    expect(await at(HINT_FRESH_MS)).toBeUndefined()
    world.d1Down = true
    await expect(at(HINT_FRESH_MS + HINT_ABSENT_MS)).rejects.toMatchObject({ code: 'partition_unavailable' })
  })
})

describe('HintCache', () => {
  it('holds as many as it may, and forgets what was used longest ago', () => {
    const cache = new HintCache<string>(2)
    const hint = { value: 'x', foundMs: 0, triedMs: 0, readMs: 0 }
    cache.put('a', hint)
    cache.put('b', hint)
    cache.get('a')
    cache.put('c', hint)
    expect(['a', 'b', 'c'].map((key) => cache.get(key) !== undefined)).toEqual([true, false, true])
  })
})
