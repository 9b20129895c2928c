import { type ColumnKind, compactKind } from '../blocks/block'
import { scalarEnd, stringEnd, unquoted } from '../blocks/compact-json'

/** A value inside JSON that is kept whole. Members of an array stand under the array's own path. */
export interface JsonLeaf {
  readonly path: string
  readonly kind: Exclude<ColumnKind, 'json'>
  /** A string's text; the source of anything else. */
  readonly text: string
}

/** All values in compact JSON, in order. The text is known to be valid. */
export const jsonLeaves = (json: string, base: string): JsonLeaf[] => readLeaves(json, base).leaves

/** The paths under which something stands: a value, or an array, which is there even when it is empty. */
export function jsonPaths(json: string, base: string): string[] {
  const { leaves, arrays } = readLeaves(json, base)
  return [...arrays, ...leaves.map(({ path }) => path)]
}

function readLeaves(json: string, base: string): { leaves: JsonLeaf[]; arrays: string[] } {
  const leaves: JsonLeaf[] = []
  const arrays: string[] = []
  const paths: string[] = []
  let path = base
  for (let at = 0; at < json.length; ) {
    const character = json[at]
    if (character === '{' || character === '[') {
      paths.push(path)
      if (character === '[') arrays.push(path)
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
        // Only the document itself has no name; a member may have the empty one.
        const isTop = paths.length === 1 && base === '' && json[0] === '{'
        path = isTop ? text : `${paths.at(-1) ?? ''}.${text}`
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
  return { leaves, arrays }
}
