import { useSignal } from '@preact/signals'
import { ask, type Problem } from '../api/ask'
import { may } from '../api/session'
import { ConfirmButton } from '../controls/confirm-button'
import { say } from '../controls/copy'
import { Dialog } from '../controls/dialog'
import { valuesOf, wordsOf } from '../controls/form'
import { ProblemNotice, State } from '../controls/state'
import { useAsked } from '../controls/use-asked'
import { durationText, relativeText } from '../time/clock'
import { nowMs } from '../time/now'

/** GET /integration/health */
interface Health {
  readonly status: string
  readonly services: readonly ServiceHealth[]
  readonly webhooks: readonly object[]
  readonly bindings: readonly { readonly binding: string; readonly state: string; readonly latency_ms: number | null }[]
}

interface ServiceHealth {
  readonly id: string
  readonly service: string
  readonly state: string
  readonly reason: string | null
  readonly last_seen: string | null
  readonly latency_ms: number | null
  readonly uptime_24h: number | null
  readonly uptime_30d: number | null
  readonly silence: { readonly silent: boolean; readonly since: string | null }
  readonly checks: readonly { readonly at: string; readonly well: boolean; readonly latency_ms: number }[]
}

interface Graph {
  readonly edges: readonly {
    readonly source: string
    readonly target: string
    readonly calls: number
    readonly errors: number
    readonly error_rate: number
    readonly latency_ms: number | null
    readonly last_seen: string | null
  }[]
}

/** How the services and what carries them are, and which asks which. */
export function Services() {
  const health = useAsked<Health>('/integration/health')
  const isMaking = useSignal(false)
  return (
    <>
      <h1>Services</h1>
      <p>
        <button
          type="button"
          class="primary"
          disabled={!may('integrations:write')}
          onClick={() => (isMaking.value = true)}
        >
          Register a service
        </button>
      </p>
      {isMaking.value ? (
        <NewService
          onClose={() => {
            isMaking.value = false
            health.reload()
          }}
        />
      ) : null}
      <State of={health}>
        {({ status, services, bindings }) => (
          <>
            <p>
              All in all: <b class={status === 'healthy' ? 'is-live' : 'is-bad'}>{status}</b>
            </p>
            {services.length === 0 ? (
              <p class="quiet">
                No service is registered. One that is gets asked how it is, and its silence is noticed.
              </p>
            ) : (
              <ServiceTable of={services} onChange={health.reload} />
            )}
            <h2>What carries Sluice</h2>
            <ul class="legend">
              {bindings.map(({ binding, state, latency_ms }) => (
                <li key={binding}>
                  {binding} <b class={state === 'up' || state === 'ok' ? 'is-live' : 'is-warning'}>{state}</b>{' '}
                  {latency_ms === null ? '' : durationText(latency_ms)}
                </li>
              ))}
            </ul>
          </>
        )}
      </State>
      <GraphTable />
    </>
  )
}

function ServiceTable({
  of: services,
  onChange,
}: {
  readonly of: readonly ServiceHealth[]
  readonly onChange: () => void
}) {
  const remove = async (id: string): Promise<void> => {
    const asked = await ask(`/integration/services/${id}`, { method: 'DELETE' })
    say(asked.ok ? 'The service is not asked any more' : (asked.problem.detail ?? asked.problem.title))
    onChange()
  }
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">Service</th>
          <th scope="col">State</th>
          <th scope="col">Last seen</th>
          <th scope="col">Answers in</th>
          <th scope="col">Up, a day and a month</th>
          <th scope="col">Last looks</th>
          <th scope="col">
            <span class="quiet">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {services.map((service) => (
          <tr key={service.id}>
            <th scope="row">{service.service}</th>
            <td class={service.state === 'down' ? 'is-bad' : undefined}>
              {service.state}
              {service.reason ? <div class="quiet">{service.reason}</div> : null}
              {service.silence.silent ? <div class="is-warning">silent for longer than usual</div> : null}
            </td>
            <td>{service.last_seen ? relativeText(Date.parse(service.last_seen), nowMs()) : 'never'}</td>
            <td>{service.latency_ms === null ? '–' : durationText(service.latency_ms)}</td>
            <td>
              {percent(service.uptime_24h)} · {percent(service.uptime_30d)}
            </td>
            <td>
              <Checks of={service.checks} />
            </td>
            <td>
              {may('integrations:write') ? (
                <ConfirmButton label="Remove" onConfirm={() => remove(service.id)}>
                  {service.service} is not asked any more. Its logs stay.
                </ConfirmButton>
              ) : null}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Checks({ of: checks }: { readonly of: ServiceHealth['checks'] }) {
  const shown = [...checks].reverse()
  const failed = shown.filter(({ well }) => !well).length
  return (
    <svg
      class="checks"
      viewBox={`0 0 ${Math.max(shown.length, 1) * 4} 12`}
      role="img"
      aria-label={`${shown.length} looks, ${failed} failed`}
    >
      {shown.map(({ at, well }, index) => (
        <rect
          key={at}
          class={well ? 'fill-well' : 'fill-error'}
          x={index * 4}
          y={well ? 4 : 0}
          width={3}
          height={well ? 8 : 12}
        />
      ))}
    </svg>
  )
}

const percent = (share: number | null): string =>
  share === null ? '–' : `${(share * 100).toFixed(share > 0.999 && share < 1 ? 2 : 1)} %`

function GraphTable() {
  const graph = useAsked<Graph>('/integration/graph')
  return (
    <section>
      <h2>Which asks which</h2>
      <State
        of={graph}
        isEmpty={({ edges }) => edges.length === 0}
        empty={<p class="quiet">No cross-service event in the last day. docs/integrations.md says how to send them.</p>}
      >
        {({ edges }) => (
          <table>
            <thead>
              <tr>
                <th scope="col">From</th>
                <th scope="col">To</th>
                <th scope="col">Calls</th>
                <th scope="col">Errors</th>
                <th scope="col">Takes</th>
              </tr>
            </thead>
            <tbody>
              {edges.map((edge) => (
                <tr key={`${edge.source} ${edge.target}`}>
                  <th scope="row">{edge.source}</th>
                  <td>{edge.target}</td>
                  <td>{edge.calls.toLocaleString('en')}</td>
                  <td class={edge.errors > 0 ? 'is-bad' : undefined}>
                    {edge.errors.toLocaleString('en')} ({percent(edge.error_rate)})
                  </td>
                  <td>{edge.latency_ms === null ? '–' : durationText(edge.latency_ms)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </State>
    </section>
  )
}

function NewService({ onClose }: { readonly onClose: () => void }) {
  const problem = useSignal<Problem | undefined>(undefined)
  const submit = async (event: SubmitEvent): Promise<void> => {
    const { capabilities, ...values } = valuesOf(event)
    const asked = await ask('/integration/services', {
      method: 'POST',
      body: { ...values, ...(capabilities && { capabilities: wordsOf(capabilities) }) },
    })
    if (asked.ok) onClose()
    else problem.value = asked.problem
  }
  return (
    <Dialog title="Register a service" onClose={onClose}>
      <form class="form" onSubmit={(event) => void submit(event)}>
        <label for="service-name">Name, as its logs have it</label>
        <input id="service-name" name="serviceName" required autocomplete="off" placeholder="checkout" />
        <label for="service-url">Address</label>
        <input
          id="service-url"
          name="serviceUrl"
          required
          autocomplete="off"
          placeholder="https://checkout.example.com"
        />
        <label for="service-health">Where it says how it is</label>
        <input id="service-health" name="healthEndpoint" autocomplete="off" placeholder="/health" />
        <label for="service-key">Its key, if it wants one (kept sealed, never shown)</label>
        <input id="service-key" name="apiKey" type="password" autocomplete="off" />
        {problem.value ? <ProblemNotice problem={problem.value} /> : null}
        <p class="buttons">
          <button type="submit" class="primary">
            Register
          </button>
          <button type="button" onClick={onClose}>
            Cancel
          </button>
        </p>
      </form>
    </Dialog>
  )
}
