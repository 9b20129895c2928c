/** The marks that a string may stand in. What stands in backticks is raw. */
export const QUOTES = '"\'`'

/** Where the string that opens at `at` ends, after its closing mark; undefined when nothing closes it. */
export function quotedEnd(text: string, at: number): number | undefined {
  const quote = text[at]
  for (let index = at + 1; index < text.length; index++) {
    if (text[index] === quote) return index + 1
    if (text[index] === '\\' && quote !== '`') index++
  }
  return undefined
}

/** What a string between its marks says. `"\d"` keeps its backslash, so that patterns need no doubling; `"\\d"` says the same. */
export function unquote(body: string, quote: string): string {
  if (quote === '`') return body
  return body.replace(/\\([\\"'nt])/g, (_: string, next: string) => ESCAPES.get(next) ?? next)
}

/** The text in double quotes, as `unquote` reads it back. */
export const quote = (text: string): string =>
  `"${text.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\t', '\\t')}"`

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['t', '\t'],
])
