import { useSignal } from '@preact/signals'
import { useState } from 'preact/hooks'
import type { Problem } from '../api/ask'
import { ask } from '../api/ask'
import { valuesOf } from '../controls/form'
import { Pages } from '../controls/pages'
import { ProblemNotice } from '../controls/state'
import { JsonText } from '../text/json-text'
import { instantText, isUtc } from '../time/clock'

/** An entry of the audit, as far as the list shows it. */
interface Entry {
  readonly id: string
  readonly number: number
  readonly time: string
  readonly action: string
  readonly outcome: string
  readonly route?: string
  readonly actor?: { readonly id: string; readonly role?: string }
  readonly status?: number
  readonly changes?: unknown
}

/** Who did what, when and from where. The chain of hashes shows that nothing was taken out. */
export function Audit() {
  const [query, ask] = useState<{ readonly q?: string; readonly from?: string }>({})
  return (
    <>
      <h1>Audit</h1>
      <form
        class="line-form"
        onSubmit={(event) => {
          const { q, from } = valuesOf(event)
          ask({ ...(q && { q }), ...(from && { from }) })
        }}
      >
        <label for="audit-q">Find</label>
        <input id="audit-q" name="q" autocomplete="off" placeholder='action:change actor.id:"key_…"' />
        <label for="audit-from">Since</label>
        <input id="audit-from" name="from" autocomplete="off" placeholder="-7d" />
        <button type="submit">Search</button>
        <a class="button" href="/admin/audit/export" download="audit.ndjson">
          Export
        </a>
      </form>
      <Verify />
      <Pages<Entry> path="/admin/audit" query={{ limit: 50, ...query }} empty={<p class="quiet">No entry matches.</p>}>
        {(entries) => (
          <table>
            <thead>
              <tr>
                <th scope="col">No.</th>
                <th scope="col">Time</th>
                <th scope="col">Who</th>
                <th scope="col">What</th>
                <th scope="col">Outcome</th>
              </tr>
            </thead>
            <tbody>
              {entries.map((entry) => (
                <EntryLine key={entry.id} of={entry} />
              ))}
            </tbody>
          </table>
        )}
      </Pages>
    </>
  )
}

function EntryLine({ of: entry }: { readonly of: Entry }) {
  const isOpen = useSignal(false)
  return (
    <>
      <tr>
        <td>
          <button type="button" aria-expanded={isOpen.value} onClick={() => (isOpen.value = !isOpen.value)}>
            {entry.number}
          </button>
        </td>
        <td>{instantText(Date.parse(entry.time), isUtc.value)}</td>
        <td>
          <code>{entry.actor?.id ?? 'sluice'}</code>{' '}
          {entry.actor?.role ? <span class="quiet">{entry.actor.role}</span> : null}
        </td>
        <td>
          {entry.action} <span class="quiet">{entry.route}</span>
        </td>
        <td class={entry.outcome === 'done' ? undefined : 'is-warning'}>
          {entry.outcome} {entry.status}
        </td>
      </tr>
      {isOpen.value ? (
        <tr>
          <td colSpan={5}>
            <JsonText value={entry} />
          </td>
        </tr>
      ) : null}
    </>
  )
}

interface Verified {
  readonly valid?: boolean
  readonly ok?: boolean
  readonly entries?: number
  readonly [member: string]: unknown
}

function Verify() {
  const found = useSignal<Verified | undefined>(undefined)
  const problem = useSignal<Problem | undefined>(undefined)
  const verify = async (): Promise<void> => {
    const asked = await ask<Verified>('/admin/audit/verify')
    problem.value = asked.ok ? undefined : asked.problem
    found.value = asked.ok ? asked.value : undefined
  }
  return (
    <div class="verify">
      <button type="button" onClick={() => void verify()}>
        Check the chain
      </button>
      {problem.value ? <ProblemNotice problem={problem.value} /> : null}
      {found.value ? <JsonText value={found.value} /> : null}
    </div>
  )
}
