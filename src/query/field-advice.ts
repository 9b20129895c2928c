import { closest } from './closest'
import { quote } from './quoted'
import { type Reader, reportWarning } from './reader'
import type { Atom, Span, Test } from './syntax'

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const

/** What loggers and people write for those six. A number is always taken for a level of syslog, pino or OpenTelemetry. */
const LEVEL_SPELLINGS: ReadonlySet<string> = new Set([
  ...LEVELS,
  ...[
    'verbose',
    'silly',
    'finest',
    'finer',
    'fine',
    'information',
    'informational',
    'notice',
    'log',
    'http',
    'success',
  ],
  ...['warning', 'err', 'severe', 'exception', 'critical', 'crit', 'alert', 'emergency', 'emerg', 'panic', 'default'],
  ...['t', 'd', 'i', 'n', 'w', 'e', 'c', 'a', 'f', 'v', 'unknown', 'config', 'dpanic'],
])

/** A value between slashes that holds what only a pattern would. With a slash inside it is a path. */
const SLASHED_REGEX = /^\/([^/]*[.^$+[\]{}?*\\][^/]*)\/$/

/** Warns about values that are read as they stand but were probably meant otherwise. */
export function adviseOnValues(
  reader: Reader,
  { name, operator, operatorAt }: { readonly name: string; readonly operator: string; readonly operatorAt: number },
  tests: readonly Test[],
  term: Span,
): void {
  for (const value of tests.flatMap(valuesOf)) {
    if (name.toLowerCase() === 'level') adviseOnLevel(reader, value)
  }
  if (tests.length !== 1) return
  const pattern = slashedPattern(tests[0])
  if (pattern === undefined) return
  const typedName = reader.text.slice(term.from, operatorAt)
  const fix = `${typedName}${operator.startsWith('!') ? '!~' : ':~'}${quote(pattern)}`
  reportWarning(reader, 'slashes_are_text', '`/…/` is literal text here; for a regular expression use `~`', term, fix)
}

function adviseOnLevel(reader: Reader, { text, span }: Atom): void {
  if (LEVEL_SPELLINGS.has(text.toLowerCase()) || /^\d+$/.test(text)) return
  const meant = closest(text, LEVELS)
  const question = meant === undefined ? '' : `; did you mean \`${meant}\`?`
  reportWarning(reader, 'unknown_level', `there is no level \`${text}\`${question}`, span, meant)
}

function slashedPattern(test: Test): string | undefined {
  if (test.op !== 'eq' && test.op !== 'glob') return undefined
  return test.value.quoted ? undefined : SLASHED_REGEX.exec(test.value.text)?.at(1)
}

function valuesOf(test: Test): readonly Atom[] {
  if (test.op === 'in') return test.values
  return test.op === 'eq' || test.op === 'compare' ? [test.value] : []
}
