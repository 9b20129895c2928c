import type { Filter } from './filter'
import { allTerms, type Term } from './term'

/** The filter that matches what both match. Nothing in either can make the other wider. */
export function bothFilters(left: Filter, right: Filter): Filter {
  const term = allTerms([toTerm(left), toTerm(right)])
  return {
    evaluate: term.evaluate,
    columns: (table) => [...new Set(term.columns(table))],
    exactLevels: term.exactLevels,
    timeRange: term.range,
    levelMask: term.levelMask,
    exactValues: term.exactValues,
    needles: term.needles,
  }
}

const toTerm = ({ timeRange, ...filter }: Filter): Term => ({ ...filter, range: timeRange })
