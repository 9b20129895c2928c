import { describe, expect, it } from 'vitest'
import { scopesFrom } from '../../src/http/access'
import { readCredential, toPrincipal } from '../../src/http/authenticate'
import { hostOf } from '../../src/http/configure'
import { isServiceHost } from '../../src/http/resolve-tenant'

describe('scopesFrom', () => {
  it('never gives a tenant the operator scope, nor the operator a tenant scope', () => {
    const everything = ['logs:write', 'logs:read', 'admin', 'operator']
    expect([...scopesFrom(everything, 'ten_a')]).toEqual(['logs:write', 'logs:read', 'admin'])
    expect([...scopesFrom(everything, undefined)]).toEqual(['operator'])
  })

  it('leaves out names that it does not know', () => {
    expect([...scopesFrom(['logs:read', 'logs:erase', ''], 'ten_a')]).toEqual(['logs:read'])
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
  const record = { id: 'key_1', tenantId: 'ten_a', scopes: ['logs:read'], status: 'active', expiresMs: 1000 }

  it('refuses a key that was revoked or whose time is over', () => {
    expect(toPrincipal(record, 999)).toMatchObject({ id: 'key_1', tenantId: 'ten_a' })
    expect(() => toPrincipal(record, 1000)).toThrow(expect.objectContaining({ code: 'key_revoked' }))
    expect(() => toPrincipal({ ...record, status: 'revoked' }, 0)).toThrow(
      expect.objectContaining({ code: 'key_revoked' }),
    )
    expect(() => toPrincipal({ ...record, status: 'a newer state' }, 0)).toThrow(
      expect.objectContaining({ code: 'key_revoked' }),
    )
  })
})

describe('hosts', () => {
  it('are compared as they are stored', () => {
    expect(hostOf('http://ACME.localhost:8787/logs?x')).toBe('acme.localhost')
    expect(hostOf('https://acme.example.com./')).toBe('acme.example.com')
    expect(hostOf('http://[::1]:80/')).toBe('[::1]')
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
