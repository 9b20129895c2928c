import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isSealedWithFirst, openSecret, sealSecret } from '../../src/tenant/secret-box'

const key = (letter: string): string => Buffer.alloc(32, letter).toString('base64')
const nonce = (): Uint8Array<ArrayBuffer> => Uint8Array.from(randomBytes(12))
const place = { tenantId: 'ten_a', purpose: 'service svc_1' }

describe('a sealed secret', () => {
  it('opens to what it was, whatever it holds', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme', maxLength: 300 }), async (text) => {
        const sealed = await sealSecret([key('k')], place, { text, nonce: nonce() })
        expect(await openSecret([key('k')], place, sealed)).toBe(text)
      }),
      { numRuns: 50 },
    )
  })

  it('shows nothing of itself, and is another one each time', async () => {
    const [one, two] = await Promise.all(
      [nonce(), nonce()].map((own) => sealSecret([key('k')], place, { text: 'correct horse', nonce: own })),
    )
    expect(one).not.toBe(two)
    expect(Buffer.from(one.split('.')[3], 'base64url').includes('correct')).toBe(false)
    expect(one).toMatch(/^sb1\.[0-9a-f]{8}\.[\w-]{16}\.[\w-]+$/)
  })

  it('does not open for another tenant, another purpose, or with another key', async () => {
    const sealed = await sealSecret([key('k')], place, { text: 'secret', nonce: nonce() })
    for (const other of [{ tenantId: 'ten_b' }, { purpose: 'service svc_2' }, { tenantId: 'ten_a"', purpose: '' }])
      expect(await openSecret([key('k')], { ...place, ...other }, sealed), JSON.stringify(other)).toBeUndefined()
    expect(await openSecret([key('x')], place, sealed)).toBeUndefined()
    expect(await openSecret([], place, sealed)).toBeUndefined()
  })

  it('does not open once a single character of it is another one', async () => {
    const sealed = await sealSecret([key('k')], place, { text: 'secret', nonce: nonce() })
    for (let index = 0; index < sealed.length; index++) {
      const other = sealed[index] === 'A' ? 'B' : 'A'
      const changed = sealed.slice(0, index) + other + sealed.slice(index + 1)
      // The last character of base64 has bits that mean nothing.
      const opened = await openSecret([key('k')], place, changed)
      expect(opened === undefined || (index === sealed.length - 1 && opened === 'secret'), changed).toBe(true)
    }
    for (const text of ['', 'sb1', 'sb2.00000000.AAAA.AAAA', 'sb1.00000000..', `${sealed}.`, 'x'.repeat(100_000)])
      expect(await openSecret([key('k')], place, text)).toBeUndefined()
  })

  it('opens with an older key while that is still among the keys', async () => {
    const old = await sealSecret([key('o')], place, { text: 'secret', nonce: nonce() })
    const keys = [key('n'), key('o')]
    expect(await openSecret(keys, place, old)).toBe('secret')
    expect(isSealedWithFirst(keys, old)).toBe(false)
    const renewed = await sealSecret(keys, place, { text: 'secret', nonce: nonce() })
    expect(isSealedWithFirst(keys, renewed)).toBe(true)
    expect(await openSecret([key('n')], place, renewed)).toBe('secret')
  })

  it('is not made without a key, or with a nonce of another length', async () => {
    await expect(sealSecret([], place, { text: 'a', nonce: nonce() })).rejects.toThrow('no key')
    await expect(sealSecret([key('k')], place, { text: 'a', nonce: new Uint8Array(8) })).rejects.toThrow('12 bytes')
  })
})
