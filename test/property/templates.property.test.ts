import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bytesOfCell, joinCells, type TextCells } from '../../src/blocks/block'
import { containsTest, equalsTest, needleTest } from '../../src/query/cell-test'
import { scanTemplates } from '../../src/query/template-scan'
import { toTemplates } from '../../src/segments/template-cells'
import { fromTemplates } from '../../src/segments/template-reader'

const encoder = new TextEncoder()
const decoder = new TextDecoder()

const cellsOf = (texts: readonly string[]): TextCells =>
  joinCells(texts.length, (index) => encoder.encode(texts[index]))

const textsOf = (cells: TextCells): string[] =>
  Array.from({ length: cells.count }, (_, cell) => decoder.decode(bytesOfCell(cells, cell)))

const value = fc.oneof(
  fc.integer({ min: 0, max: 20 }).map(String),
  fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }).map(String),
  fc.constantFrom(
    '0',
    '00',
    '007',
    '10',
    '100',
    '1000000000',
    '999999999',
    '123456789012345',
    '1234567890123456',
    'a1',
    '1e9',
    'é2',
  ),
)
const pattern = fc.constantFrom(
  'user N in N ms',
  'N',
  'N.N.N.N',
  'status N',
  'N-N',
  'é N',
  'no value',
  '',
  'took N ms, N left',
)
const text = fc
  .tuple(pattern, fc.array(value, { minLength: 4, maxLength: 4 }))
  .map(([form, values]) => values.reduce((made, own) => made.replace('N', () => own), form))
const texts = fc.array(
  fc.oneof({ weight: 8, arbitrary: text }, { weight: 1, arbitrary: fc.string({ unit: 'grapheme' }) }),
  {
    maxLength: 60,
  },
)

describe('texts as templates and values', () => {
  it('are the same texts when they are written out again', () => {
    fc.assert(
      fc.property(texts, (given) => {
        const folded = given.map((own) => own.toLowerCase())
        const templates = toTemplates(cellsOf(folded))
        if (templates) expect(textsOf(fromTemplates(templates))).toEqual(folded)
      }),
      { numRuns: 1000 },
    )
  })

  it('hold a needle in just those cells where the text holds it', () => {
    const needle = fc.oneof(
      value,
      fc.constantFrom(
        'user',
        'ser ',
        ' in ',
        ' ms',
        'status 5',
        'status',
        '.',
        '1.',
        '.1',
        '0',
        '00',
        ' ',
        'n',
        'in 1',
        '1 ms',
      ),
      fc.tuple(value, fc.constantFrom(' ', '.', '-', ' ms', ' in '), value).map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(texts, needle, (given, wanted) => {
        const folded = given.map((own) => own.toLowerCase())
        const templates = toTemplates(cellsOf(folded))
        if (!templates) return
        for (const test of [
          containsTest(wanted),
          equalsTest({ text: wanted, quoted: true }),
          needleTest(encoder.encode(wanted)),
        ]) {
          const found: number[] = []
          const bytes = test.needle ?? encoder.encode(wanted)
          scanTemplates(
            templates,
            test,
            bytes,
            (cell) => encoder.encode(folded[cell]),
            (cell) => found.push(cell),
          )
          const isExact = test.exact !== undefined
          const expected = folded.flatMap((own, cell) =>
            (isExact ? own === wanted : own.includes(wanted)) ? [cell] : [],
          )
          expect(found).toEqual(expected)
        }
      }),
      { numRuns: 2000 },
    )
  })

  it.each(['0', '1', '5', '50', '500', '05', '00', '20'])(
    'hold %s beside a separator in just those cells where the text does',
    (digits) => {
      const given = Array.from({ length: 2000 }, (_, index) => `took ${index} ms, ${index * 7}-${index % 3}-${index}`)
      const templates = toTemplates(cellsOf(given)) ?? expect.fail('the texts follow no pattern')
      for (const wanted of [
        ` ${digits}`,
        `-${digits}`,
        `${digits} `,
        `${digits}-`,
        `-${digits}-`,
        ` ${digits} `,
        digits,
      ]) {
        const found: number[] = []
        scanTemplates(
          templates,
          containsTest(wanted),
          encoder.encode(wanted),
          (cell) => encoder.encode(given[cell]),
          (cell) => found.push(cell),
        )
        expect(found, wanted).toEqual(given.flatMap((text, cell) => (text.includes(wanted) ? [cell] : [])))
      }
    },
  )

  it('keep texts whole that have more values than places, or are long', () => {
    const long = Array.from({ length: 40 }, (_, index) => `n${index} ${index}`).join(' ')
    const given = [
      ...Array.from({ length: 50 }, (_, index) => `took ${index} ms of the time that there was`),
      long,
      'x 1 '.repeat(400),
    ]
    const templates = toTemplates(cellsOf(given))
    expect(templates && textsOf(fromTemplates(templates))).toEqual(given)
  })

  it('are not made of a column whose texts follow no pattern', () => {
    const given = Array.from(
      { length: 3000 },
      (_, index) => `${String.fromCodePoint(0x4e00 + index)} happened at ${index}`,
    )
    expect(toTemplates(cellsOf(given))).toBeUndefined()
  })

  it('are not made of a column whose values are no numbers', () => {
    const given = Array.from({ length: 300 }, (_, index) => `a${index}b${index}c${index}`)
    expect(toTemplates(cellsOf(given))).toBeUndefined()
  })
})
