import fc from 'fast-check'
import { expect, it } from 'vitest'
import { compileRegex } from '../../src/query/regex/regex'

const ATOMS = ['a', 'b', 'ab', 'é', '日', '.', '[ab]', '[^a]', '\\d', '[é-日]']
const REPEATS = ['*', '+', '?', '{2}', '{1,3}', '+?']

const patterns = fc.letrec<{ pattern: string; item: string }>((tie) => ({
  item: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(...ATOMS),
    fc.tuple(tie('pattern'), fc.constantFrom(...REPEATS)).map(([inner, repeat]) => `(?:${inner})${repeat}`),
  ),
  pattern: fc.oneof(
    { maxDepth: 3 },
    tie('item'),
    fc.tuple(tie('item'), tie('pattern')).map(([one, rest]) => one + rest),
    fc.tuple(tie('item'), tie('pattern')).map(([one, other]) => `(?:${one}|${other})`),
  ),
})).pattern

const texts = fc
  .array(fc.constantFrom('a', 'b', 'é', '日', '1', '😀', '\n'), { maxLength: 12 })
  .map((all) => all.join(''))

/** Every match by trying every beginning and every end: leftmost, of these the longest, none empty. */
function naiveSpans(pattern: string, text: string): string[] {
  const whole = new RegExp(`^(?:${pattern})$`, 'u')
  const characters = [...text]
  const found: string[] = []
  for (let from = 0; from < characters.length; ) {
    const ends = Array.from({ length: characters.length - from }, (_, index) => characters.length - index)
    const to = ends.find((end) => whole.test(characters.slice(from, end).join('')))
    if (to !== undefined) found.push(`${from} ${characters.slice(from, to).join('')}`)
    from = to ?? from + 1
  }
  return found
}

it('finds the leftmost longest matches that trying everything finds', () => {
  fc.assert(
    fc.property(patterns, texts, (pattern, text) => {
      const compiled = compileRegex(pattern)
      if (!compiled.ok) throw new Error(compiled.error.message)
      const bytes = Buffer.from(text)
      const spans = compiled.value.spans(bytes).map(({ from, to }) => {
        const before = [...bytes.subarray(0, from).toString()].length
        return `${before} ${bytes.subarray(from, to).toString()}`
      })
      expect(spans).toEqual(naiveSpans(pattern, text))
    }),
    { numRuns: 2000 },
  )
})

it('sees the edges of words and lines', () => {
  const spansOf = (pattern: string, text: string): string[] => {
    const compiled = compileRegex(pattern)
    if (!compiled.ok) throw new Error(compiled.error.message)
    const bytes = Buffer.from(text)
    return compiled.value.spans(bytes).map(({ from, to }) => `${from} ${bytes.subarray(from, to).toString()}`)
  }
  expect(spansOf('\\bEMP-\\d+\\b', 'EMP-12, xEMP-3 EMP-4x EMP-567')).toEqual(['0 EMP-12', '22 EMP-567'])
  expect(spansOf('(?m)^id=.*$', 'id=1\nno id=2\nid=3')).toEqual(['0 id=1', '13 id=3'])
  expect(spansOf('(?i)kunde \\d{4}', 'Kunde 1234 KUNDE 99 kunde 5678')).toEqual(['0 Kunde 1234', '20 kunde 5678'])
})

it('takes the rest of a text as one match where looking again would cost more than the text allows', () => {
  const compiled = compileRegex('a.*b|a')
  if (!compiled.ok) throw new Error(compiled.error.message)
  const bytes = Buffer.alloc(50_000, 'a')
  const spans = compiled.value.spans(bytes)
  expect(spans.length).toBeLessThan(100)
  expect(spans.at(-1)?.to).toBe(bytes.length)
})
