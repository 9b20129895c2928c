import { createPublicKey, verify } from 'node:crypto'
import { Webhook as StandardWebhook } from 'standardwebhooks'
import { Webhook as SvixWebhook } from 'svix'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { signedHeaders } from '../../src/webhooks/signed-headers'
import { newKeyPair, newSecret, standardForm, toSigningKey } from '../../src/webhooks/signing-secret'
import { OutboxWorld } from '../support/outbox-world'
import { randomIntegers } from '../support/sample-logs'

/** What receivers verify with: each throws what it does not believe. */
const LIBRARIES = {
  standardwebhooks: (secret: string) => new StandardWebhook(secret),
  svix: (secret: string) => new SvixWebhook(secret),
} as const

const NOW_MS = Date.UTC(2026, 10, 21, 12)
const MESSAGES = 300

const random = randomIntegers(20_261_121)
const bytes = (length: number): Uint8Array<ArrayBuffer> => Uint8Array.from({ length }, () => random(256))

/** Secrets in every form that a tenant may write. */
const secretOf = (index: number): string =>
  index % 3 === 0 ? `plain-secret-${index}` : newSecret(bytes(24 + random(41)))

/** A body with text of every length of UTF-8. */
const bodyOf = (index: number): string =>
  JSON.stringify({ type: 'critical_error', data: { index, text: 'aß€𐍈"\\\n'.repeat(random(20)) } })

interface Signed {
  readonly secret: string
  readonly body: string
  readonly headers: Record<string, string>
}

async function signed(index: number, sentMs: number): Promise<Signed> {
  const secret = secretOf(index)
  const body = bodyOf(index)
  const headers = await signedHeaders([toSigningKey(secret)], { id: `evt_${index}`, sentMs, body })
  return { secret, body, headers }
}

afterEach(() => {
  vi.useRealTimers()
})

describe.each(Object.entries(LIBRARIES))('%s', (_name, open) => {
  const verifies = ({ secret, body, headers }: Signed, sent: Buffer = Buffer.from(body)): boolean => {
    try {
      open(standardForm(secret)).verify(sent, headers)
      return true
    } catch {
      return false
    }
  }

  it(`verifies ${MESSAGES} of ${MESSAGES} deliveries`, async () => {
    vi.useFakeTimers({ now: NOW_MS, toFake: ['Date'] })
    let verified = 0
    for (let index = 0; index < MESSAGES; index++) if (verifies(await signed(index, NOW_MS))) verified++
    expect(verified).toBe(MESSAGES)
  })

  it('refuses every bit that is flipped in the id, the time, the body or the signature', async () => {
    vi.useFakeTimers({ now: NOW_MS, toFake: ['Date'] })
    const one = await signed(1, NOW_MS)
    const believed: string[] = []
    const flipped = (text: Uint8Array, bit: number): Buffer => {
      const copy = Buffer.from(text)
      copy[bit >> 3] ^= 1 << (bit & 7)
      return copy
    }
    for (const name of ['webhook-id', 'webhook-timestamp', 'webhook-signature']) {
      const value = Buffer.from(one.headers[name])
      for (let bit = 0; bit < value.length * 8; bit++) {
        const headers = { ...one.headers, [name]: flipped(value, bit).toString('latin1') }
        if (verifies({ ...one, headers })) believed.push(`${name} ${bit}`)
      }
    }
    const body = Buffer.from(one.body)
    for (let bit = 0; bit < body.length * 8; bit++) if (verifies(one, flipped(body, bit))) believed.push(`body ${bit}`)
    expect(believed).toEqual([])
  })

  it('accepts what is 299 seconds off and refuses what is 301, either way', async () => {
    vi.useFakeTimers({ now: NOW_MS, toFake: ['Date'] })
    for (const seconds of [-299, 299])
      expect(verifies(await signed(2, NOW_MS + seconds * 1000)), `${seconds}`).toBe(true)
    for (const seconds of [-301, 301])
      expect(verifies(await signed(2, NOW_MS + seconds * 1000)), `${seconds}`).toBe(false)
  })

  it('verifies with the old secret and with the new one while a rotation lasts', async () => {
    vi.useFakeTimers({ now: NOW_MS, toFake: ['Date'] })
    const [before, after, other] = [newSecret(bytes(32)), newSecret(bytes(32)), newSecret(bytes(32))]
    const body = bodyOf(3)
    const headers = await signedHeaders([after, before].map(toSigningKey), { id: 'evt_3', sentMs: NOW_MS, body })
    expect(headers['webhook-signature']).toMatch(/^v1,\S+ v1,\S+$/)
    for (const secret of [before, after]) expect(verifies({ secret, body, headers })).toBe(true)
    expect(verifies({ secret: other, body, headers })).toBe(false)
  })

  it('verifies each attempt that the outbox makes, retries with their own time included', async () => {
    let isWell = false
    const secret = newSecret(bytes(32))
    const world = new OutboxWorld(
      () => 0.5,
      () => new Response(null, { status: isWell ? 200 : 500 }),
    )
    world.addWebhook('a', { secrets: [{ sealed: secret }] })
    for (let event = 0; event < 20; event++) world.put({ id: `evt_${event}`, data: { text: bodyOf(event) } })
    for (let steps = 0; steps < 60; steps++) {
      isWell = steps > 30
      await world.step(world.nowMs + 3_600_000)
    }
    expect(world.received.length).toBeGreaterThan(20)
    for (const { headers, body, atMs } of world.received) {
      vi.useFakeTimers({ now: atMs, toFake: ['Date'] })
      expect(verifies({ secret, body, headers: Object.fromEntries(headers) })).toBe(true)
    }
  })
})

describe('a plain secret', () => {
  it('is the bytes of its text, as the raw format of standardwebhooks has it', async () => {
    vi.useFakeTimers({ now: NOW_MS, toFake: ['Date'] })
    const body = bodyOf(4)
    const message = { id: 'evt_4', sentMs: NOW_MS, body }
    const headers = await signedHeaders([toSigningKey('webhook-secret')], message)
    expect(new StandardWebhook('webhook-secret', { format: 'raw' }).verify(body, headers)).toEqual(JSON.parse(body))
  })
})

describe('ed25519', () => {
  it('verifies with the public key, and not when a bit is flipped', async () => {
    for (let index = 0; index < 50; index++) {
      const pair = await newKeyPair(bytes(32))
      const message = { id: `evt_${index}`, sentMs: NOW_MS, body: bodyOf(index) }
      const headers = await signedHeaders([toSigningKey(pair.secret)], message)
      const [version, signature] = headers['webhook-signature'].split(',')
      const x = Buffer.from(pair.publicKey.replace('whpk_', ''), 'base64').toString('base64url')
      const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
      const content = Buffer.from(`${message.id}.${headers['webhook-timestamp']}.${message.body}`)
      expect(version).toBe('v1a')
      expect(verify(null, content, key, Buffer.from(signature, 'base64'))).toBe(true)
      content[random(content.length)] ^= 1 << random(8)
      expect(verify(null, content, key, Buffer.from(signature, 'base64'))).toBe(false)
    }
  })
})
