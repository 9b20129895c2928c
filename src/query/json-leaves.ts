import { type ColumnKind, compactKind } from '../blocks/block'

/** A value inside JSON that is kept whole. Members of an array stand under the array's own path. */
export interface JsonLeaf {
  readonly path: string
  readonly kind: Exclude<ColumnKind, 'json'>
  /** A string's text; the source of anything else. */
  readonly text: string
}

/** All values in compact JSON, in order. The text is known to be valid. */
export function jsonLeaves(json: string, base: string): JsonLeaf[] {
  const leaves: JsonLeaf[] = []
  const paths: string[] = []
  let path = base
  for (let at = 0; at < json.length; ) {
    const character = json[at]
    if (character === '{' || character === '[') {
      paths.push(path)
      at++
    } else if (character === '}' || character === ']') {
      paths.pop()
      path = paths.at(-1) ?? base
      at++
    } else if (character === ',') {
      path = paths.at(-1) ?? base
      at++
    } else if (character === '"') {
      const end = stringEnd(json, at)
      const text = unquoted(json.slice(at, end))
      if (json[end] === ':') {
        const parent = paths.at(-1) ?? ''
        path = parent === '' ? text : `${parent}.${text}`
        at = end + 1
      } else {
        leaves.push({ path, kind: 'string', text })
        at = end
      }
    } else {
      const end = scalarEnd(json, at)
      const text = json.slice(at, end)
      leaves.push({ path, kind: compactKind(text), text })
      at = end
    }
  }
  return leaves
}

function stringEnd(json: string, from: number): number {
  let at = from + 1
  while (json[at] !== '"') at += json[at] === '\\' ? 2 : 1
  return at + 1
}

function scalarEnd(json: string, from: number): number {
  let at = from
  while (at < json.length && json[at] !== ',' && json[at] !== ']' && json[at] !== '}') at++
  return at
}

function unquoted(literal: string): string {
  const value: unknown = JSON.parse(literal)
  return typeof value === 'string' ? value : ''
}
