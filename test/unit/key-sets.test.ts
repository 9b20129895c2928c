import { generateKeyPair as generateNodeKeyPair } from 'node:crypto'
import { promisify } from 'node:util'
import { exportJWK, generateKeyPair } from 'jose'
import { beforeEach, describe, expect, it } from 'vitest'
import { verifyJwt } from '../../src/http/jwt'
import { findKey, parseKeySet } from '../../src/http/key-set'
import { type KeySetSource, KeySets } from '../../src/http/key-sets'
import {
  KEY_SET_BYTES_MAX,
  KEY_SET_COOLDOWN_MS,
  KEY_SET_FETCHES_MAX,
  KEY_SET_FRESH_MS,
  KEY_SET_KEYS_MAX,
  KEY_SET_RETRY_MS,
  KEY_SET_STALE_MS_MAX,
} from '../../src/limits/limits'
import { type Jwk, type JwtWorld, jwtWorld, keySetPorts, NOW_MS } from '../support/jwt-world'

let world: JwtWorld

beforeEach(async () => {
  world = await jwtWorld()
})

const source: KeySetSource = {
  tenantId: 'ten_a',
  issuerId: 'acme',
  issuer: 'https://id',
  url: 'https://id.acme.com/jwks',
}
const wanted = { kid: 'ec-1', algorithm: 'ES256' } as const
const unknown = { kid: 'made up', algorithm: 'ES256' } as const

/** A cache with its own clock, and how often the key server was asked. */
function cache(entriesMax = 10) {
  const keySets = new KeySets(entriesMax)
  const ports = keySetPorts(world.server)
  return {
    find: (atMs: number, key: Parameters<KeySets['find']>[1] = wanted, of: Partial<KeySetSource> = {}) =>
      keySets.find({ ...source, ...of }, key, NOW_MS + atMs, ports),
    fetches: () => world.server.fetches.length,
  }
}

const breakServer = (answer: () => Response | Promise<Response> = () => new Response('', { status: 500 })) => {
  world.server.answer = answer
}

const unavailable = expect.objectContaining({ code: 'issuer_unavailable' })

describe('a key set', () => {
  it('is fetched once while it is fresh', async () => {
    const { find, fetches } = cache()
    for (const atMs of [0, 1, KEY_SET_FRESH_MS - 1]) await expect(find(atMs)).resolves.toBeDefined()
    expect(fetches()).toBe(1)
    await find(KEY_SET_FRESH_MS)
    expect(fetches()).toBe(2)
  })

  it('loses a key that the issuer withdrew, once it is not fresh any more', async () => {
    const { find } = cache()
    await expect(find(0)).resolves.toBeDefined()
    world.server.keys = []
    await expect(find(KEY_SET_FRESH_MS)).resolves.toBeUndefined()
  })

  it('is fetched again for a key that the issuer added', async () => {
    const { find, fetches } = cache()
    const rotated = { ...world.jwks.ES256, kid: 'ec-2' }
    await expect(find(0)).resolves.toBeDefined()
    world.server.keys = [rotated]
    await expect(find(KEY_SET_COOLDOWN_MS, { kid: 'ec-2', algorithm: 'ES256' })).resolves.toBeDefined()
    expect(fetches()).toBe(2)
  })

  it('is not fetched more often for kids that somebody makes up', async () => {
    const { find, fetches } = cache()
    for (let index = 0; index < 1000; index++) {
      const kid = `made up ${index}`
      await expect(find(index * 60, { kid, algorithm: 'ES256' })).resolves.toBeUndefined()
    }
    // A minute: the first fetch, and one after each pause.
    expect(fetches()).toBe(1 + Math.floor((999 * 60) / KEY_SET_COOLDOWN_MS))
  })

  it('serves on while its server is away, for no longer than is said', async () => {
    const { find } = cache()
    await find(0)
    breakServer()
    await expect(find(KEY_SET_FRESH_MS)).resolves.toBeDefined()
    await expect(find(KEY_SET_STALE_MS_MAX - 1)).resolves.toBeDefined()
    await expect(find(KEY_SET_STALE_MS_MAX)).rejects.toThrow(unavailable)
    await expect(find(KEY_SET_STALE_MS_MAX + 1)).rejects.toThrow(unavailable)
  })

  it('is tried again after the pause that callers are told, and not before', async () => {
    const { find, fetches } = cache()
    breakServer()
    await expect(find(0)).rejects.toMatchObject({ extras: { retryAfterSeconds: KEY_SET_RETRY_MS / 1000 } })
    await expect(find(KEY_SET_RETRY_MS - 1)).rejects.toMatchObject({ extras: { retryAfterSeconds: 1 } })
    expect(fetches()).toBe(1)
    world.server.answer = () => Response.json({ keys: world.server.keys })
    await expect(find(KEY_SET_RETRY_MS)).resolves.toBeDefined()
  })

  it('says of an unknown kid that the server is away, when it is: the key may be new', async () => {
    const { find } = cache()
    await find(0)
    breakServer()
    await expect(find(KEY_SET_COOLDOWN_MS, unknown)).rejects.toThrow(unavailable)
    await expect(find(KEY_SET_COOLDOWN_MS + 1)).resolves.toBeDefined()
  })

  it.each([
    ['an error', () => new Response('{"keys":[]}', { status: 500, headers: { 'content-type': 'application/json' } })],
    ['not found', () => Response.json({ keys: [] }, { status: 404 })],
    ['created', () => Response.json({ keys: [] }, { status: 201 })],
    ['a page', () => new Response('<html>', { headers: { 'content-type': 'text/html' } })],
    ['no type', () => new Response(Buffer.from('{"keys":[]}'))],
    ['no JSON', () => new Response('{', { headers: { 'content-type': 'application/json' } })],
    ['JSON that is no set', () => Response.json([])],
    ['keys that are no list', () => Response.json({ keys: {} })],
    ['too much', () => Response.json({ keys: [], padding: 'x'.repeat(KEY_SET_BYTES_MAX) })],
    ['a redirect', () => new Response(null, { status: 302, headers: { location: 'https://id.acme.com/other' } })],
    ['no connection', () => Promise.reject(new Error('connect ECONNREFUSED 10.0.0.1'))],
  ])('that is answered with %s is unavailable, and lets nobody in', async (_, answer) => {
    breakServer(answer)
    const refused = verifyJwt(await world.signed(), world.trust)
    await expect(refused).rejects.toMatchObject({
      code: 'issuer_unavailable',
      extras: { retryAfterSeconds: KEY_SET_RETRY_MS / 1000 },
    })
    await expect(refused).rejects.not.toThrow(/10\.0\.0\.1/)
  })

  it('at an address that may not be asked is unavailable, and nothing is sent', async () => {
    const { find, fetches } = cache()
    for (const url of [
      'http://id.acme.com/',
      'https://169.254.169.254/',
      'https://localhost/',
      'https://logs.example.com/',
    ]) {
      await expect(find(0, wanted, { url })).rejects.toThrow(unavailable)
    }
    expect(fetches()).toBe(0)
  })

  it('of one tenant never serves another, at the same address', async () => {
    const { find, fetches } = cache()
    await find(0)
    world.server.keys = []
    await expect(find(1, wanted, { tenantId: 'ten_b' })).resolves.toBeUndefined()
    await expect(find(1, wanted, { issuer: 'https://other' })).resolves.toBeUndefined()
    await expect(find(1)).resolves.toBeDefined()
    expect(fetches()).toBe(3)
  })

  it('is one of a bounded number: what was used longest ago goes first', async () => {
    const { find, fetches } = cache(2)
    for (const tenantId of ['ten_a', 'ten_b', 'ten_a', 'ten_c', 'ten_a']) await find(0, wanted, { tenantId })
    expect(fetches()).toBe(3)
    await find(0, wanted, { tenantId: 'ten_b' })
    expect(fetches()).toBe(4)
  })

  it('is fetched by so many requests at a time and no more, while there is none', async () => {
    const { find, fetches } = cache()
    let open = () => {}
    const gate = new Promise<void>((resolve) => {
      open = resolve
    })
    breakServer(() => gate.then(() => Response.json({ keys: world.server.keys })))
    const first = Array.from({ length: KEY_SET_FETCHES_MAX }, () => find(0))
    await expect(find(0)).rejects.toThrow(unavailable)
    open()
    for (const found of await Promise.all(first)) expect(found).toBeDefined()
    expect(fetches()).toBe(KEY_SET_FETCHES_MAX)
    await expect(find(1)).resolves.toBeDefined()
  })

  it('serves on for other requests while one of them fetches it anew', async () => {
    const { find, fetches } = cache()
    await find(0)
    let open = () => {}
    const gate = new Promise<void>((resolve) => {
      open = resolve
    })
    breakServer(() => gate.then(() => Response.json({ keys: world.server.keys })))
    const refreshing = find(KEY_SET_FRESH_MS)
    await expect(find(KEY_SET_FRESH_MS)).resolves.toBeDefined()
    expect(fetches()).toBe(2)
    open()
    await expect(refreshing).resolves.toBeDefined()
  })
})

describe('the keys of a set', () => {
  const usable = async (...keys: unknown[]) => (await parseKeySet(JSON.stringify({ keys })))?.length

  it('are those that can verify, whatever else is said of them', async () => {
    const { RS256, ES256, EdDSA } = world.jwks
    expect(await usable(RS256, ES256, EdDSA)).toBe(3)
    expect(await usable({ ...RS256, x5c: ['MIIB'], x5t: 'a' }, { ...ES256, use: undefined, alg: undefined })).toBe(2)
    expect(await usable({ ...EdDSA, alg: 'Ed25519', key_ops: ['verify'] })).toBe(1)
  })

  it('are not symmetric, private, weak, damaged, for another use or of another kind', async () => {
    const { RS256, ES256, EdDSA } = world.jwks
    const smallRsa = await rsaOf(1024)
    const { privateKey } = await generateKeyPair('ES256', { extractable: true })
    const others: unknown[] = [
      { kty: 'oct', k: 'Zm9v'.repeat(12), kid: 'rsa-1', alg: 'HS256' },
      { ...(await exportJWK(privateKey)), kid: 'ec-1' },
      { ...smallRsa, kid: 'rsa-1' },
      { ...RS256, e: 'AQ' },
      { ...RS256, e: 'Aw' },
      { ...RS256, n: 'A'.repeat(1367) },
      { ...RS256, n: '!' },
      { ...RS256, use: 'enc' },
      { ...RS256, key_ops: ['sign'] },
      { ...RS256, alg: 'PS256' },
      { ...RS256, alg: 'HS256' },
      { ...ES256, x: ES256.y, y: ES256.x },
      { ...ES256, crv: 'P-384' },
      { ...ES256, crv: 'secp256k1' },
      { ...ES256, y: undefined },
      { ...ES256, alg: 'ES384' },
      { ...EdDSA, crv: 'Ed448' },
      { ...EdDSA, crv: 'X25519' },
      { ...EdDSA, x: 'AAAA' },
      { ...EdDSA, kid: 7 },
      { kty: 'RSA' },
      {},
      null,
      'key',
      [],
    ]
    for (const key of others) expect(await usable(key), JSON.stringify(key)).toBe(0)
    expect(await usable(...others, RS256)).toBe(1)
  })

  it('are so many at most', async () => {
    const many = Array.from({ length: KEY_SET_KEYS_MAX + 1 }, (_, index) => ({ ...world.jwks.EdDSA, kid: `${index}` }))
    expect(await usable(...many)).toBe(KEY_SET_KEYS_MAX)
  })

  it('are chosen by kid and algorithm, and never by trying', async () => {
    const { RS256, ES256 } = world.jwks
    const found = async (keys: Jwk[], kid: string | undefined) =>
      findKey((await parseKeySet(JSON.stringify({ keys }))) ?? [], { kid, algorithm: 'ES256' })?.kid
    expect(await found([RS256, ES256], 'ec-1')).toBe('ec-1')
    expect(await found([RS256, ES256], undefined)).toBe('ec-1')
    expect(await found([{ ...RS256, kid: 'ec-1' }, ES256], 'ec-1')).toBe('ec-1')
    expect(await found([ES256, ES256], 'ec-1')).toBeUndefined()
    expect(await found([ES256, { ...ES256, kid: 'ec-2' }], undefined)).toBeUndefined()
    expect(await found([{ ...ES256, kid: undefined }], 'ec-1')).toBeUndefined()
    expect(await found([RS256], 'rsa-1')).toBeUndefined()
  })
})

async function rsaOf(bits: number): Promise<Jwk> {
  const { publicKey } = await promisify(generateNodeKeyPair)('rsa', { modulusLength: bits })
  return { ...publicKey.export({ format: 'jwk' }) }
}
