import { parseQuery } from '../../../src/query/parse'

/** How a value is written in a query: in quotes where it would mean something else. */
export const quoteValue = (value: string): string =>
  /^[\p{L}\p{N}_][\p{L}\p{N}_.-]*$/u.test(value) && !/^(?:and|or|not)$/i.test(value)
    ? value
    : `"${value.replace(/[\\"]/g, '\\$&')}"`

/** `field:value` */
export const termOf = (field: string, value: string): string => `${field}:${quoteValue(value)}`

/** Where the filter of a query ends and its pipes begin. */
function filterEnd(query: string): number {
  const { pipes } = parseQuery(query)
  return pipes.length === 0 ? query.length : query.lastIndexOf('|', pipes[0].span.from)
}

/** A query that also asks for a term, or for everything without it. What was asked the other way round before is taken out. */
export function withTerm(query: string, term: string, { isExcluded }: { readonly isExcluded: boolean }): string {
  const end = filterEnd(query)
  const pipes = query.slice(end).trim()
  const filter = query.slice(0, end).trim()
  const wanted = isExcluded ? `-${term}` : term
  const others = clausesOf(filter).filter((clause) => clause !== term && clause !== `-${term}`)
  // Only where nothing but spaces joins the clauses may one of them be taken out by itself.
  const kept = isFlat(filter) ? others.join(' ') : `(${filter})`
  return [filter === '' ? '' : kept, wanted, pipes].filter((part) => part !== '').join(' ')
}

/** A query in which nothing but this is asked of the field. */
export function withOnly(query: string, field: string, term: string): string {
  const end = filterEnd(query)
  const pipes = query.slice(end).trim()
  const filter = query.slice(0, end).trim()
  if (!isFlat(filter)) return withTerm(query, term, { isExcluded: false })
  const others = clausesOf(filter).filter((clause) => !clause.replace(/^-/, '').startsWith(`${field}:`))
  return [...others, term, pipes].filter((part) => part !== '').join(' ')
}

/** The clauses that a query consists of, as they are typed; one for all where they are not simply joined. */
export function clausesOf(query: string): string[] {
  const filter = query.slice(0, filterEnd(query)).trim()
  if (filter === '') return []
  const { filter: tree } = parseQuery(filter)
  if (!isFlat(filter) || tree?.type !== 'and') return [filter]
  return tree.children.map(({ span }) => filter.slice(span.from, span.to))
}

/** A query without one of its clauses. */
export function withoutClause(query: string, index: number): string {
  const pipes = query.slice(filterEnd(query)).trim()
  const rest = clausesOf(query).filter((_, at) => at !== index)
  return [...rest, pipes].filter((part) => part !== '').join(' ')
}

/** Whether a filter is clauses with spaces between them: no `OR`, and no group around all of them. */
function isFlat(filter: string): boolean {
  if (filter === '') return true
  const { filter: tree, diagnostics } = parseQuery(filter)
  if (tree === undefined || diagnostics.some(({ severity }) => severity === 'error')) return false
  if (tree.type === 'or') return false
  const covered = tree.type === 'and' ? tree.children : [tree]
  let at = 0
  for (const { span } of covered) {
    if (!/^(?:\s|\band\b)*$/i.test(filter.slice(at, span.from))) return false
    at = span.to
  }
  return filter.slice(at).trim() === ''
}
