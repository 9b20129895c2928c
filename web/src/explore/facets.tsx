import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { Problem } from '../api/ask'
import { type Facet, readFacets } from '../api/logs'
import { termOf, withOnly, withTerm } from './edit-query'
import type { Explorer } from './explorer'
import { show, view } from './view'

/** The most frequent values of the fields, over everything that matches. A click asks for only that, Alt and click for all but it. */
export function Facets({ explorer }: { readonly explorer: Explorer }) {
  const facets = useSignal<readonly Facet[] | undefined>(undefined)
  const problem = useSignal<Problem | undefined>(undefined)
  const { q, range } = view.value
  const question = explorer.question.value
  useEffect(() => {
    const abort = new AbortController()
    const { fromMs } = explorer.bounds.peek()
    const toMs = range.to === 'now' ? undefined : explorer.bounds.peek().toMs
    const scope = {
      q,
      from: new Date(fromMs).toISOString(),
      ...(toMs !== undefined && { to: new Date(toMs).toISOString() }),
    }
    readFacets(scope, undefined, abort.signal).then(
      (asked) => {
        problem.value = asked.ok ? undefined : asked.problem
        if (asked.ok) facets.value = asked.value.data
      },
      () => undefined,
    )
    return () => abort.abort()
  }, [q, range.from, range.to, question])
  return (
    <aside class="facets" aria-label="Filters">
      {problem.value ? <p class="quiet">No filters: {problem.value.detail ?? problem.value.title}</p> : null}
      {facets.value?.length === 0 ? <p class="quiet">Nothing to filter by: no record matches.</p> : null}
      {facets.value?.map((facet) => (
        <FacetList key={facet.field} facet={facet} />
      ))}
    </aside>
  )
}

function FacetList({ facet: { field, values, truncated } }: { readonly facet: Facet }) {
  const most = values.reduce((max, { count }) => Math.max(max, count), 1)
  const { q } = view.value
  return (
    <section class="facet">
      <h2>{field}</h2>
      <ul>
        {values.map(({ value, count }) => {
          const term = termOf(field, String(value))
          const only = (event: MouseEvent): void =>
            show({ q: event.altKey ? withTerm(q, term, { isExcluded: true }) : withOnly(q, field, term) })
          return (
            <li key={value}>
              <button type="button" class="facet-value" title={`Only ${value} (Alt: all but it)`} onClick={only}>
                <span class="facet-bar" style={{ width: `${(count / most) * 100}%` }} />
                <span class="facet-name">{String(value)}</span>
                <span class="facet-count">{count.toLocaleString('en')}</span>
              </button>
              <button
                type="button"
                class="facet-not"
                title={`All but ${value}`}
                aria-label={`All but ${value}`}
                onClick={() => show({ q: withTerm(q, term, { isExcluded: true }) })}
              >
                ≠
              </button>
            </li>
          )
        })}
      </ul>
      {truncated ? <p class="quiet">and more</p> : null}
    </section>
  )
}
