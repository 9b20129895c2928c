import { parseQuery } from './parse'
import { printQuery } from './print'
import type { Node } from './syntax'

/**
 * The text of a filter that matches what both match; undefined where neither says anything. Throws when this version of the
 * code cannot read one of them whole: what is left out of it would be shown.
 */
export function narrowFilter(own: string | undefined, wished: string | undefined): string | undefined {
  if (own === undefined || wished === undefined) return own ?? wished
  const [ours, theirs] = [conjunctsOf(own), conjunctsOf(wished)]
  if (ours === undefined || theirs === undefined) throw new Error('a filter that is made narrower cannot be read')
  return [...new Set([...ours, ...theirs])].join(' ')
}

/** Whether a filter says in so many words everything that another one does, so that it cannot show more. */
export function isAsNarrow(filter: string | undefined, own: string | undefined): boolean {
  if (own === undefined) return true
  const parts = conjunctsOf(filter ?? '') ?? []
  return conjunctsOf(own)?.every((part) => parts.includes(part)) ?? false
}

/**
 * The conditions of a filter that must all be met, each in its normal spelling and fit to stand beside others; undefined
 * for what can only be read in part.
 */
function conjunctsOf(text: string): string[] | undefined {
  const { filter, pipes, diagnostics } = parseQuery(text)
  const isRead = pipes.length === 0 && diagnostics.every(({ severity }) => severity !== 'error')
  return filter !== undefined && isRead ? flattened(filter).map(printed) : undefined
}

const flattened = (node: Node): Node[] => (node.type === 'and' ? node.children.flatMap(flattened) : [node])

const printed = (node: Node): string => {
  const text = printQuery({ filter: node, pipes: [], diagnostics: [] })
  return node.type === 'or' ? `(${text})` : text
}
