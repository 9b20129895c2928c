import { describe, expect, it } from 'vitest'
import { endOfVisit, type GuestBook, guestExpiresMs, noteIssuer, type TailGuest } from '../../src/tail/tail-guest'

const NOW_MS = Date.UTC(2026, 10, 21)

const KEY = {
  ...{ kind: 'rd', hash: 'a'.repeat(64), last4: 'abcd', scopes: ['logs:read', 'tail'], role: 'viewer', note: '' },
  ...{ status: 'active', createdMs: 0 },
}
const SESSION = {
  ...{ hash: 'a'.repeat(64), csrfHash: 'b'.repeat(64), principalId: 'key_a', role: 'viewer', scopes: ['tail'] },
  ...{ status: 'active', createdMs: 0, expiresMs: NOW_MS + 1000 },
}
const MEMBER = { subject: 'idp:ada', role: 'viewer', status: 'active', createdMs: 0 }
const TENANT = {
  name: 'acme',
  status: 'active',
  plan: 'standard',
  limits: {},
  payloadDatabase: 'PAYLOAD',
  createdMs: 0,
}
const DOMAIN = { status: 'active', config: {}, createdMs: 0 }

const BOOK: GuestBook = {
  tenant: TENANT,
  key: (id) => (id === 'key_a' ? KEY : undefined),
  session: (id) => (id === 'ses_a' ? SESSION : undefined),
  member: (id) => (id === 'mem_a' ? MEMBER : undefined),
  domain: (host) => (host === 'acme.example.com' ? DOMAIN : undefined),
  memberOf: () => undefined,
  issuer: (id) => (['idp', 'sluice'].includes(id) ? `print of ${id}` : undefined),
  hasServiceKey: true,
  hasFeature: true,
}

const GUEST: TailGuest = {
  ...{ kind: 'key', id: 'key_a', role: 'viewer', scopes: ['tail'], address: '192.0.2.7' },
  ...{ host: 'acme.example.com', isServiceHost: false },
}
const TOKEN: TailGuest = noteIssuer({ ...GUEST, kind: 'jwt', id: 'jwt:idp:ada', expiresMs: NOW_MS + 1 }, BOOK)
const OF_SESSION: TailGuest = { ...GUEST, kind: 'session', id: 'ses_a', payerId: 'key_a' }

const end = (guest: TailGuest, book: Partial<GuestBook> = {}, nowMs = NOW_MS) =>
  endOfVisit(guest, { ...BOOK, ...book }, nowMs)

describe('the guest of a tail', () => {
  it('stays while everything is as it was when they came', () => {
    for (const guest of [GUEST, TOKEN, OF_SESSION, { ...TOKEN, memberId: 'mem_a' }, { ...GUEST, id: 'key_service' }])
      expect(end(guest), JSON.stringify(guest)).toBeUndefined()
    expect(end({ ...GUEST, host: 'localhost', isServiceHost: true })).toBeUndefined()
  })

  it('goes with the tenant, its host and the feature', () => {
    expect(end(GUEST, { tenant: undefined })).toBe('tenant_closed')
    for (const status of ['suspended', 'deleting', 'erasing', 'what a newer version has'])
      expect(end(GUEST, { tenant: { ...TENANT, status } })).toBe('tenant_closed')
    expect(end(GUEST, { domain: () => ({ ...DOMAIN, status: 'unrouted' }) })).toBe('tenant_closed')
    expect(end({ ...GUEST, host: 'other.example.com' })).toBe('tenant_closed')
    expect(end(GUEST, { hasFeature: false })).toBe('feature_disabled')
  })

  it('goes with the key, and with what it may', () => {
    expect(end(GUEST, { key: () => undefined })).toBe('credential_ended')
    const changes = [
      { status: 'revoked' },
      { expiresMs: NOW_MS },
      { scopes: ['logs:read'] },
      { role: 'ingest' },
      { addresses: ['198.51.100.0/24'] },
      { role: 'what a newer version has' },
    ]
    for (const change of changes)
      for (const guest of [GUEST, OF_SESSION])
        expect(end(guest, { key: () => ({ ...KEY, ...change }) }), JSON.stringify(change)).toBe('credential_ended')
    expect(end(GUEST, { key: () => ({ ...KEY, addresses: ['192.0.2.0/24'] }) })).toBeUndefined()
    expect(end(GUEST, { key: () => ({ ...KEY, filter: 'service:a' }) })).toBe('credential_changed')
    expect(end({ ...GUEST, filter: 'service:a' })).toBe('credential_changed')
    expect(end({ ...GUEST, id: 'key_service' }, { hasServiceKey: false })).toBe('credential_ended')
  })

  it('goes with the session, and with the token’s time, issuer and member', () => {
    for (const change of [{ status: 'revoked' }, { expiresMs: NOW_MS }, { scopes: [] }])
      expect(end(OF_SESSION, { session: () => ({ ...SESSION, ...change }) })).toBe('credential_ended')
    expect(end(OF_SESSION, { session: () => undefined })).toBe('credential_ended')
    expect(end(TOKEN, {}, NOW_MS + 1)).toBe('credential_ended')
    expect(end(TOKEN, { issuer: () => undefined })).toBe('credential_ended')
    expect(end(TOKEN, { issuer: () => 'another print' })).toBe('credential_changed')
    const ofPlatform = noteIssuer({ ...TOKEN, id: 'jwt:sluice:ada' }, BOOK)
    expect(end(ofPlatform, { issuer: (id) => (id === 'sluice' ? BOOK.issuer(id) : undefined) })).toBeUndefined()
    expect(end(ofPlatform, { issuer: () => undefined })).toBe('credential_ended')
    expect(end(TOKEN, { memberOf: () => MEMBER })).toBe('credential_changed')
    expect(end({ ...TOKEN, role: 'owner' }, { memberOf: () => MEMBER })).toBeUndefined()
    const member: TailGuest = { ...TOKEN, memberId: 'mem_a', filter: 'service:a' }
    expect(end(member, { member: () => undefined })).toBe('credential_ended')
    expect(end(member, { member: () => ({ ...MEMBER, status: 'suspended' }) })).toBe('credential_ended')
    expect(end(member, { member: () => ({ ...MEMBER, role: 'editor' }) })).toBe('credential_changed')
    expect(end(member, { member: () => ({ ...MEMBER, filter: 'service:b' }) })).toBe('credential_changed')
    expect(end(member, { member: () => ({ ...MEMBER, filter: 'service:a' }) })).toBeUndefined()
  })

  it('is looked at again when the first of their credentials ends', () => {
    expect(guestExpiresMs(GUEST, BOOK)).toBeUndefined()
    expect(guestExpiresMs(TOKEN, BOOK)).toBe(NOW_MS + 1)
    expect(guestExpiresMs(OF_SESSION, BOOK)).toBe(NOW_MS + 1000)
    const key = () => ({ ...KEY, expiresMs: NOW_MS + 5 })
    expect(guestExpiresMs(OF_SESSION, { ...BOOK, key })).toBe(NOW_MS + 5)
  })
})
