import fc from 'fast-check'
import { claimOf } from '../../src/records/names'
import { secretKeyKind } from '../../src/records/redact/redact'

/** JSON as somebody may have typed it: not a value, but its spelling. */
export type JsonSource = string

/** JSON text without its insignificant white space, as plainly as it can be said: the oracle for what has to come back. */
export function withoutSpace(source: JsonSource): string {
  return source.replace(/("(?:[^"\\]|\\.)*")|[ \t\r\n]+/gs, (_, text: string | undefined) => text ?? '')
}

const space = fc.oneof(
  { weight: 6, arbitrary: fc.constant('') },
  { weight: 2, arbitrary: fc.constant(' ') },
  { weight: 1, arbitrary: fc.string({ unit: fc.constantFrom(' ', '\t', '\n', '\r'), maxLength: 4 }) },
)

/** White space that does not end a line, for formats in which a record is one. */
const spaceInLine = fc.oneof(fc.constant(''), fc.constant(' '), fc.constant('\t '))

const hex = fc.constantFrom(
  '0',
  '00',
  '1',
  '7f',
  '80',
  'E9',
  'e9',
  'd7ff',
  'D800',
  'dbff',
  'dc00',
  'DFFF',
  'feff',
  'ffff',
)

const characterSource = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...'abcXYZ 019.,:{}[]/-_@ßéÉİıſKςǅ\u007f\u0080\u2028\ufeff\ufffd漢😀𐐀') },
  { weight: 2, arbitrary: fc.constantFrom(...['\\"', '\\\\', '\\/', '\\b', '\\f', '\\n', '\\r', '\\t']) },
  { weight: 2, arbitrary: hex.map((digits) => `\\u${digits.padStart(4, '0')}`) },
  { weight: 1, arbitrary: fc.constantFrom('\\ud83d\\ude00', '\\uD83D', '\\ude00\\ud83d', '\\u0000', '\\u001f') },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }).map(plainSource) },
)

/** A string's spelling without quotes: what JSON leaves no choice about is escaped, everything else is as it is. */
function plainSource(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}

export const stringSource: fc.Arbitrary<JsonSource> = fc
  .array(characterSource, { maxLength: 12 })
  .map((parts) => `"${parts.join('')}"`)

export const numberSource: fc.Arbitrary<JsonSource> = fc.oneof(
  fc.integer().map(String),
  fc.maxSafeInteger().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
  fc.constantFrom('0', '-0', '1e400', '-1E-400', '12345678901234567890.123456789', '1E+2', '0.10', '-0.0e0', '1.0'),
  fc.constantFrom('9007199254740993', '999999999999999', '1000000000000000', '-999999999999999', '00'.slice(1)),
)

const scalarSource = fc.oneof(stringSource, numberSource, fc.constantFrom('true', 'false', 'null'))

const wellKnownKeys = [
  'timestamp',
  'time',
  'ts',
  'level',
  'severity',
  'message',
  'msg',
  'service',
  'trace_id',
  'status',
]
const trickyKeys = [
  '',
  '.',
  'a.b',
  'a',
  'b',
  '__proto__',
  'constructor',
  'toString',
  '\\u0000',
  '\\ud800',
  'length',
  '0',
  '\\u0061',
  'logs',
  'x',
]

/** A member name in quotes. None that redaction goes by: what stands under those does not come back. */
export const keySource: fc.Arbitrary<JsonSource> = fc
  .oneof(
    { weight: 4, arbitrary: fc.constantFrom(...trickyKeys).map((key) => `"${key}"`) },
    { weight: 2, arbitrary: fc.constantFrom(...wellKnownKeys).map((key) => `"${key}"`) },
    { weight: 1, arbitrary: stringSource },
  )
  .filter((source) => !promisesSecret(source))

function promisesSecret(source: JsonSource): boolean {
  const name = String(JSON.parse(source))
  return [name, ...name.split('.')].some((part) => secretKeyKind(part) !== undefined)
}

/** Spellings of values that a level or a time may have, so that they are kept apart from the columns. */
const meaningfulSource = fc.constantFrom(
  ...['"info"', '"INFO"', '"Warn"', '"\\u0069nfo"', '" error "', '30', '"30"', '17', '3', '"purple"', 'null'],
  ...['"2026-11-20T10:00:00Z"', '"2026-11-20T10:00:00.123Z"', '"2026-11-20T10:00:00.123456Z"'],
  ...['"2026-11-20T10:00:00.123456789Z"', '"2026-11-20T10:00:00.000000000Z"', '"2026-11-20 10:00:00,5"'],
  ...['"2026-11-20T10:00:00.1Z"', '"2026-11-20T12:00:00+02:00"', '"2026\\u002d11-20T10:00:00Z"'],
  ...['1795168800', '1795168800000', '1795168800000000', '1795168800000000001', '1795168800.25', '"1795168800"'],
)

/** A time outside the window is refused, and so is what is none under `timestamp`: neither stands under such names here. */
const timeSource = fc.constantFrom(
  ...['"2026-11-20T10:00:00Z"', '"2026-11-20T10:00:00.123Z"', '"2026-11-20T10:00:00.123456Z"'],
  ...['"2026-11-20T10:00:00.123456789Z"', '"2026-11-20 10:00:00"', '1795168800', '1795168800123', '"1795168800.5"'],
  'null',
)

const joined = (open: string, close: string, spaces: fc.Arbitrary<string>) => (items: readonly (readonly string[])[]) =>
  fc.array(spaces, { minLength: items.length * 4 + 1, maxLength: items.length * 4 + 1 }).map((gaps) => {
    let at = 0
    const members = items.map((parts) => parts.map((part) => gaps[at++] + part + gaps[at++]).join(':'))
    return `${open}${gaps[at] ?? ''}${members.join(',')}${close}`
  })

function nested(spaces: fc.Arbitrary<string>): fc.Arbitrary<JsonSource> {
  return fc.letrec<{ value: JsonSource; object: JsonSource; array: JsonSource }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      scalarSource,
      meaningfulSource,
      tie('object'),
      tie('array'),
    ),
    array: fc
      .array(tie('value'), { maxLength: 3 })
      .chain((values) => joined('[', ']', spaces)(values.map((value) => [value]))),
    object: fc.array(member(tie('value')), { maxLength: 4 }).chain(joined('{', '}', spaces)),
  })).object
}

const member = (value: fc.Arbitrary<JsonSource>): fc.Arbitrary<[string, string]> =>
  keySource.chain((key) => fc.tuple(fc.constant(key), valueUnder(key, value)))

const valueUnder = (key: JsonSource, value: fc.Arbitrary<JsonSource>): fc.Arbitrary<JsonSource> =>
  claimOf(String(JSON.parse(key)))?.role === 'time' ? timeSource : value

const deep = fc
  .tuple(fc.integer({ min: 55, max: 70 }), fc.array(fc.boolean(), { minLength: 70, maxLength: 70 }), scalarSource)
  .map(([depth, isArray, inner]) => {
    let source = inner
    for (let level = 0; level < depth; level++)
      source = isArray[level] && level % 3 === 0 ? `[${source}]` : `{"d":${source},"e":1}`
    return `{"deep":${source}}`
  })

/** Any JSON object, in any spelling. */
export const objectSource: fc.Arbitrary<JsonSource> = fc.oneof(
  { weight: 12, arbitrary: nested(space) },
  { weight: 1, arbitrary: deep },
)

/** The same on one line. */
export const objectLine: fc.Arbitrary<JsonSource> = nested(spaceInLine)

/** Batches as applications send them: few shapes, again and again with other values. */
export const repeatingBatch: fc.Arbitrary<readonly JsonSource[]> = fc
  .array(fc.array(keySource, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 3 })
  .chain((shapes) =>
    fc.array(
      fc
        .constantFrom(...shapes)
        .chain((keys) =>
          fc
            .tuple(...keys.map((key) => valueUnder(key, fc.oneof(scalarSource, meaningfulSource))))
            .map((values) => `{${keys.map((key, index) => `${key}:${values[index]}`).join(',')}}`),
        ),
      { minLength: 1, maxLength: 30 },
    ),
  )

/** Batches in which hardly two records are alike. */
export const mixedBatch: fc.Arbitrary<readonly JsonSource[]> = fc.array(objectSource, { minLength: 1, maxLength: 12 })
