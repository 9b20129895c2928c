import { useSignal } from '@preact/signals'
import { ask } from '../api/ask'
import type { LogRecord } from '../api/logs'
import { may } from '../api/session'
import { say } from '../controls/copy'
import { Pages } from '../controls/pages'
import { named, screenPath } from '../location'
import { instantText, isUtc, relativeText } from '../time/clock'
import { nowMs } from '../time/now'
import { groupText, Samples } from './rules'

/** GET /integration/incidents */
interface Incident {
  readonly id: string
  readonly rule: { readonly id: string; readonly name: string }
  readonly severity: string
  readonly state: 'open' | 'acknowledged' | 'resolved'
  readonly group: Readonly<Record<string, string | null>>
  readonly fired_at: string
  readonly last_match_at: string
  readonly acknowledged_by?: string
  readonly resolved_at?: string
  readonly count: number
  readonly query: string
  readonly rows: readonly LogRecord[]
}

const STATES = ['', 'open', 'acknowledged', 'resolved'] as const

/** What rules have found: what is open first to be seen, on which logs, and who looks after it. */
export function Incidents() {
  const state = useSignal('')
  const version = useSignal(0)
  const query = state.value === '' ? {} : { state: state.value }
  return (
    <>
      <h1>Incidents</h1>
      <div class="tabs" role="group" aria-label="Which">
        {STATES.map((name) => (
          <button key={name} type="button" aria-pressed={state.value === name} onClick={() => (state.value = name)}>
            {name === '' ? 'All' : name}
          </button>
        ))}
      </div>
      <Pages<Incident>
        path="/integration/incidents"
        query={query}
        version={version.value}
        empty={<p class="quiet">Nothing of this kind. Rules raise an incident when they fire.</p>}
      >
        {(incidents) => (
          <ul>
            {incidents.map((incident) => (
              <IncidentCard
                key={incident.id}
                of={incident}
                onChange={() => {
                  version.value++
                }}
              />
            ))}
          </ul>
        )}
      </Pages>
    </>
  )
}

const AROUND_MS = 10 * 60_000

function IncidentCard({ of: incident, onChange }: { readonly of: Incident; readonly onChange: () => void }) {
  const settle = async (what: 'acknowledge' | 'resolve'): Promise<void> => {
    const asked = await ask(`/integration/incidents/${incident.id}/${what}`, { method: 'POST' })
    if (!asked.ok) say(asked.problem.detail ?? asked.problem.title)
    onChange()
  }
  const firedMs = Date.parse(incident.fired_at)
  const parameters = new URLSearchParams({
    q: incident.query,
    from: new Date(firedMs - AROUND_MS).toISOString(),
    to: new Date(Math.max(Date.parse(incident.last_match_at), firedMs) + AROUND_MS).toISOString(),
  })
  const tenant = named.value?.tenant ?? ''
  return (
    <li class={`incident is-${incident.state}`}>
      <h2>
        {incident.rule.name} <span class="quiet">{groupText(incident.group)}</span>
      </h2>
      <p>
        <b class={incident.state === 'resolved' ? 'quiet' : 'is-bad'}>{incident.state}</b> · {incident.severity} · fired{' '}
        {relativeText(firedMs, nowMs())} ({instantText(firedMs, isUtc.value)}) · {incident.count.toLocaleString('en')}{' '}
        matches
        {incident.acknowledged_by ? ` · looked after by ${incident.acknowledged_by}` : ''}
        {incident.resolved_at ? ` · over since ${instantText(Date.parse(incident.resolved_at), isUtc.value)}` : ''}
      </p>
      <Samples of={incident.rows.slice(0, 3)} />
      <p class="buttons">
        <a class="button" href={`/app${screenPath(tenant, 'explore', parameters)}`}>
          See its logs
        </a>
        <a class="button" href={`/app${screenPath(tenant, `rules/${incident.rule.id}`)}`}>
          Its rule
        </a>
        {incident.state === 'open' && may('integrations:write') ? (
          <button type="button" class="primary" onClick={() => void settle('acknowledge')}>
            I look after it
          </button>
        ) : null}
        {incident.state === 'resolved' || !may('integrations:write') ? null : (
          <button type="button" onClick={() => void settle('resolve')}>
            It is over
          </button>
        )}
      </p>
    </li>
  )
}
