import { createHmac, type KeyObject } from 'node:crypto'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { type JwtTrust, PLATFORM_JWT_TYPE } from '../../src/http/jwt'
import { type KeySetPorts, KeySets } from '../../src/http/key-sets'
import type { OutsidePorts } from '../../src/outside/guarded-fetch'
import { type JwtAlgorithm, JwtIssuer } from '../../src/tenant/jwt-issuer'

/** The time of every test, in the middle of a second. */
export const NOW_MS = Date.UTC(2026, 10, 21, 12) + 500
export const NOW_SECONDS = Math.floor(NOW_MS / 1000)

export const SECRET = 'Zm9yIHRlc3RzIG9ubHksIDMyIGJ5dGVzIG9yIG1vcmU-'

/** A tenant's issuer with keys of every kind, a key server that can break, and a clock that tests set. */
export interface JwtWorld {
  readonly rules: JwtIssuer
  readonly trust: JwtTrust
  /** The answer of the key server; tests change it. */
  readonly server: { answer: () => Promise<Response> | Response; fetches: string[]; keys: Jwk[] }
  /** The trust at another time, or with other rules, over the same cache. */
  readonly trustWith: (changes: { readonly nowMs?: number; readonly rules?: Partial<JwtIssuer> }) => JwtTrust
  readonly signed: (changes?: TokenChanges) => Promise<string>
  readonly privateKeys: Readonly<Record<JwtAlgorithm, CryptoKey>>
  /** The public keys as they are published. */
  readonly jwks: Readonly<Record<JwtAlgorithm, Jwk>>
}

export type Jwk = Record<string, unknown>

export interface TokenChanges {
  readonly header?: Readonly<Record<string, unknown>>
  /** Undefined takes a claim away. */
  readonly claims?: Readonly<Record<string, unknown>>
  readonly algorithm?: JwtAlgorithm
  readonly key?: CryptoKey
}

export const TENANT_ID = 'ten_01kaj2m4x8v3c9t0w5b6n7p2qr'

const RULES = {
  id: 'acme',
  issuer: 'https://id.acme.com/',
  audience: 'sluice-acme',
  jwks_url: 'https://id.acme.com/.well-known/jwks.json',
  algorithms: ['RS256', 'ES256', 'EdDSA'],
  role: { claim: 'groups', map: { staff: 'viewer', ops: 'admin' } },
}

/** Claims that pass. */
export const CLAIMS = {
  iss: RULES.issuer,
  aud: RULES.audience,
  sub: 'ada',
  exp: NOW_SECONDS + 3600,
  iat: NOW_SECONDS,
  groups: ['staff'],
}

export async function jwtWorld(): Promise<JwtWorld> {
  const pairs = {
    RS256: await generateKeyPair('RS256', { extractable: true }),
    ES256: await generateKeyPair('ES256', { extractable: true }),
    EdDSA: await generateKeyPair('EdDSA', { extractable: true }),
  }
  const jwks = {
    RS256: { ...(await exportJWK(pairs.RS256.publicKey)), kid: 'rsa-1', use: 'sig', alg: 'RS256' },
    ES256: { ...(await exportJWK(pairs.ES256.publicKey)), kid: 'ec-1', use: 'sig', alg: 'ES256' },
    EdDSA: { ...(await exportJWK(pairs.EdDSA.publicKey)), kid: 'ed-1', use: 'sig', alg: 'EdDSA' },
  }
  const privateKeys = {
    RS256: pairs.RS256.privateKey,
    ES256: pairs.ES256.privateKey,
    EdDSA: pairs.EdDSA.privateKey,
  }
  const server: JwtWorld['server'] = {
    fetches: [],
    keys: Object.values(jwks),
    answer: () => Response.json({ keys: server.keys }),
  }
  const rules = JwtIssuer.parse(RULES)
  const keySets = new KeySets(10)
  const ports = keySetPorts(server)
  const trustWith: JwtWorld['trustWith'] = ({ nowMs = NOW_MS, rules: changes }) => ({
    platform: { secret: SECRET, issuer: 'sluice', audience: 'sluice' },
    tenant: { id: TENANT_ID, issuers: [{ ...rules, ...changes }] },
    findKey: (source, wanted) => keySets.find(source, wanted, nowMs, ports),
    nowMs,
  })
  const signed = ({ header, claims, algorithm = 'ES256', key = privateKeys[algorithm] }: TokenChanges = {}) =>
    new SignJWT(withoutAbsent({ ...CLAIMS, ...claims }))
      .setProtectedHeader({
        alg: algorithm,
        ...withoutAbsent({ kid: String(jwks[algorithm].kid), typ: 'JWT', ...header }),
      })
      .sign(key)
  return { rules, trust: trustWith({}), server, trustWith, signed, privateKeys, jwks }
}

/** Ports whose fetch is the key server. */
export function keySetPorts(server: JwtWorld['server']): KeySetPorts {
  const nothing = () => {}
  const outside: OutsidePorts = {
    fetch: async (request) => {
      server.fetches.push(request.url)
      return server.answer()
    },
    timeout: () => new AbortController().signal,
  }
  return {
    ...outside,
    rules: { ownHosts: new Set(['logs.example.com']), allowsLocalHttp: false },
    log: { debug: nothing, info: nothing, warn: nothing, error: nothing },
  }
}

/** Claims of the platform's own that pass. */
export const PLATFORM_CLAIMS = {
  iss: 'sluice',
  aud: 'sluice',
  sub: 'grace',
  exp: NOW_SECONDS + 3600,
  iat: NOW_SECONDS,
  tenant: TENANT_ID,
  role: 'admin',
}

/** A token of the platform, signed without jose, so that any header and any text can be signed. */
export const platformToken = (
  claims: Readonly<Record<string, unknown>> = {},
  header: Readonly<Record<string, unknown>> = {},
): string =>
  macToken(
    { alg: 'HS256', typ: PLATFORM_JWT_TYPE, ...header },
    withoutAbsent({ ...PLATFORM_CLAIMS, ...claims }),
    SECRET,
  )

/** A token with a right HMAC over whatever stands in it. Text stands for itself, anything else for JSON. */
export function macToken(header: unknown, claims: unknown, secret: string | KeyObject | Uint8Array): string {
  const input = `${encoded(header)}.${encoded(claims)}`
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
}

/** Base64url of a text, or of anything else as JSON. */
export const encoded = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

const withoutAbsent = (members: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
