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

/** The sources of an object's members by their names; of a name that comes twice the last, as JSON.parse has it. */
export function memberSources(json: string): Map<string, string> {
  const sources = new Map<string, string>()
  if (json[0] !== '{') return sources
  for (let at = 1; json[at] === '"'; ) {
    const nameEnd = stringEnd(json, at)
    const valueEnd = endOfValue(json, nameEnd + 1)
    sources.set(unquoted(json.slice(at, nameEnd)), json.slice(nameEnd + 1, valueEnd))
    at = valueEnd + 1
  }
  return sources
}

/** Index just after the value that begins at `from`. */
function endOfValue(json: string, from: number): number {
  const first = json[from]
  if (first === '"') return stringEnd(json, from)
  if (first !== '{' && first !== '[') return scalarEnd(json, from)
  let at = from
  let depth = 0
  do {
    const character = json[at]
    if (character === '{' || character === '[') depth++
    else if (character === '}' || character === ']') depth--
    at = character === '"' ? stringEnd(json, at) : at + 1
  } while (depth > 0)
  return at
}

/** The text of a string literal. */
export function unquoted(literal: string): string {
  const value: unknown = JSON.parse(literal)
  return typeof value === 'string' ? value : ''
}
