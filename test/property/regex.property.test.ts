import fc from 'fast-check'
import { expect, it } from 'vitest'
import { compileRegex, type Regex } from '../../src/query/regex/regex'
import { foldAscii, foldText } from '../../src/records/fold'

const RUNS = { numRuns: 1000 }

/** Letters with and without case, such as fold into ASCII, and some of each encoded length. */
const CHARACTERS = ['a', 'b', 'A', 'k', 's', 'K', '\u212a', 'ſ', '1', '_', ' ', '\n', 'é', 'É', 'ς', 'Σ', '日', '😀']

const ATOMS = [
  ...['a', 'b', 'B', 'k', 's', 'S', '1', '_', ' ', 'é', 'É', 'σ', '日', '😀', '\\u212a', 'ſ', 'ab', 'ks'],
  ...[
    '.',
    '\\d',
    '\\D',
    '\\w',
    '\\W',
    '\\s',
    '\\S',
    '[ab1]',
    '[^a]',
    '[^\\w]',
    '[a-k\\d]',
    '[^\\Wk]',
    '[é-日]',
    '[^😀]',
  ],
]

const ASSERTIONS = ['^', '$']

const WORD_ASSERTIONS = ['\\b', '\\B']

const REPEATS = ['*', '+', '?', '*?', '+?', '{2}', '{1,2}', '{0,2}', '{2,}']

/** Patterns that mean the same to RE2 and to RegExp. */
const patterns = (atoms: readonly string[]): fc.Arbitrary<string> =>
  fc.letrec<{ pattern: string; item: string }>((tie) => ({
    item: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      { weight: 4, arbitrary: fc.constantFrom(...atoms) },
      { weight: 1, arbitrary: tie('pattern').map((inner) => `(${inner})`) },
      {
        weight: 2,
        arbitrary: fc.tuple(tie('item'), fc.constantFrom(...REPEATS)).map(([item, repeat]) => `(?:${item})${repeat}`),
      },
    ),
    pattern: fc
      .array(fc.array(tie('item'), { maxLength: 4 }), { minLength: 1, maxLength: 3 })
      .map((choices) => choices.map((items) => items.join('')).join('|')),
  })).pattern

const plainPatterns = patterns([...ATOMS, ...ASSERTIONS, ...WORD_ASSERTIONS])

const texts = fc.array(fc.constantFrom(...CHARACTERS), { maxLength: 10 }).map((characters) => characters.join(''))

const someTexts = fc.array(texts, { minLength: 5, maxLength: 5 })

const flags = fc.subarray(['i', 'm', 's']).map((letters) => letters.join(''))

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

const withFlags = (letters: string, pattern: string): string => (letters === '' ? pattern : `(?${letters})${pattern}`)

function regexOf(pattern: string): Regex {
  const compiled = compileRegex(pattern)
  if (!compiled.ok) throw new Error(`${pattern}: ${compiled.error.message}`)
  return compiled.value
}

const isIn = (regex: Regex, bytes: Uint8Array): boolean => regex.test(bytes, 0, bytes.length)

const contains = (bytes: Uint8Array, literal: Uint8Array): boolean => Buffer.from(bytes).includes(literal)

it('gives the answer of RegExp', () => {
  fc.assert(
    fc.property(plainPatterns, flags, someTexts, (pattern, letters, samples) => {
      // To RegExp ſ and the Kelvin sign are word characters when case is ignored; to RE2 a boundary is one of ASCII.
      fc.pre(!letters.includes('i') || !/\\b/i.test(pattern))
      const regex = regexOf(withFlags(letters, pattern))
      const native = new RegExp(pattern, `${letters}u`)
      // V8 finds a \B between the halves of a surrogate pair: /\B/u.exec('a😀a').index is 2, inside the character.
      const comparable = pattern.includes('\\B') ? samples.filter((text) => !text.includes('😀')) : samples
      for (const text of comparable) expect(isIn(regex, utf8(text)), text).toBe(native.test(text))
    }),
    RUNS,
  )
})

it('finds no \\B inside a character of four bytes', () => {
  expect(isIn(regexOf('\\B'), utf8('a😀a'))).toBe(false)
  expect(isIn(regexOf('\\B'), utf8('😀😀'))).toBe(true)
})

it('gives the same answer for a text that stands inside a longer one', () => {
  fc.assert(
    fc.property(plainPatterns, flags, texts, texts, texts, (pattern, letters, before, text, after) => {
      const regex = regexOf(withFlags(letters, pattern))
      const from = utf8(before).length
      const inside = regex.test(utf8(before + text + after), from, from + utf8(text).length)
      expect(inside).toBe(isIn(regex, utf8(text)))
    }),
    RUNS,
  )
})

it('finds its literal in every folded text that it matches', () => {
  fc.assert(
    fc.property(plainPatterns, flags, someTexts, (pattern, letters, samples) => {
      const regex = regexOf(withFlags(letters, pattern))
      for (const text of samples) {
        if (!regex.literal || !isIn(regex, utf8(text))) continue
        expect(contains(foldAscii(utf8(text)), regex.literal)).toBe(true)
        expect(contains(utf8(foldText(text)), regex.literal)).toBe(true)
      }
    }),
    RUNS,
  )
})

it('matches folded, once folded, every text that it matches', () => {
  fc.assert(
    fc.property(plainPatterns, flags, someTexts, (pattern, letters, samples) => {
      const regex = regexOf(withFlags(letters, pattern))
      for (const text of samples.filter((sample) => isIn(regex, utf8(sample)))) {
        expect(isIn(regex.folded(), utf8(foldText(text)))).toBe(true)
        expect(isIn(regex.folded(), foldAscii(utf8(text)))).toBe(true)
      }
    }),
    RUNS,
  )
})

it('gives one answer for a text and its folded form when it says so, as it does when case is ignored', () => {
  fc.assert(
    fc.property(patterns([...ATOMS, ...ASSERTIONS]), flags, someTexts, (pattern, letters, samples) => {
      const regex = regexOf(withFlags(`i${letters}`, pattern))
      expect(regex.foldSafe).toBe(true)
      for (const text of samples) expect(isIn(regex, utf8(foldText(text)))).toBe(isIn(regex, utf8(text)))
    }),
    RUNS,
  )
})

it('refuses or compiles any text, and points into it when it refuses', () => {
  const pieces = [
    '(',
    ')',
    '[',
    ']',
    '{',
    '}',
    '?',
    '*',
    '+',
    '|',
    '\\',
    '^',
    '-',
    ':',
    '<',
    '1',
    ',',
    'a',
    'P',
    '日',
    'i',
  ]
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 12 }), (characters) => {
      const pattern = characters.join('')
      const compiled = compileRegex(pattern)
      if (compiled.ok) return void compiled.value.test(utf8(pattern), 0, 3)
      expect(compiled.error.from).toBeLessThan(compiled.error.to)
      expect(compiled.error.to).toBeLessThanOrEqual(pattern.length)
    }),
    RUNS,
  )
})
