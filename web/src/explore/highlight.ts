import { parseQuery } from '../../../src/query/parse'
import type { Diagnostic, Node } from '../../../src/query/syntax'

/** A piece of a query with how it is to look. */
export interface QueryPiece {
  readonly text: string
  readonly look: 'field' | 'value' | 'text' | 'pipe' | 'plain'
  readonly problem: Diagnostic | undefined
}

/** A query in pieces, for the layer behind the box in which it is typed. */
export function highlight(query: string): {
  readonly pieces: readonly QueryPiece[]
  readonly diagnostics: readonly Diagnostic[]
} {
  const { filter, pipes, diagnostics } = parseQuery(query)
  const looks: QueryPiece['look'][] = new Array(query.length).fill('plain')
  if (filter !== undefined) paint(filter, query, looks)
  for (const { span } of pipes) looks.fill('pipe', span.from, span.to)
  const pieces: QueryPiece[] = []
  for (let from = 0; from < query.length; ) {
    const problem = problemAt(diagnostics, from)
    let to = from + 1
    while (to < query.length && looks[to] === looks[from] && problemAt(diagnostics, to) === problem) to++
    pieces.push({ text: query.slice(from, to), look: looks[from], problem })
    from = to
  }
  return { pieces, diagnostics }
}

/** A problem at the end of the text is shown under its last character. */
const problemAt = (diagnostics: readonly Diagnostic[], at: number): Diagnostic | undefined =>
  diagnostics.find(({ span }) => at >= Math.min(span.from, span.to - 1) && at < Math.max(span.to, span.from + 1))

function paint(node: Node, query: string, looks: QueryPiece['look'][]): void {
  switch (node.type) {
    case 'and':
    case 'or':
      for (const child of node.children) paint(child, query, looks)
      return
    case 'not':
      paint(node.child, query, looks)
      return
    case 'text':
      looks.fill('text', node.span.from, node.span.to)
      return
    case 'field': {
      const { from, to } = node.span
      const name = query.slice(from, to).search(/[:=~<>!]/)
      looks.fill('field', from, name < 0 ? to : from + name)
      if (name >= 0) looks.fill('value', from + name, to)
    }
  }
}
