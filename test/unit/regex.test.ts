import { describe, expect, it } from 'vitest'
import { compileRegex, type Regex } from '../../src/query/regex/regex'

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

function regexOf(pattern: string): Regex {
  const compiled = compileRegex(pattern)
  if (!compiled.ok) throw new Error(`${pattern}: ${compiled.error.message}`)
  return compiled.value
}

function matches(pattern: string, text: string): boolean {
  const bytes = utf8(text)
  return regexOf(pattern).test(bytes, 0, bytes.length)
}

const literalOf = (pattern: string): string | undefined => {
  const { literal } = regexOf(pattern)
  return literal && new TextDecoder().decode(literal)
}

function problemOf(pattern: string): { code: string; part: string } | undefined {
  const compiled = compileRegex(pattern)
  if (compiled.ok) return undefined
  return { code: compiled.error.code, part: pattern.slice(compiled.error.from, compiled.error.to) }
}

describe('what matches', () => {
  it.each([
    ['', ['', 'x'], []],
    ['status 5\\d\\d$', ['status 500', 'x status 599'], ['status 50', 'status 5000', 'status 500 ', 'Status 500']],
    [
      'payment .* (declined|expired)',
      ['payment 17 declined', 'a payment  expired!'],
      ['payment declined', 'payment 1 ok'],
    ],
    ['^GET /v[12]/', ['GET /v1/x', 'GET /v2/'], ['GET /v3/', ' GET /v1/']],
    ['prod|staging', ['staging', 'a prod b'], ['stagin', '']],
    ['a(?:b|cd)*e', ['ae', 'abcdbe'], ['acbe']],
    ['(a|)(b|)c', ['c', 'ac', 'bc', 'abc'], ['ab']],
    ['a{2}b{0}c{1,2}d{2,}', ['aaccdd', 'aacddd'], ['acdd', 'aabcdd', 'aacd']],
    ['^a{2,3}?$', ['aa', 'aaa'], ['a', 'aaaa']],
    ['{"status":5', ['{"status":500}'], ['{"status":400}']],
    ['a{,2}', ['a{,2}'], ['aa']],
    ['(?<code>\\d+) (?P<unit>ms|s)', ['12 ms'], ['ms 12']],
    ['[^a]', ['\n', 'b', '日'], ['a', '']],
    ['[]a]+$', [']', 'a]'], ['b']],
    ['[a\\]\\-z]$', [']', '-', 'z'], ['b', '\\']],
    ['^[a-]$', ['-', 'a'], ['b']],
    ['^[[:alpha:][:^ascii:]_]$', ['x', 'é', '_'], ['1', '-']],
    ['[^\\d\\D]', [], ['', 'a', '1']],
    ['^\\x41\\x{1F600}\\u00e9\\u{65E5}\\t\\.$', ['A😀é日\t.'], ['A😀é日\t!']],
    ['\\0', ['a\0b'], ['0', '']],
  ])('%s', (pattern, matching, others) => {
    for (const text of matching) expect(matches(pattern, text), text).toBe(true)
    for (const text of others) expect(matches(pattern, text), text).toBe(false)
  })
})

describe('characters outside ASCII', () => {
  it.each([
    ['^.$', ['a', 'é', '日', '😀', '\ufffd'], ['', '\n', 'éé']],
    ['^(?s:.)$', ['\n', '😀'], ['']],
    ['^[à-ü]+$', ['éàü'], ['eé', '÷x']],
    ['^[^😀]$', ['😁', 'x'], ['😀']],
    ['^[\\x{7f}-\\x{10000}]$', ['\x7f', '\x80', '\u07ff', '\u0800', '\ud7ff', '\ue000', '\uffff', '𐀀'], ['~', '𐀁']],
    ['^\\w+$', ['az_09'], ['é']],
    ['^\\W$', ['é', '-'], ['a']],
    ['日+本', ['日日本'], ['日木']],
  ])('%s', (pattern, matching, others) => {
    for (const text of matching) expect(matches(pattern, text), text).toBe(true)
    for (const text of others) expect(matches(pattern, text), text).toBe(false)
  })

  it('are not matched by bytes that are not UTF-8', () => {
    const broken = Uint8Array.of(0x61, 0xff, 0xc3, 0x61, 0xed, 0xa0, 0x80, 0xc0, 0x80, 0x61)
    expect(regexOf('a.').test(broken, 0, broken.length)).toBe(false)
    expect(regexOf('^a').test(broken, 0, broken.length)).toBe(true)
    expect(regexOf('a$').test(broken, 0, broken.length)).toBe(true)
  })
})

describe('case', () => {
  it.each([
    ['error', ['error'], ['Error']],
    ['(?i)error', ['ERROR', 'eRRor'], ['err0r']],
    ['(?i:g)et', ['Get', 'get'], ['GET']],
    ['g(?i)et|x', ['gET', 'X'], ['GET']],
    ['(?i)a(?-i)b', ['Ab'], ['AB']],
    ['(a(?i)b)c', ['aBc'], ['aBC']],
    ['(?i)^σας$', ['ΣΑΣ', 'σασ'], ['σας.']],
    ['(?i)^task$', ['TA\u017f\u212a', 'TASK'], ['tas']],
    ['(?i)straße', ['STRAẞE'], ['STRASSE']],
    ['(?i)ошибка', ['ОШИБКА'], ['ошибки']],
    ['(?i)^[^a-y]$', ['z', 'Z', '1'], ['b', 'B', '\u212a']],
    ['(?i)i', ['I'], ['İ', 'ı']],
  ])('%s', (pattern, matching, others) => {
    for (const text of matching) expect(matches(pattern, text), text).toBe(true)
    for (const text of others) expect(matches(pattern, text), text).toBe(false)
  })
})

describe('assertions', () => {
  it.each([
    ['^$', [''], ['a', '\n']],
    ['a$', ['a'], ['a\n']],
    ['a\\z', ['ba'], ['ab']],
    ['\\Aa', ['ab'], ['ba', '\na']],
    ['(?m)^b$', ['a\nb\nc', 'b', 'b\n'], ['ab', 'a\nbc']],
    ['(?m)\\Ab', ['b'], ['a\nb']],
    ['(?m)a$\\n^b', ['a\nb'], ['ab']],
    ['(?m)^$', ['', 'a\n', 'a\n\nb'], ['a']],
    ['\\bcat\\b', ['cat', 'a cat.', 'é\u00a0cat'], ['cats', 'scat', 'cat_']],
    ['\\Bcat', ['scat'], ['cat', ' cat']],
    ['\\b', ['a'], ['', ' ', '日']],
    ['^\\B$', [''], ['a']],
    ['x*^a', ['a'], ['xa']],
    ['^a|b', ['ax', 'xb'], ['xa']],
    ['(?:^|,)a(?:,|$)', ['a', 'b,a', 'a,b'], ['ba', 'b,ab']],
  ])('%s', (pattern, matching, others) => {
    for (const text of matching) expect(matches(pattern, text), text).toBe(true)
    for (const text of others) expect(matches(pattern, text), text).toBe(false)
  })

  it('see only the range that is searched', () => {
    const bytes = utf8('xcaty')
    expect(regexOf('^cat$').test(bytes, 1, 4)).toBe(true)
    expect(regexOf('\\bcat\\b').test(bytes, 1, 4)).toBe(true)
    expect(regexOf('\\bcat\\b').test(bytes, 0, 5)).toBe(false)
    expect(regexOf('x|y').test(bytes, 1, 4)).toBe(false)
  })
})

describe('what is refused', () => {
  it.each([
    ['(?=a)', 'regex_unsupported', '(?='],
    ['a(?!b)', 'regex_unsupported', '(?!'],
    ['(?<=a)b', 'regex_unsupported', '(?<='],
    ['(?<!a)b', 'regex_unsupported', '(?<!'],
    ['(a)\\1', 'regex_unsupported', '\\1'],
    ['(?<n>a)\\k<n>', 'regex_unsupported', '\\k'],
    ['(?P<n>a)(?P=n)', 'regex_unsupported', '(?P='],
    ['a++', 'regex_unsupported', 'a++'],
    ['(?>a)', 'regex_unsupported', '(?>'],
    ['a(?R)?', 'regex_unsupported', '(?R'],
    ['(?(1)a|b)', 'regex_unsupported', '(?('],
    ['(?U)a*', 'regex_unsupported', '(?U)'],
    ['\\pL', 'regex_unsupported', '\\p'],
    ['(a', 'regex_syntax', '(a'],
    ['a)b', 'regex_syntax', ')'],
    ['[a-', 'regex_syntax', '[a-'],
    ['[z-a]', 'regex_syntax', 'z-a'],
    ['[a-\\d]', 'regex_syntax', 'a-\\d'],
    ['[[:letter:]]', 'regex_syntax', '[:letter:]'],
    ['a**', 'regex_syntax', 'a**'],
    ['|*', 'regex_syntax', '*'],
    ['(?i)*', 'regex_syntax', '*'],
    ['a\\', 'regex_syntax', '\\'],
    ['\\y', 'regex_syntax', '\\y'],
    ['\\xg0', 'regex_syntax', '\\x'],
    ['\\x{110000}', 'regex_syntax', '\\x{110000}'],
    ['\\ud83d\\ude00', 'regex_syntax', '\\ud83d'],
    ['a{2,1}', 'regex_syntax', 'a{2,1}'],
    ['(?<a>.)(?<a>.)', 'regex_syntax', '(?<a>'],
    ['a{1001}', 'regex_too_large', 'a{1001}'],
    ['a{1,2000}', 'regex_too_large', 'a{1,2000}'],
    ['(?:a{1000}){1000}', 'regex_too_large', '(?:a{1000}){1000}'],
  ])('%s', (pattern, code, part) => {
    expect(problemOf(pattern)).toEqual({ code, part })
  })

  it('what is too long or too deep', () => {
    expect(problemOf('a'.repeat(1001))?.code).toBe('regex_too_large')
    expect(problemOf('('.repeat(51) + ')'.repeat(51))?.code).toBe('regex_too_large')
    expect(problemOf('('.repeat(50) + ')'.repeat(50))).toBeUndefined()
    expect(problemOf(`${'('.repeat(40)}a${'){1000}'.repeat(40)}`)?.code).toBe('regex_too_large')
    expect(problemOf(`${'('.repeat(40)}${'){1000}'.repeat(40)}`)).toBeUndefined()
  })
})

describe('the literal', () => {
  it.each([
    ['status 5\\d\\d$', 'status 5'],
    ['user \\d+7 in', 'user '],
    ['^GET /API/', 'get /api/'],
    ['payment .* (declined|expired)', 'payment '],
    ['x(?:abc|dabc)y', 'abcy'],
    ['(?:ab){3}c', 'abababc'],
    ['(?:ab){2,}c', 'ababc'],
    ['(?:ab)+c', 'abc'],
    ['a?bc*', 'b'],
    ['日本é語', '日本'],
    ['(?i)Connect', 'connect'],
    ['(?i)risk', 'ri'],
    ['[eE]rror', 'error'],
    ['a|b', undefined],
    ['.*', undefined],
    ['', undefined],
  ])('of %s is %s', (pattern, literal) => {
    expect(literalOf(pattern)).toBe(literal)
  })
})

it.each([
  ['(?i)error', true],
  ['5\\d\\d$', true],
  ['^"[^"]*"', true],
  ['[a-zA-Z]', false],
  ['(?i)[a-z]', true],
  ['error', false],
  ['\\w', false],
  ['(?i)\\bx\\b', false],
  ['日.本', true],
])('says whether %s gives the same for folded text: %s', (pattern, safe) => {
  expect(regexOf(pattern).foldSafe).toBe(safe)
})

it('matches when folded what was matched before folding, even by what folding makes a word character', () => {
  const folded = utf8('ak')
  for (const pattern of ['A\\b', 'A\\W', 'A[^k]', 'A\\b.\\B']) {
    expect(regexOf(pattern).folded().test(folded, 0, folded.length), pattern).toBe(true)
  }
})

describe('time', () => {
  const million = 1_000_000

  it.each([
    ['(a+)+$', `${'a'.repeat(million)}b`, false],
    ['(a|aa)*b', 'a'.repeat(million), false],
    ['(.*)*x', 'y'.repeat(million), false],
    ['(?:a?){50}a{50}$', `${'a'.repeat(million)}b`, false],
    ['(x+x+)+y', 'x'.repeat(million), false],
    ['(?i)(?:a|b|ab)*\\bc', 'ab'.repeat(million / 2), false],
  ])('%s over a megabyte is one look at each byte', (pattern, text, answer) => {
    expect(matches(pattern, text)).toBe(answer)
  })

  it('keeps its answers when it has to forget states, of which this pattern has 16,384', () => {
    const regex = regexOf('a(?:a|b){13}$')
    const bytes = new Uint8Array(20_000)
    let seed = 1
    for (let index = 0; index < bytes.length; index++) {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
      bytes[index] = seed & 0x10000 ? 0x61 : 0x62
    }
    const wrong = [20, 5000, 19_000, 19_990, 20_000].filter(
      (to) => regex.test(bytes, 0, to) !== (bytes[to - 14] === 0x61),
    )
    expect(wrong).toEqual([])
  })
})
