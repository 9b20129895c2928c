import { useSignal } from '@preact/signals'
import { ask, type Problem } from '../api/ask'
import { may } from '../api/session'
import { ConfirmButton } from '../controls/confirm-button'
import { say } from '../controls/copy'
import { Dialog } from '../controls/dialog'
import { valuesOf, wordsOf } from '../controls/form'
import { Pages } from '../controls/pages'
import { SecretOnce } from '../controls/secret-once'
import { ProblemNotice, State } from '../controls/state'
import { useAsked } from '../controls/use-asked'
import { go, named, screenPath } from '../location'
import { JsonText } from '../text/json-text'
import { durationText, instantText, isUtc, relativeText } from '../time/clock'
import { nowMs } from '../time/now'
import type { ScreenProps } from './screens'

/** A webhook as GET /integration/webhooks shows it. */
interface Webhook {
  readonly webhookId: string
  readonly url: string
  readonly events: readonly string[]
  readonly active: boolean
  readonly status: string
  readonly disabled: { readonly detail: string; readonly at: string } | null
  readonly health: {
    readonly consecutiveFailures: number
    readonly lastSuccess: string | null
    readonly attemptsSucceeded: number
    readonly attemptsFailed: number
    readonly latencyMs: number
  }
}

interface Delivery {
  readonly id: string
  readonly type: string
  readonly status: string
  readonly reason: string | null
  readonly attempts: number
  readonly createdAt: string
  readonly nextAttemptAt: string | null
}

/** The endpoints that events are sent to, and one of them with its deliveries. */
export function Webhooks({ rest: [id] }: ScreenProps) {
  return id === undefined ? <WebhookList /> : <OneWebhook key={id} id={id} />
}

const pathOf = (id?: string): string =>
  screenPath(named.peek()?.tenant ?? '', id === undefined ? 'webhooks' : `webhooks/${id}`)

function WebhookList() {
  const version = useSignal(0)
  const isMaking = useSignal(false)
  const secret = useSignal<string | undefined>(undefined)
  return (
    <>
      <h1>Webhooks</h1>
      {secret.value === undefined ? null : <SecretOnce name="The signing secret" secret={secret.value} />}
      <p>
        <button
          type="button"
          class="primary"
          disabled={!may('integrations:write')}
          onClick={() => (isMaking.value = true)}
        >
          New webhook
        </button>
      </p>
      {isMaking.value ? (
        <NewWebhook
          onClose={() => (isMaking.value = false)}
          onMade={(made) => {
            secret.value = made
            isMaking.value = false
            version.value++
          }}
        />
      ) : null}
      <Pages<Webhook>
        path="/integration/webhooks"
        version={version.value}
        empty={
          <p class="quiet">
            No webhook yet. One is told of every event that it subscribes to, signed, until it says yes.
          </p>
        }
      >
        {(webhooks) => (
          <table>
            <thead>
              <tr>
                <th scope="col">Address</th>
                <th scope="col">Events</th>
                <th scope="col">State</th>
                <th scope="col">Delivered</th>
              </tr>
            </thead>
            <tbody>
              {webhooks.map((webhook) => (
                <tr key={webhook.webhookId}>
                  <th scope="row">
                    <a href={`/app${pathOf(webhook.webhookId)}`}>{webhook.url}</a>
                  </th>
                  <td>{webhook.events.join(', ')}</td>
                  <td class={webhook.status === 'disabled' || webhook.status === 'failing' ? 'is-bad' : undefined}>
                    {webhook.status}
                  </td>
                  <td>
                    {webhook.health.attemptsSucceeded.toLocaleString('en')} of{' '}
                    {(webhook.health.attemptsSucceeded + webhook.health.attemptsFailed).toLocaleString('en')} attempts
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </Pages>
    </>
  )
}

interface NewWebhookProps {
  readonly onClose: () => void
  readonly onMade: (secret: string | undefined) => void
}

function NewWebhook({ onClose, onMade }: NewWebhookProps) {
  const problem = useSignal<Problem | undefined>(undefined)
  const submit = async (event: SubmitEvent): Promise<void> => {
    const { url, events } = valuesOf(event)
    const asked = await ask<{ readonly signingSecret: string | null }>('/integration/webhooks', {
      method: 'POST',
      body: { url, events: wordsOf(events) },
    })
    if (asked.ok) onMade(asked.value.signingSecret ?? undefined)
    else problem.value = asked.problem
  }
  return (
    <Dialog title="New webhook" onClose={onClose}>
      <form class="form" onSubmit={(event) => void submit(event)}>
        <label for="webhook-url">Address</label>
        <input id="webhook-url" name="url" required autocomplete="off" placeholder="https://hooks.example.com/sluice" />
        <label for="webhook-events">Events</label>
        <input
          id="webhook-events"
          name="events"
          required
          autocomplete="off"
          value="critical_error security_incident alert_fired"
        />
        <p class="quiet">docs/webhooks.md lists them. An asterisk is all of them.</p>
        {problem.value ? <ProblemNotice problem={problem.value} /> : null}
        <p class="buttons">
          <button type="submit" class="primary">
            Make it
          </button>
          <button type="button" onClick={onClose}>
            Cancel
          </button>
        </p>
      </form>
    </Dialog>
  )
}

function OneWebhook({ id }: { readonly id: string }) {
  const webhook = useAsked<Webhook>(`/integration/webhooks/${id}`)
  const version = useSignal(0)
  const secret = useSignal<string | undefined>(undefined)
  const act = async (path: string, done: string): Promise<void> => {
    const asked = await ask<{ readonly signingSecret?: string | null }>(`/integration/webhooks/${id}${path}`, {
      method: 'POST',
      body: {},
    })
    say(asked.ok ? done : (asked.problem.detail ?? asked.problem.title))
    if (asked.ok && asked.value?.signingSecret) secret.value = asked.value.signingSecret
    webhook.reload()
    version.value++
  }
  const remove = async (): Promise<void> => {
    const asked = await ask(`/integration/webhooks/${id}`, { method: 'DELETE' })
    if (asked.ok) go(pathOf())
    else say(asked.problem.detail ?? asked.problem.title)
  }
  return (
    <State of={webhook}>
      {(shown) => (
        <>
          <h1>{shown.url}</h1>
          {secret.value === undefined ? null : <SecretOnce name="The new signing secret" secret={secret.value} />}
          {shown.disabled ? (
            <p class="is-bad">
              Switched off at {instantText(Date.parse(shown.disabled.at), isUtc.value)}: {shown.disabled.detail}
            </p>
          ) : null}
          <p>
            {shown.status} · {shown.events.join(', ')} · {shown.health.consecutiveFailures} failures in a row ·{' '}
            {shown.health.lastSuccess
              ? `last delivered ${relativeText(Date.parse(shown.health.lastSuccess), nowMs())}`
              : 'nothing delivered yet'}{' '}
            · answers in {durationText(shown.health.latencyMs)}
          </p>
          <Attempted of={shown.health} />
          <p class="buttons">
            <button type="button" class="primary" onClick={() => void act('/test', 'A test is on its way')}>
              Send a test
            </button>
            {shown.disabled ? (
              <button type="button" onClick={() => void act('/resume', 'It is told of events again')}>
                Resume
              </button>
            ) : null}
            <ConfirmButton label="New secret" onConfirm={() => act('/rotate', 'There is a new secret')}>
              The old one signs beside it for a day, so that the receiver can change over.
            </ConfirmButton>
            <ConfirmButton label="Delete" onConfirm={remove}>
              What is not delivered yet will not be.
            </ConfirmButton>
            <button
              type="button"
              onClick={() => {
                version.value++
                webhook.reload()
              }}
            >
              Look again
            </button>
          </p>
          <Deliveries webhookId={id} version={version.value} />
        </>
      )}
    </State>
  )
}

/** How many attempts have arrived, drawn. */
function Attempted({ of: { attemptsSucceeded, attemptsFailed } }: { readonly of: Webhook['health'] }) {
  if (attemptsSucceeded + attemptsFailed === 0) return null
  const text = `${attemptsSucceeded.toLocaleString('en')} attempts arrived, ${attemptsFailed.toLocaleString('en')} failed`
  return (
    <div class="share-bar" role="img" aria-label={text} title={text}>
      <span class="share line-2" style={{ flexGrow: attemptsSucceeded }} />
      <span class="share line-1" style={{ flexGrow: attemptsFailed }} />
    </div>
  )
}

const STATUSES = ['', 'pending', 'delivered', 'dead'] as const

function Deliveries({ webhookId, version }: { readonly webhookId: string; readonly version: number }) {
  const status = useSignal('')
  const again = useSignal(0)
  return (
    <section>
      <h2>Deliveries</h2>
      <div class="tabs" role="group" aria-label="Which">
        {STATUSES.map((name) => (
          <button key={name} type="button" aria-pressed={status.value === name} onClick={() => (status.value = name)}>
            {name === '' ? 'All' : name}
          </button>
        ))}
      </div>
      <Pages<Delivery>
        path={`/integration/webhooks/${webhookId}/deliveries`}
        query={status.value === '' ? {} : { status: status.value }}
        version={version * 1000 + again.value}
        empty={<p class="quiet">No delivery of this kind.</p>}
      >
        {(deliveries) => (
          <table>
            <thead>
              <tr>
                <th scope="col">When</th>
                <th scope="col">Event</th>
                <th scope="col">State</th>
                <th scope="col">Attempts</th>
                <th scope="col">
                  <span class="quiet">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {deliveries.map((delivery) => (
                <DeliveryLine key={delivery.id} of={delivery} webhookId={webhookId} onChange={() => again.value++} />
              ))}
            </tbody>
          </table>
        )}
      </Pages>
    </section>
  )
}

function DeliveryLine({
  of: delivery,
  webhookId,
  onChange,
}: {
  readonly of: Delivery
  readonly webhookId: string
  readonly onChange: () => void
}) {
  const isOpen = useSignal(false)
  const address = `/integration/webhooks/${webhookId}/deliveries/${delivery.id}`
  const redeliver = async (): Promise<void> => {
    const asked = await ask(`${address}/redeliver`, { method: 'POST' })
    say(asked.ok ? 'It is sent again' : (asked.problem.detail ?? asked.problem.title))
    onChange()
  }
  return (
    <>
      <tr>
        <th scope="row">
          <button type="button" aria-expanded={isOpen.value} onClick={() => (isOpen.value = !isOpen.value)}>
            {instantText(Date.parse(delivery.createdAt), isUtc.value)}
          </button>
        </th>
        <td>{delivery.type}</td>
        <td class={delivery.status === 'dead' ? 'is-bad' : undefined}>
          {delivery.status} {delivery.reason ? <span class="quiet">{delivery.reason}</span> : null}
          {delivery.nextAttemptAt ? (
            <span class="quiet"> again {relativeText(Date.parse(delivery.nextAttemptAt), nowMs())}</span>
          ) : null}
        </td>
        <td>{delivery.attempts}</td>
        <td>
          <button type="button" onClick={() => void redeliver()}>
            Send again
          </button>
        </td>
      </tr>
      {isOpen.value ? (
        <tr>
          <td colSpan={5}>
            <Attempts address={address} />
          </td>
        </tr>
      ) : null}
    </>
  )
}

function Attempts({ address }: { readonly address: string }) {
  const full = useAsked<object>(address)
  return <State of={full}>{(shown) => <JsonText value={shown} />}</State>
}
