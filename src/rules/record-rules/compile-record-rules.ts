import { compileFilter, type Filter } from '../../query/filter'
import { parseQuery } from '../../query/parse'
import type { StoredEffect, StoredRecordRule } from './record-rule'

/** A record rule that is ready to be asked about blocks. */
export interface RecordRule {
  readonly id: string
  readonly filter: Filter
  readonly effect: StoredEffect
  /** When it is off again; undefined where it stays on. */
  readonly activeUntilMs: number | undefined
}

/**
 * Record rules compiled, in their order. One whose query this version of the code cannot read is left out: logs are taken in
 * whatever a rule says. Its filter refuses patterns that cost too much by a FilterFailure.
 */
export const compileRecordRules = (stored: readonly StoredRecordRule[]): RecordRule[] =>
  stored.flatMap(({ id, query, effect, active_until_ms: activeUntilMs }) => {
    const { filter, pipes, diagnostics } = parseQuery(query)
    if (pipes.length > 0 || diagnostics.some(({ severity }) => severity === 'error')) return []
    // A rule is the same rule at every moment: its query names no times.
    const compiled = compileFilter(filter, 0, { costlyRegex: 'refuse' })
    return compiled.ok ? [{ id, filter: compiled.filter, effect, activeUntilMs }] : []
  })
