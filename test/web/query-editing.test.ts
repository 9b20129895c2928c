import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseQuery } from '../../src/query/parse'
import { printQuery } from '../../src/query/print'
import type { Node } from '../../src/query/syntax'
import { queryOfPaste, suggest } from '../../web/src/explore/complete'
import { clausesOf, termOf, withOnly, withoutClause, withTerm } from '../../web/src/explore/edit-query'
import { highlight } from '../../web/src/explore/highlight'

const isExcluded = true

/** What has to match, each by itself: how it is grouped means nothing. */
const partsOf = (filter: Node | undefined): string[] =>
  filter?.type === 'and' ? filter.children.flatMap(partsOf) : [printQuery({ filter, pipes: [], diagnostics: [] })]

describe('editing a query by clicks', () => {
  it.each([
    ['', 'level:error', 'level:error'],
    ['service:web', 'level:error', 'service:web level:error'],
    ['-level:error service:web', 'level:error', 'service:web level:error'],
    ['a OR b', 'level:error', '(a OR b) level:error'],
    ['service:web | count by level', 'level:error', 'service:web level:error | count by level'],
  ])('%s with %s', (query, term, wanted) => {
    expect(withTerm(query, term, { isExcluded: false })).toBe(wanted)
  })

  it('leaves a value out, and takes back that it was asked for', () => {
    expect(withTerm('level:error service:web', 'level:error', { isExcluded })).toBe('service:web -level:error')
  })

  it('asks for nothing else of a field', () => {
    expect(withOnly('level:error level:warn service:web', 'level', 'level:info')).toBe('service:web level:info')
  })

  it('takes out one clause at a time', () => {
    expect(clausesOf('level:error "card declined" -healthz')).toEqual(['level:error', '"card declined"', '-healthz'])
    expect(withoutClause('level:error "card declined" -healthz', 1)).toBe('level:error -healthz')
  })

  it('writes every value so that the parser reads just that value', () => {
    void fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (value) => {
        const { filter, diagnostics } = parseQuery(termOf('user', value))
        expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([])
        expect(filter).toMatchObject({ type: 'field', name: 'user', test: { op: 'eq', value: { text: value } } })
      }),
    )
  })

  it('adds to any query without changing what it asked', () => {
    const term = termOf('service', 'x')
    const query = fc.constantFrom('a', 'a OR b', '(a b)', '-(a OR b)', 'level:error', '"p q" c', 'x:1..5', 'NOT a')
    void fc.assert(
      fc.property(query, (before) => {
        const after = parseQuery(withTerm(before, term, { isExcluded: false }))
        const wanted = parseQuery(`(${before}) ${term}`)
        expect(partsOf(after.filter)).toEqual(partsOf(wanted.filter))
      }),
    )
  })
})

describe('the layer behind the box', () => {
  it('has each character of the query once, in order', () => {
    void fc.assert(
      fc.property(fc.string(), (query) => {
        const { pieces } = highlight(query)
        expect(pieces.map(({ text }) => text).join('')).toBe(query)
      }),
    )
  })
})

describe('completion', () => {
  const known = {
    fields: [
      { name: 'level', note: '' },
      { name: 'http.status', note: '' },
      { name: 'status', note: '' },
    ],
    valuesOf: (field: string) => (field === 'level' ? [{ value: 'error', count: 3 }] : undefined),
    recent: ['level:error'],
  }
  const labels = (query: string) => suggest(query, query.length, known).map(({ insert }) => insert)

  it('offers recent searches, fields that begin so before those that hold it, and values', () => {
    expect(labels('')).toEqual(['level:error'])
    expect(labels('stat')).toEqual(['status:', 'http.status:'])
    expect(labels('a level:')).toEqual(['level:error '])
    expect(labels('-lev')).toEqual(['-level:'])
  })

  it.each([
    ['{"level":"error","message":"card declined","x":1}', 'level:error "card declined"'],
    ['4bf92f3577b34da6a3ce929d0e0e4736', 'trace_id:4bf92f3577b34da6a3ce929d0e0e4736'],
    ['    at Stock.reserve (/srv/app/reserve.js:10:7)', '"Stock.reserve"'],
    ['plain words', undefined],
  ])('makes a query of a paste: %s', (text, query) => {
    expect(queryOfPaste(text)).toBe(query)
  })
})
