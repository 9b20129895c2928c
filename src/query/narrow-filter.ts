import { parseQuery } from './parse'
import { printQuery } from './print'
import type { Node } from './syntax'

/** The text of a filter that matches what both match; undefined where neither says anything. */
export function narrowFilter(own: string | undefined, wished: string | undefined): string | undefined {
  if (own === undefined || wished === undefined) return own ?? wished
  const parts = [...new Set([...conjunctsOf(own), ...conjunctsOf(wished)])]
  return parts.join(' ')
}

/** Whether a filter says in so many words everything that another one does, so that it cannot show more. */
export function isAsNarrow(filter: string | undefined, own: string | undefined): boolean {
  if (own === undefined) return true
  const parts = new Set(filter === undefined ? [] : conjunctsOf(filter))
  return conjunctsOf(own).every((part) => parts.has(part))
}

/** The conditions of a filter that must all be met, each in its normal spelling and fit to stand beside others. */
function conjunctsOf(text: string): string[] {
  const { filter } = parseQuery(text)
  return filter === undefined ? [] : flattened(filter).map(printed)
}

const flattened = (node: Node): Node[] => (node.type === 'and' ? node.children.flatMap(flattened) : [node])

const printed = (node: Node): string => {
  const text = printQuery({ filter: node, pipes: [], diagnostics: [] })
  return node.type === 'or' ? `(${text})` : text
}
