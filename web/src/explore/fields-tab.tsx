import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { Problem } from '../api/ask'
import { type Facet, type FieldInfo, readFacets, readFields } from '../api/logs'
import { Notice } from '../controls/notice'
import { termOf, withTerm } from './edit-query'
import type { Explorer } from './explorer'
import { show, view } from './view'

/** Every field that the matching records have: of which kind, how many have it, and its most frequent values on demand. */
export function FieldsTab({ explorer }: { readonly explorer: Explorer }) {
  const fields = useSignal<readonly FieldInfo[] | undefined>(undefined)
  const problem = useSignal<Problem | undefined>(undefined)
  const { q, range } = view.value
  const question = explorer.question.value
  useEffect(() => {
    const abort = new AbortController()
    readFields(scopeOf(explorer), abort.signal).then(
      (asked) => {
        problem.value = asked.ok ? undefined : asked.problem
        if (asked.ok) fields.value = asked.value.data
      },
      () => undefined,
    )
    return () => abort.abort()
  }, [q, range.from, range.to, question])
  if (problem.value)
    return <Notice title={problem.value.title} detail={problem.value.detail} hint={problem.value.hint} />
  return (
    <div class="fields-tab">
      <table>
        <thead>
          <tr>
            <th scope="col">Field</th>
            <th scope="col">Kind</th>
            <th scope="col">Coverage</th>
            <th scope="col">Records</th>
            <th scope="col">Values</th>
          </tr>
        </thead>
        <tbody>
          {fields.value?.map((field) => (
            <FieldLine key={field.name} field={field} explorer={explorer} />
          ))}
        </tbody>
      </table>
      {fields.value?.length === 0 ? <p class="quiet">No record matches.</p> : null}
    </div>
  )
}

function FieldLine({ field, explorer }: { readonly field: FieldInfo; readonly explorer: Explorer }) {
  const facet = useSignal<Facet | undefined>(undefined)
  const open = async (): Promise<void> => {
    const asked = await readFacets(scopeOf(explorer), [field.name])
    if (asked.ok) facet.value = asked.value.data[0]
  }
  const { q } = view.value
  return (
    <tr>
      <th scope="row">{field.name}</th>
      <td>{field.kinds.join(', ')}</td>
      <td>
        <meter value={field.coverage} aria-label={`Coverage of ${field.name}`} /> {Math.round(field.coverage * 100)} %
      </td>
      <td>{field.records.toLocaleString('en')}</td>
      <td>
        {facet.value === undefined ? (
          <button type="button" onClick={() => void open()} aria-label={`Show the values of ${field.name}`}>
            Show
          </button>
        ) : (
          <ul class="inline-values">
            {facet.value.values.map(({ value, count }) => (
              <li key={value}>
                <button
                  type="button"
                  onClick={() =>
                    show({ q: withTerm(q, termOf(field.name, String(value)), { isExcluded: false }), tab: 'logs' })
                  }
                >
                  {String(value).slice(0, 80)} <span class="quiet">{count.toLocaleString('en')}</span>
                </button>
              </li>
            ))}
          </ul>
        )}
      </td>
    </tr>
  )
}

function scopeOf(explorer: Explorer) {
  const { q, range } = view.peek()
  const { fromMs, toMs } = explorer.bounds.peek()
  return { q, from: new Date(fromMs).toISOString(), ...(range.to !== 'now' && { to: new Date(toMs).toISOString() }) }
}
