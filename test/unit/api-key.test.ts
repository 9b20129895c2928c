import { crc32 } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { hashKey, isSameSecret, KEY_SCOPES, type KeyKind, mintKey, parseKey } from '../../src/http/api-key'

const KINDS = ['ing', 'rd', 'adm', 'pub', 'op'] as const satisfies readonly KeyKind[]
const bytes = (fill: number) => new Uint8Array(32).fill(fill)

describe('mintKey', () => {
  it('makes a key of the kind with 32 random characters and 6 of checksum', () => {
    for (const kind of KINDS) {
      const key = mintKey(kind, bytes(7))
      expect(key).toMatch(new RegExp(`^slc_${kind}_[0-9A-Za-z]{38}$`))
      expect(parseKey(key)).toEqual({ kind, last4: key.slice(-4) })
    }
  })

  it('always makes the same key of the same bytes, so that old keys stay valid', () => {
    const key = 'slc_ing_00000000000000000000000000000000'
    const digits = Array.from({ length: 6 }, (_, index) => Math.floor(crc32(key) / 62 ** (5 - index)) % 62)
    const checksum = digits
      .map((digit) => '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'[digit])
      .join('')
    expect(mintKey('ing', bytes(0))).toBe(key + checksum)
    expect(mintKey('ing', bytes(0))).not.toBe(mintKey('ing', bytes(1)))
  })

  it('refuses too little randomness', () => {
    expect(() => mintKey('rd', new Uint8Array(16))).toThrow(RangeError)
  })
})

describe('parseKey', () => {
  it('refuses every key with one character changed, and with two exchanged', () => {
    const key = mintKey(
      'adm',
      Uint8Array.from({ length: 32 }, (_, index) => index * 37),
    )
    for (let at = 0; at < key.length; at++) {
      for (const other of 'aZ09_') {
        const changed = key.slice(0, at) + other + key.slice(at + 1)
        if (changed !== key) expect(parseKey(changed), changed).toBeUndefined()
      }
      const swapped = key.slice(0, at) + key.slice(at + 1, at + 2) + key[at] + key.slice(at + 2)
      if (swapped !== key) expect(parseKey(swapped), swapped).toBeUndefined()
    }
  })

  it('refuses what is no key at all', () => {
    const key = mintKey('rd', bytes(3))
    for (const text of [
      '',
      'slc_',
      'Bearer',
      `${key} `,
      ` ${key}`,
      `${key}\n`,
      key.slice(0, -1),
      key.toUpperCase(),
      'slc_constructor_x',
    ]) {
      expect(parseKey(text), text).toBeUndefined()
    }
  })
})

it('gives the operator scope to the operator only', () => {
  for (const kind of KINDS) expect(KEY_SCOPES[kind].some((scope) => scope === 'operator')).toBe(kind === 'op')
})

it('stores SHA-256 in hex', () => {
  expect(hashKey('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
})

it('compares secrets of any lengths', () => {
  expect(isSameSecret('a', 'a')).toBe(true)
  expect(isSameSecret('a', 'b')).toBe(false)
  expect(isSameSecret('a', 'a longer one')).toBe(false)
  expect(isSameSecret('', '')).toBe(true)
})
