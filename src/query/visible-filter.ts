import type { Retention } from '../segments/compile-retention'
import { bothFilters } from './both-filters'
import { compileFilter, type Filter } from './filter'
import { parseQuery } from './parse'
import { withinRetention } from './within-retention'

/** What decides which of a tenant's records somebody finds, whatever they ask. */
export interface Sight {
  /** What they may see; undefined for everything. */
  readonly visible: Filter | undefined
  /** What has not expired, and when that is asked. */
  readonly retention: Retention
  readonly nowMs: number
}

/**
 * A filter for the records that somebody may see, and that have not expired by the policies in force. Searches and tails both
 * go through it, so that neither finds what the other does not.
 */
export function visibleFilter(filter: Filter, { visible, retention, nowMs }: Sight): Filter {
  if (visible === undefined && retention.isUniform) return filter
  const own = visible === undefined ? filter : bothFilters(visible, filter)
  return withinRetention(own, retention, nowMs)
}

/**
 * What a principal's own filter lets them see; undefined for everything of the tenant. Throws where it cannot be read: then
 * nothing at all is shown. `whose` is for the message.
 */
export function visibleTo(text: string | undefined, whose: string, nowMs: number): Filter | undefined {
  if (text === undefined) return undefined
  const { filter, diagnostics, pipes } = parseQuery(text)
  const isRead = filter !== undefined && pipes.length === 0 && diagnostics.every(({ severity }) => severity !== 'error')
  const compiled = isRead ? compileFilter(filter, nowMs, { costlyRegex: 'refuse' }) : undefined
  // It was checked when it was stored, so that this version of the code must be older than what stored it.
  if (!compiled?.ok) throw new Error(`the filter of ${whose} cannot be read`)
  return compiled.filter
}
