import { claimOf } from '../records/names'

/** What JSON would take for a number, without exponents: `1e3` in a text is as often a name. */
const NUMBER = /^-?(?:0|[1-9]\d{0,18})(?:\.\d{1,18})?$/

/**
 * A value of a format that has only texts, as JSON: numbers and truth values are what they look like, digit by digit, so that
 * they compare as such. Names that stand for a text (a service, a trace) keep theirs.
 */
export function typedCell(name: string, text: string): string {
  if (text === 'true' || text === 'false') return text
  return NUMBER.test(text) && !isTextual(name) ? text : JSON.stringify(text)
}

function isTextual(name: string): boolean {
  const role = claimOf(name)?.role
  return role !== undefined && role !== 'time' && role !== 'level'
}
