import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Principal } from '../../src/http/access'
import { hashKey } from '../../src/http/api-key'
import { type SessionSource, toPrincipal } from '../../src/http/prove-session'
import {
  CSRF_HEADER,
  csrfTokenOf,
  endedCookie,
  makeSession,
  readSessionSecret,
  requireSameSite,
  sessionCookie,
} from '../../src/http/session'
import { SESSION_MS } from '../../src/limits/limits'
import type { SessionRecord } from '../../src/storage/d1/sessions'
import { SessionRow } from '../../src/tenant/directory-rows'

const NOW_MS = 1_795_262_400_000
const HOST = 'https://acme.example.com'

const viewer: Principal = {
  kind: 'key',
  id: 'key_1',
  tenantId: 'ten_a',
  role: 'viewer',
  scopes: new Set(['logs:read', 'tail']),
  filter: 'userId:ada',
}

const random = (byte: number) => new Uint8Array(32).fill(byte)

describe('a new session', () => {
  it('has the role, scopes and filter of who opens it, for twelve hours, and only hashes of its secrets', () => {
    const { secret, csrfToken, row } = makeSession(viewer, NOW_MS, random(7))
    expect(SessionRow.parse(row)).toEqual({
      hash: hashKey(secret),
      csrfHash: hashKey(csrfToken),
      principalId: 'key_1',
      role: 'viewer',
      scopes: ['logs:read', 'tail'],
      filter: 'userId:ada',
      status: 'active',
      createdMs: NOW_MS,
      expiresMs: NOW_MS + SESSION_MS,
    })
    expect(SESSION_MS).toBe(12 * 60 * 60 * 1000)
    expect(JSON.stringify(row)).not.toContain(secret)
    expect(JSON.stringify(row)).not.toContain(csrfToken)
  })

  it('has a secret of 256 bits that no other has, and a token that does not tell it', () => {
    const made = Array.from({ length: 256 }, (_, byte) => makeSession(viewer, NOW_MS, random(byte)))
    expect(new Set(made.flatMap(({ secret, csrfToken }) => [secret, csrfToken])).size).toBe(512)
    for (const { secret } of made) expect(Buffer.from(secret, 'base64url').length).toBe(32)
    expect(() => makeSession(viewer, NOW_MS, new Uint8Array(31))).toThrow(RangeError)
  })

  it('is not for the operator, who has no tenant', () => {
    const operator: Principal = { ...viewer, role: 'operator', tenantId: undefined, scopes: new Set(['operator']) }
    expect(() => makeSession(operator, NOW_MS, random(1))).toThrow(expect.objectContaining({ code: 'conflict' }))
  })
})

describe('its cookie', () => {
  const { secret } = makeSession(viewer, NOW_MS, random(9))

  it('is for this host, for no script, for no other site and for TLS only', () => {
    expect(sessionCookie(secret, `${HOST}/session`)).toBe(
      `__Host-sluice_session=${secret}; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict; Secure`,
    )
  })

  it('does without TLS on one’s own machine only', () => {
    for (const url of [
      'http://localhost:8787/',
      'http://acme.localhost:8787/',
      'http://127.0.0.1/',
      'http://[::1]:1/',
    ]) {
      expect(sessionCookie(secret, url), url).toMatch(
        /^sluice_session=[\w-]{43}; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict$/,
      )
    }
    for (const url of [
      'http://acme.example.com/',
      'https://localhost/',
      'http://localhost.example.com/',
      'http://10.0.0.1/',
    ]) {
      expect(sessionCookie(secret, url), url).toMatch(/^__Host-.*; Secure$/)
    }
  })

  it('is taken away under the same name', () => {
    expect(endedCookie(HOST)).toBe('__Host-sluice_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict; Secure')
  })

  it('is found among others, and only under the name that goes with the address', () => {
    const read = (cookie: string, url = HOST) => readSessionSecret(new Headers({ cookie }), url)
    expect(read(`__Host-sluice_session=${secret}`)).toBe(secret)
    expect(read(`a=b; __Host-sluice_session=${secret}; c=d`)).toBe(secret)
    expect(read(`sluice_session=${secret}`, 'http://acme.localhost:8787/')).toBe(secret)
    // A sibling domain can plant a cookie without the prefix.
    expect(read(`sluice_session=${secret}`)).toBeUndefined()
    expect(read(`__Host-sluice_session=${secret}; __Host-sluice_session=${secret.toLowerCase()}`)).toBeUndefined()
    const none = [
      '',
      'a=b',
      '__Host-sluice_session=',
      `__Host-sluice_session=${secret}x`,
      `x__Host-sluice_session=${secret}`,
    ]
    for (const cookie of [
      ...none,
      `__Host-sluice_session="${secret}"`,
      `__Host-sluice_session=${'a'.repeat(1_000_000)}`,
    ]) {
      expect(read(cookie), cookie.slice(0, 60)).toBeUndefined()
    }
    expect(readSessionSecret(new Headers(), HOST)).toBeUndefined()
  })
})

describe('a request with the cookie', () => {
  const { csrfToken, row } = makeSession(viewer, NOW_MS, random(9))
  const own = { origin: HOST, 'sec-fetch-site': 'same-origin', [CSRF_HEADER]: csrfToken }

  const outcome = (method: string, headers: Readonly<Record<string, string>>, url = `${HOST}/logs`): string => {
    try {
      requireSameSite({ method, url, headers: new Headers(headers) }, row.csrfHash)
      return 'passes'
    } catch (error) {
      return error instanceof Error && 'code' in error ? String(error.code) : 'broke'
    }
  }

  it('passes from a page of the same host', () => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) expect(outcome(method, own), method).toBe('passes')
    for (const method of ['GET', 'HEAD']) {
      expect(outcome(method, {}), method).toBe('passes')
      expect(outcome(method, { 'sec-fetch-site': 'none' }), method).toBe('passes')
      expect(outcome(method, { 'sec-fetch-site': 'same-origin' }), method).toBe('passes')
    }
  })

  it('passes from browsers that do not tell the site, by their Origin', () => {
    expect(outcome('POST', { origin: HOST, [CSRF_HEADER]: csrfToken })).toBe('passes')
  })

  it('passes behind a proxy that ends TLS', () => {
    expect(outcome('POST', own, 'http://acme.example.com/logs')).toBe('passes')
  })

  const foreign: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    'another site': { ...own, origin: 'https://evil.com', 'sec-fetch-site': 'cross-site' },
    'another site, by Origin alone': { ...own, origin: 'https://evil.com' },
    'another site, by Sec-Fetch-Site alone': { ...own, 'sec-fetch-site': 'cross-site' },
    'a sibling domain': { ...own, origin: 'https://b.example.com', 'sec-fetch-site': 'same-site' },
    'a sibling domain, by Sec-Fetch-Site alone': { ...own, 'sec-fetch-site': 'same-site' },
    'another port': { ...own, origin: `${HOST}:8443` },
    'the same host without TLS': { ...own, origin: 'http://acme.example.com' },
    'a host that begins the same': { ...own, origin: `${HOST}.evil.com` },
    'a host that ends the same': { ...own, origin: 'https://evilacme.example.com' },
    'a sandboxed frame': { ...own, origin: 'null' },
    'an Origin that is no URL': { ...own, origin: 'acme.example.com' },
    'a spelling that we do not know': { ...own, 'sec-fetch-site': 'Same-Origin' },
  }

  it.each(Object.entries(foreign))('is refused from %s, whatever it does', (_, headers) => {
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']) {
      expect(outcome(method, headers), method).toBe('cross_site_request')
    }
  })

  it('is refused when it changes something and no Origin comes with it', () => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'PURGE']) {
      expect(outcome(method, { 'sec-fetch-site': 'same-origin', [CSRF_HEADER]: csrfToken }), method).toBe(
        'cross_site_request',
      )
      expect(outcome(method, { ...own, 'sec-fetch-site': 'none' }), method).toBe('cross_site_request')
    }
  })

  it('is refused when it changes something without the token of this session', () => {
    const other = csrfTokenOf(makeSession(viewer, NOW_MS, random(8)).secret)
    for (const token of ['', '1', other, row.csrfHash, csrfToken.toLowerCase(), `${csrfToken} x`]) {
      expect(outcome('POST', { ...own, [CSRF_HEADER]: token }), token).toBe('cross_site_request')
    }
    expect(outcome('DELETE', { origin: HOST, 'sec-fetch-site': 'same-origin' })).toBe('cross_site_request')
  })

  it('is refused when another site opens a WebSocket, which is a GET', () => {
    expect(outcome('GET', { upgrade: 'websocket' })).toBe('cross_site_request')
    expect(outcome('GET', { upgrade: 'websocket', origin: 'https://evil.com' })).toBe('cross_site_request')
    expect(outcome('GET', { upgrade: 'websocket', origin: HOST })).toBe('passes')
  })

  it('is never let pass with a random Origin', () => {
    fc.assert(
      fc.property(fc.webUrl(), (url) => {
        const { origin } = new URL(url)
        expect(outcome('POST', { ...own, origin })).toBe(origin === HOST ? 'passes' : 'cross_site_request')
      }),
    )
  })
})

describe('what a session may do', () => {
  const record: SessionRecord = {
    id: 'ses_1',
    tenantId: 'ten_a',
    csrfHash: '',
    principalId: 'jwt:acme:ada:lovelace',
    role: 'editor',
    scopes: ['logs:write', 'logs:read', 'tail'],
    filter: 'userId:ada',
    status: 'active',
    expiresMs: NOW_MS + 1,
    version: 3,
  }
  const key = {
    id: 'key_1',
    tenantId: 'ten_a',
    kind: 'rd',
    role: 'viewer',
    scopes: ['logs:read', 'tail'],
    status: 'active',
    version: 3,
  }
  const source: SessionSource = {
    config: { LOG_SERVICE_API_KEY: undefined },
    place: { address: '192.0.2.7', origin: undefined },
    isTrusted: (issuerId) => issuerId === 'acme',
  }

  it('is what the JWT could, while its issuer is trusted', () => {
    expect(toPrincipal(record, source, NOW_MS)).toEqual({
      ...{ kind: 'session', id: 'ses_1', tenantId: 'ten_a', role: 'editor', filter: 'userId:ada' },
      scopes: new Set(['logs:write', 'logs:read', 'tail']),
      payerId: record.principalId,
    })
    expect(toPrincipal(record, { ...source, isTrusted: () => false }, NOW_MS)).toBeUndefined()
  })

  it('is never more than what its key may do now', () => {
    const ofKey = { ...record, principalId: 'key_1', key: { ...key, filter: 'level:error' } }
    expect(toPrincipal(ofKey, source, NOW_MS)).toMatchObject({
      ...{ kind: 'session', id: 'ses_1', role: 'viewer', filter: 'level:error', payerId: 'key_1' },
      scopes: new Set(['logs:read', 'tail']),
    })
    const narrowed = toPrincipal({ ...ofKey, key: { ...key, scopes: ['tail'] } }, source, NOW_MS)
    expect(narrowed?.scopes).toEqual(new Set(['tail']))
    const widened = {
      ...ofKey,
      scopes: ['tail'],
      key: { ...key, role: 'admin', scopes: ['logs:read', 'tail', 'admin'] },
    }
    expect(toPrincipal(widened, source, NOW_MS)?.scopes).toEqual(new Set(['tail']))
  })

  it('ends with its key: revoked, expired, gone, or used from elsewhere', () => {
    const ofKey = (changes: object) => ({ ...record, principalId: 'key_1', key: { ...key, ...changes } })
    for (const changes of [
      { status: 'revoked' },
      { expiresMs: NOW_MS },
      { addresses: ['10.0.0.0/8'] },
      { role: 'operator' },
    ]) {
      expect(() => toPrincipal(ofKey(changes), source, NOW_MS), JSON.stringify(changes)).toThrow()
    }
    expect(toPrincipal({ ...record, principalId: 'key_1' }, source, NOW_MS)).toBeUndefined()
  })

  it('ends with the variable that held its key', () => {
    const ofService = { ...record, principalId: 'key_service' }
    expect(toPrincipal(ofService, source, NOW_MS)).toBeUndefined()
    expect(toPrincipal(ofService, { ...source, config: { LOG_SERVICE_API_KEY: 'x' } }, NOW_MS)).toBeDefined()
  })

  it('is nothing for a role or an origin that is not known', () => {
    for (const changes of [{ role: 'operator' }, { role: 'root' }, { principalId: 'ses_1' }, { principalId: '' }]) {
      expect(toPrincipal({ ...record, ...changes }, source, NOW_MS), JSON.stringify(changes)).toBeUndefined()
    }
  })
})
