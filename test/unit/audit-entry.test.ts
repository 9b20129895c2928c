import { describe, expect, it } from 'vitest'
import { actionOf, isRefusal, planFor } from '../../src/audit/audit-action'
import { type AuditNote, changesOf, draftOf, entryText } from '../../src/audit/audit-entry'
import { matchingEntries } from '../../src/audit/matching-entries'
import { toShownEntry } from '../../src/audit/shown-entry'
import { AUDIT_ENTRY_BYTES_MAX, RECORD_BYTES_MAX } from '../../src/limits/limits'
import { compileFilter } from '../../src/query/filter'
import { parseQuery } from '../../src/query/parse'

const NOW_MS = Date.UTC(2026, 10, 21, 10)

const request: AuditNote = {
  ...({ requestId: 'req_a', kind: 'key', role: 'viewer', action: 'search', route: 'GET /logs' } as const),
  ...{ params: {}, asked: 'q=timeout' },
}
const by = {
  ...{ tenantId: 'ten_a', host: 'acme.localhost', keyId: 'key_a', address: '203.0.113.7', settingsVersion: 1 },
  request,
}

describe('an entry', () => {
  it('says who did what from where', () => {
    expect(draftOf(by)).toEqual({
      ...{ action: 'search', route: 'GET /logs', request: 'req_a', asked: 'q=timeout' },
      actor: { id: 'key_a', kind: 'key', role: 'viewer' },
      from: { address: '203.0.113.7', host: 'acme.localhost' },
    })
  })

  it('tells of the service what the service did by itself', () => {
    const { request: _request, ...itself } = by
    expect(draftOf(itself, { changes: [] })).toMatchObject({
      action: 'change',
      actor: { id: 'key_a', kind: 'service' },
    })
  })

  it('keeps no secret: not of a row, a document of settings, or a query', () => {
    const before = { hash: 'f'.repeat(64), note: 'old', status: 'active' }
    const after = { ...before, hash: 'e'.repeat(64), note: 'slc_rd_ is not a key' }
    const settings = { webhook: { url: 'https://user:hunter2hunter2@a.example/x', client_secret: 's3cr3t-s3cr3t' } }
    const [key, put] = changesOf([
      { what: 'key.edited', kind: 'key', id: 'key_b', before, after },
      { what: 'settings.put', kind: 'settings', id: 'settings', before: undefined, after: settings },
    ])
    expect(key).toMatchObject({
      before: { hash: '[REDACTED:secret]', note: 'old' },
      after: { hash: '[REDACTED:secret]', note: 'slc_rd_ is not a key' },
    })
    // What is the same is not told.
    expect(key.before).not.toHaveProperty('status')
    expect(put.before).toBeNull()
    const text = JSON.stringify(put)
    expect(text).not.toMatch(/hunter2|s3cr3t/)
    expect(text).toContain('[REDACTED:url_password]')
    const asked = 'q=token=ghp_0123456789abcdefghijklmnopqrstuvwxyzAB'
    expect(draftOf({ ...by, request: { ...by.request, asked } }).asked).not.toContain('ghp_0123456789')
  })

  it('that would be too large tells of its rows by their hashes', () => {
    const after = { note: 'x'.repeat(AUDIT_ENTRY_BYTES_MAX) }
    const changes = changesOf([{ what: 'key.edited', kind: 'key', id: 'key_b', before: {}, after }])
    const text = entryText(draftOf(by, { changes }), 1, NOW_MS)
    expect(text.length).toBeLessThan(AUDIT_ENTRY_BYTES_MAX)
    expect(JSON.parse(text).changes[0]).toMatchObject({
      id: 'key_b',
      after: { bytes: JSON.stringify(after).length, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    })
    const note = 'x'.repeat(100)
    const many = Array.from({ length: 5000 }, (_, index) => ({ ...changes[0], id: `key_${index}`, after: { note } }))
    const short = entryText(draftOf(by, { changes: many }), 1, NOW_MS)
    expect(short.length).toBeLessThan(AUDIT_ENTRY_BYTES_MAX)
    expect(JSON.parse(short).omitted).toBe(4900)
  })
})

describe('what a request leaves', () => {
  const request = { method: 'GET', route: '/logs', scope: 'logs:read', status: 200, hasEntry: false }

  it('is the number of rows where the object has accounted for the read, and nothing where nothing was read', () => {
    expect(planFor({ ...request, hasEntry: true })).toBe('answer')
    expect(planFor({ ...request, status: 400 })).toBe('nothing')
    expect(planFor({ ...request, method: 'POST', scope: 'logs:write' })).toBe('nothing')
    expect(planFor({ ...request, route: '/health', scope: 'public' })).toBe('nothing')
  })

  it('is an entry for each refusal, wherever it was refused', () => {
    for (const status of [401, 403]) {
      expect(planFor({ ...request, status })).toBe('entry')
      expect(planFor({ ...request, method: 'POST', scope: undefined, status })).toBe('entry')
    }
    expect(planFor({ ...request, scope: undefined, status: 404 })).toBe('entry')
    expect(isRefusal({ scope: 'logs:read', status: 404 })).toBe(false)
  })

  it('is an entry for what is administered, and for signing in and out', () => {
    for (const [method, route] of [
      ['GET', '/admin/usage'],
      ['PUT', '/admin/settings'],
      ['POST', '/session'],
      ['DELETE', '/session'],
      ['GET', '/anything/new'],
    ])
      expect(planFor({ ...request, method, route }), route).toBe('entry')
    expect(planFor({ ...request, method: 'PUT', route: '/admin/settings', hasEntry: true })).toBe('nothing')
    expect(planFor({ ...request, scope: 'operator' })).toBe('operator')
  })

  it('names what the route does', () => {
    const named = [
      ['GET', '/logs', 'search'],
      ['POST', '/logs/search', 'search'],
      ['GET', '/analytics/facets', 'search'],
      ['GET', '/logs/export', 'export'],
      ['GET', '/logs/:id/context', 'view'],
      ['GET', '/api/v1/logs/logs/:id/full', 'view'],
      ['GET', '/api/v1/logs/config/:service', 'read'],
      ['PUT', '/api/v1/logs/config/:service', 'change'],
      ['POST', '/api/v1/logs/ingest/batch', 'ingest'],
      ['POST', '/session', 'sign_in'],
      ['GET', '/admin/audit', 'read_audit'],
      ['GET', '/tail', 'tail'],
      ['DELETE', '/admin/keys/:key', 'change'],
    ]
    for (const [method, route, action] of named) expect(actionOf(method, route), route).toBe(action)
  })
})

describe('a shown entry', () => {
  const text = entryText(draftOf(by), 7, NOW_MS)
  const row = { number: 7, hash: 'f'.repeat(64), text }

  it('says what became of a read once that is known', () => {
    expect(toShownEntry(row, new Map())).toMatchObject({ id: 'aud_7', outcome: 'unknown', level: 'info' })
    const answer = { entry: 7, status: 200, rows: 10, matched: 12 }
    expect(toShownEntry(row, new Map([[7, answer]]))).toMatchObject({
      outcome: 'done',
      status: 200,
      rows: 10,
      matched: 12,
    })
    expect(toShownEntry(row, new Map([[7, { entry: 7, status: 404, rows: 0 }]]))).toMatchObject({ outcome: 'failed' })
  })

  it('is found by the query language, as a log would be', () => {
    const answers = new Map([[7, { entry: 7, status: 200, rows: 10 }]])
    const other = { ...row, number: 8, text: entryText(draftOf(by, { status: 403, refused: true }), 8, NOW_MS + 1) }
    const entries = [row, other].map((one) => toShownEntry(one, answers)).filter((entry) => entry !== undefined)
    const found = (query: string): string[] => {
      const compiled = compileFilter(parseQuery(query).filter, NOW_MS)
      if (!compiled.ok) throw new Error(compiled.problem.message)
      return matchingEntries({ asked: compiled.filter, visible: undefined }, entries, NOW_MS).map(({ id }) => id)
    }
    expect(found('')).toEqual(['aud_7', 'aud_8'])
    expect(found('action:search')).toEqual(['aud_7', 'aud_8'])
    expect(found('outcome:refused')).toEqual(['aud_8'])
    expect(found('rows:>5')).toEqual(['aud_7'])
    expect(found('actor.id:key_a from.address:203.0.113.7 -level:warn')).toEqual(['aud_7'])
    expect(found('timeout status:403')).toEqual(['aud_8'])
    expect(found('number:8 OR number:9')).toEqual(['aud_8'])
  })
  it('that cannot be looked into is shown to who sees everything, and to nobody else', () => {
    const entry = toShownEntry(row, new Map()) ?? expect.fail('it cannot be read')
    const entries = [entry, { ...entry, id: 'aud_8', details: 'x'.repeat(RECORD_BYTES_MAX) }]
    const all = compileFilter(undefined, NOW_MS)
    if (!all.ok) throw new Error(all.problem.message)
    const found = (visible: typeof all.filter | undefined) =>
      matchingEntries({ asked: all.filter, visible }, entries, NOW_MS).map(({ id }) => id)
    expect(found(undefined)).toEqual(['aud_7', 'aud_8'])
    expect(found(all.filter)).toEqual(['aud_7'])
  })
})
