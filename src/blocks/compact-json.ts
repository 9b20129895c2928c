// Walking compact JSON that is known to be valid: what the reader has checked and stored.

/** Index just after the string that begins with the quote at `from`. */
export function stringEnd(json: string, from: number): number {
  let at = from + 1
  while (json[at] !== '"') at += json[at] === '\\' ? 2 : 1
  return at + 1
}

/** Index just after the number or literal that begins at `from`. */
export function scalarEnd(json: string, from: number): number {
  let at = from
  while (at < json.length && json[at] !== ',' && json[at] !== ']' && json[at] !== '}') at++
  return at
}

/** The text of a string literal. */
export function unquoted(literal: string): string {
  const value: unknown = JSON.parse(literal)
  return typeof value === 'string' ? value : ''
}
