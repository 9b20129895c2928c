import { describe, expect, it } from 'vitest'
import { hostOf } from '../../src/http/configure'
import { ApiError } from '../../src/http/problem'
import { type Place, toPrincipal } from '../../src/http/prove-key'
import { readCredential } from '../../src/http/read-credential'
import { isServiceHost } from '../../src/http/resolve-tenant'
import type { KeyRecord } from '../../src/storage/d1/credentials'
import { ROLE_SCOPES, ROLES, SCOPES, scopesOf } from '../../src/tenant/roles'

describe('scopesOf', () => {
  it('never gives a tenant the operator scope, nor the operator a tenant scope', () => {
    const everything = [...SCOPES, 'admin']
    for (const role of ROLES) expect(scopesOf(role, everything).has('operator'), role).toBe(role === 'operator')
    expect([...scopesOf('operator', everything)]).toEqual(['operator'])
  })

  it('gives a role at most what it may, and of that only what is named', () => {
    for (const role of ROLES) {
      expect([...scopesOf(role, SCOPES)].sort()).toEqual([...ROLE_SCOPES[role]].sort())
      expect([...scopesOf(role, [])]).toEqual([])
    }
    expect([...scopesOf('viewer', ['logs:read', 'logs:write'])]).toEqual(['logs:read'])
  })

  it('takes the word admin for all of its parts, and keeps the tenant itself for owners', () => {
    const ofAdmins = SCOPES.filter((scope) => /^(admin|integrations):/.test(scope) && scope !== 'admin:tenant')
    expect([...scopesOf('admin', ['admin'])]).toEqual(ofAdmins)
    expect([...scopesOf('owner', ['admin'])]).toEqual([...ofAdmins, 'admin:tenant'])
    expect([...scopesOf('viewer', ['admin'])]).toEqual(['integrations:read'])
  })

  it('leaves out names that it does not know', () => {
    expect([...scopesOf('owner', ['logs:read', 'logs:erase', '', 'admin:', 'administer'])]).toEqual(['logs:read'])
  })
})

describe('readCredential', () => {
  const read = (headers: Record<string, string>) => readCredential(new Headers(headers), 'x-api-key')

  it('takes the bearer token, else the named header', () => {
    expect(read({ authorization: 'Bearer abc' })).toBe('abc')
    expect(read({ authorization: 'bearer   abc' })).toBe('abc')
    expect(read({ 'X-API-Key': ' abc ' })).toBe('abc')
    expect(read({ authorization: 'Bearer abc', 'x-api-key': 'def' })).toBe('abc')
    expect(read({ authorization: 'Basic YTpi', 'x-api-key': 'def' })).toBe('def')
  })

  it('answers nothing for what holds no credential', () => {
    const none = [
      {},
      { authorization: 'Bearer' },
      { authorization: 'Bearer a b' },
      { authorization: 'abc' },
      { 'x-api-key': '' },
    ]
    for (const headers of none) expect(read(Object.assign({}, headers))).toBeUndefined()
    expect(read({ authorization: `Bearer ${'a'.repeat(5000)}` })).toBeUndefined()
  })
})

describe('toPrincipal', () => {
  const record: KeyRecord = {
    ...{ id: 'key_1', tenantId: 'ten_a', kind: 'rd', role: 'viewer', scopes: ['logs:read'] },
    ...{ status: 'active', expiresMs: 1000, version: 1 },
  }
  const place = { address: '10.1.2.3', origin: undefined }
  const problemOf = (changes: Partial<KeyRecord>, from: Partial<Place> = {}, nowMs = 0): string => {
    try {
      toPrincipal({ ...record, ...changes }, { ...place, ...from }, nowMs)
      return 'none'
    } catch (error) {
      return error instanceof ApiError ? error.code : `${error}`
    }
  }

  it('refuses a key that was revoked or whose time is over, and what a newer version of the code may have written', () => {
    expect(toPrincipal(record, place, 999)).toMatchObject({
      kind: 'key',
      id: 'key_1',
      tenantId: 'ten_a',
      role: 'viewer',
    })
    expect(problemOf({}, {}, 1000)).toBe('key_revoked')
    for (const changes of [{ status: 'revoked' }, { status: 'a newer state' }, { role: 'a newer role' }])
      expect(problemOf(changes), JSON.stringify(changes)).toBe('key_revoked')
  })

  it('gives the operator no tenant, and a tenant no operator', () => {
    expect(problemOf({ role: 'operator' })).toBe('key_revoked')
    expect(problemOf({ tenantId: undefined })).toBe('key_revoked')
    expect(problemOf({ tenantId: undefined, role: 'operator', scopes: ['operator'] })).toBe('none')
  })

  it('takes a key that is bound to addresses from these only', () => {
    const bound = { addresses: ['10.0.0.0/8', '2001:db8::/32', 'nonsense'] }
    for (const address of ['10.1.2.3', '::ffff:10.9.9.9', '2001:db8::1'])
      expect(problemOf(bound, { address })).toBe('none')
    for (const address of ['11.0.0.1', '', '2001:db9::1', 'nonsense', '10.0.0.0/8'])
      expect(problemOf(bound, { address }), address).toBe('address_not_allowed')
    expect(problemOf({ addresses: [] })).toBe('address_not_allowed')
  })

  it('takes a key for browsers from its pages only', () => {
    const bound = { kind: 'pub', role: 'ingest', origins: ['https://a.example', 'https://a.example:8443'] }
    expect(problemOf(bound, { origin: 'https://a.example' })).toBe('none')
    for (const origin of [undefined, 'null', 'https://a.example.evil', 'http://a.example', 'https://A.example'])
      expect(problemOf(bound, { origin }), origin).toBe('origin_not_allowed')
    expect(problemOf({ kind: 'pub', role: 'ingest' }, { origin: 'https://a.example' })).toBe('origin_not_allowed')
  })
})

describe('hosts', () => {
  it('are compared as they are stored', () => {
    expect(hostOf('http://ACME.localhost:8787/logs?x', null)).toBe('acme.localhost')
    expect(hostOf('https://acme.example.com./', null)).toBe('acme.example.com')
    expect(hostOf('http://[::1]:80/', null)).toBe('[::1]')
  })

  it('are the service itself only when they are known to be', () => {
    const configured = new Set(['logs.example.com'])
    for (const host of ['localhost', '127.0.0.1', '[::1]', 'sluice.me.workers.dev', 'logs.example.com']) {
      expect(isServiceHost(host, configured), host).toBe(true)
    }
    for (const host of ['acme.localhost', 'workers.dev.evil.com', 'a.logs.example.com', 'myworkers.dev', '']) {
      expect(isServiceHost(host, configured), host).toBe(false)
    }
  })
})
