import { describe, expect, it } from 'vitest'
import { isAsNarrow, narrowFilter } from '../../src/query/narrow-filter'
import { parseQuery } from '../../src/query/parse'
import type { DirectoryRow } from '../../src/tenant/directory-rows'
import { sessionsOfChangedIssuers, sessionsToEnd } from '../../src/tenant/end-sessions'
import { faultOfGrant, type Grant, mayManage } from '../../src/tenant/grant'
import { ROLE_SCOPES, ROLES } from '../../src/tenant/roles'

const FILTERS = [
  'service:a',
  'service:a OR service:b',
  '-level:debug',
  'service:a # theirs',
  '(a b) c',
  'NOT (a OR b)',
  '"x) OR (y"',
]

describe('a filter that is made narrower', () => {
  it('says all of both, and is as narrow as each, whatever stands in them', () => {
    for (const own of FILTERS) {
      for (const wished of FILTERS) {
        const both = narrowFilter(own, wished)
        const { diagnostics, pipes } = parseQuery(both ?? '')
        expect([diagnostics.filter(({ severity }) => severity === 'error'), pipes], both).toEqual([[], []])
        expect(isAsNarrow(both, own), `${both} within ${own}`).toBe(true)
        expect(isAsNarrow(both, wished), `${both} within ${wished}`).toBe(true)
      }
    }
  })

  it('is not mistaken for a wider one that begins like it', () => {
    for (const wider of [undefined, '', 'service:b', '(service:a) OR b', 'service:a OR b', '-service:a', 'service:a*'])
      expect(isAsNarrow(wider, 'service:a'), wider).toBe(false)
    expect(isAsNarrow('level:error service:a', 'service:a')).toBe(true)
    expect(isAsNarrow(undefined, undefined)).toBe(true)
  })

  it('is none where one of the two can only be read in part', () => {
    for (const unread of ['service:a (', 'service:a | count', '', '/(/']) {
      expect(() => narrowFilter(unread, 'service:b'), unread).toThrow()
      expect(() => narrowFilter('service:b', unread), unread).toThrow()
      expect(isAsNarrow('service:a', unread), unread).toBe(false)
    }
  })
})

describe('a grant', () => {
  const whole = (role: keyof typeof ROLE_SCOPES): Grant => ({
    role,
    scopes: new Set(ROLE_SCOPES[role]),
    filter: undefined,
  })

  it('is at most what its giver has', () => {
    const ofTenant = ROLES.filter((role) => role !== 'operator')
    for (const own of ofTenant) {
      for (const given of ofTenant) {
        const isLess = ofTenant.indexOf(own) <= ofTenant.indexOf(given)
        const hasAll = ROLE_SCOPES[given].every((scope) => ROLE_SCOPES[own].some((had) => had === scope))
        expect(faultOfGrant(whole(own), whole(given)) === undefined, `${own} → ${given}`).toBe(isLess && hasAll)
        expect(mayManage({ role: own }, given), `${own} over ${given}`).toBe(isLess)
      }
    }
  })

  it('shows no more than its giver sees', () => {
    const some = { ...whole('admin'), filter: 'service:a' }
    expect(faultOfGrant(some, whole('viewer'))).toContain('more logs')
    expect(faultOfGrant(some, { ...whole('viewer'), filter: 'service:a level:error' })).toBeUndefined()
  })
})

describe('the sessions that end', () => {
  const session = (id: string, value: Record<string, string>): DirectoryRow => ({
    kind: 'session',
    id,
    version: 1,
    value,
  })
  const sessions = [
    session('mine', { memberId: 'mem_1', principalId: 'jwt:acme:ada' }),
    session('claimed', { principalId: 'jwt:acme:eve' }),
    session('other', { memberId: 'mem_2', principalId: 'jwt:acme:bob' }),
    session('key', { principalId: 'key_1' }),
  ]
  const member = { role: 'viewer', status: 'active', subject: 'acme:ada' }
  const ended = (before: object | undefined, after: object | undefined, id = 'mem_1') =>
    sessionsToEnd(sessions, JSON.parse(JSON.stringify([{ id, before, after }])))

  it('are those of a member who is removed or becomes another kind of member', () => {
    expect(ended(member, undefined)).toEqual(['mine'])
    for (const change of [{ role: 'editor' }, { filter: 'a' }, { status: 'suspended' }, { subject: 'acme:x' }])
      expect(ended(member, { ...member, ...change }), JSON.stringify(change)).toEqual(['mine'])
  })

  it('are not those of a member who has just been bound to their subject', () => {
    const invited = { role: 'viewer', status: 'invited', email: 'ada@acme.com' }
    expect(ended(invited, { ...invited, status: 'active', subject: 'acme:ada' })).toEqual([])
  })

  it('are those of whoever a new member may be', () => {
    expect(ended(undefined, { role: 'viewer', status: 'active', subject: 'acme:eve' }, 'mem_3')).toEqual(['claimed'])
    expect(ended(undefined, { role: 'viewer', status: 'invited', email: 'eve@acme.com' }, 'mem_3')).toEqual(['claimed'])
  })
  it('are those of an issuer that is changed in any way or taken out, and of no other', () => {
    const issuer = (id: string, more: object = {}) => ({
      ...{
        id,
        issuer: `https://${id}.com/`,
        audience: 'sluice',
        jwks_url: `https://${id}.com/keys`,
        algorithms: ['ES256'],
      },
      ...more,
    })
    const before = { jwt_issuers: [issuer('acme'), issuer('ac')] }
    const endedBy = (jwt_issuers: object[]) =>
      sessionsOfChangedIssuers(sessions, JSON.parse(JSON.stringify({ id: 'settings', before, after: { jwt_issuers } })))
    expect(endedBy([issuer('new'), issuer('ac', { untyped: true }), issuer('acme')])).toEqual([])
    const role = { default: 'viewer' }
    for (const more of [{ role }, { filter: 'logs' }, { jwks_url: 'https://x.com/' }, { audience: ['sluice', 'b'] }])
      expect(endedBy([issuer('acme', more)]), JSON.stringify(more)).toEqual(['mine', 'claimed', 'other'])
    expect(endedBy([])).toEqual(['mine', 'claimed', 'other'])
  })
})
