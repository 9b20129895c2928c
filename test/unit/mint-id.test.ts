import { expect, it } from 'vitest'
import { mintId } from '../../src/http/mint-id'

const random = new Uint8Array(16).fill(255)

it('sorts by time as text', () => {
  const times = [0, 1, 31, 32, 1_000_000, 1_795_000_000_000, 1_795_000_000_001, 2 ** 45]
  const ids = times.map((nowMs) => mintId('key', nowMs, random))
  expect(ids.toSorted()).toEqual(ids)
  expect(ids[0]).toBe('key_0000000000zzzzzzzzzzzzzzzz')
})

it('differs by its random bytes', () => {
  expect(mintId('ten', 5, random)).not.toBe(mintId('ten', 5, new Uint8Array(16)))
  expect(() => mintId('ten', 5, new Uint8Array(15))).toThrow(RangeError)
})
