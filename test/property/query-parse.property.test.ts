import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseQuery } from '../../src/query/parse'
import { printQuery } from '../../src/query/print'
import type { Node, Query, Span } from '../../src/query/syntax'
import { cidrContains, parseCidr, parseQuantity, parseTime } from '../../src/query/values'

const PIECES = [
  ...[
    ' ',
    '  ',
    '\n',
    '(',
    ')',
    '|',
    '||',
    ',',
    '{',
    '}',
    '[',
    ']',
    '#',
    '# ',
    '\\',
    '\\*',
    '\\ ',
    '"',
    "'",
    '`',
    '😀',
    '\u00a0',
  ],
  ...[':', '=', '!=', '=~', '!~', '>', '>=', '<', '<=', '~', '..', '*', '?', '-', '!', '+', '@', '&&', '.', '/', '%'],
  ...[
    'a',
    'level',
    'service',
    'eror',
    'msg',
    '_time',
    'http.status',
    'or',
    'OR',
    'And',
    'AND',
    'NOT',
    'not',
    'in',
    'TO',
    '[1 TO 5]',
  ],
  ...[
    '5',
    '1.5s',
    '10.0.0.0/8',
    '::1/64',
    '1..5',
    '"x y"',
    '`z`',
    'C:\\',
    '://',
    '"a":',
    'b:',
    'c:(',
    'd=',
    '/5../',
    '[1 TO',
  ],
  ...[
    'count',
    'by',
    'stats',
    'p95(',
    'count()',
    'as',
    'top',
    'timeline',
    '5m',
    'patterns',
    'fields',
    'sort',
    '-x',
    'limit',
    'dedup',
  ],
] as const

const queryish = fc.array(fc.constantFrom(...PIECES), { maxLength: 24 }).map((pieces) => pieces.join(''))
const spaced = fc.array(fc.constantFrom(...PIECES), { maxLength: 16 }).map((pieces) => pieces.join(' '))
const anyText = fc.oneof(fc.string({ unit: 'binary', maxLength: 60 }), fc.string({ maxLength: 60 }), queryish, spaced)

const withoutSpans = (query: Query): unknown =>
  JSON.parse(
    JSON.stringify({ ...query, diagnostics: [] }, (key, value: unknown) => (key === 'span' ? undefined : value)),
  )

const spansOf = (node: Node | undefined): readonly Span[] => {
  if (!node) return []
  if (node.type === 'and' || node.type === 'or') return [node.span, ...node.children.flatMap(spansOf)]
  return node.type === 'not' ? [node.span, ...spansOf(node.child)] : [node.span]
}

const isWithin = ({ from, to }: Span, text: string): boolean => 0 <= from && from <= to && to <= text.length

describe('any text', () => {
  it('is read without a throw, and every span lies within it', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const { filter, pipes, diagnostics } = parseQuery(text)
        const spans = [...spansOf(filter), ...pipes.map(({ span }) => span), ...diagnostics.map(({ span }) => span)]
        expect(spans.filter((span) => !isWithin(span, text))).toEqual([])
      }),
      { numRuns: 5000 },
    )
  })

  it('reads the same from its normal spelling, which is its own and has no errors', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const query = parseQuery(text)
        const printed = printQuery(query)
        const again = parseQuery(printed)
        expect(withoutSpans(again), printed).toEqual(withoutSpans(query))
        expect(printQuery(again)).toBe(printed)
        expect(again.diagnostics.filter(({ severity }) => severity === 'error')).toEqual([])
      }),
      { numRuns: 5000 },
    )
  })

  it('is no number, time or address block, or is one, but never a throw', () => {
    const cidr = { family: 4, bytes: [10, 0, 0, 0], prefix: 8 } as const
    fc.assert(
      fc.property(fc.oneof(anyText, fc.stringMatching(/^[-+\d.:a-fhmsTZ/%]{0,24}$/)), (text) => {
        const values = [parseQuantity(text), parseTime(text, 0), parseCidr(text)?.prefix]
        expect(values.every((value) => value === undefined || Number.isFinite(value))).toBe(true)
        expect(typeof cidrContains(cidr, text)).toBe('boolean')
      }),
      { numRuns: 3000 },
    )
  })
})
