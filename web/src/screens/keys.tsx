import { useSignal } from '@preact/signals'
import { ask, type Problem } from '../api/ask'
import { may } from '../api/session'
import { ConfirmButton } from '../controls/confirm-button'
import { say } from '../controls/copy'
import { Dialog } from '../controls/dialog'
import { SecretOnce } from '../controls/secret-once'
import { ProblemNotice, State } from '../controls/state'
import { useAsked } from '../controls/use-asked'
import { relativeText } from '../time/clock'
import { nowMs } from '../time/now'

/** A key as GET /admin/keys shows it. */
interface Key {
  readonly id: string
  readonly kind: string
  readonly last4: string
  readonly note: string | null
  readonly role: string
  readonly scopes: readonly string[]
  readonly filter: string | null
  readonly origins: readonly string[] | null
  readonly status: string
  readonly expires_at: string | null
  /** A day, or null. */
  readonly last_used: string | null
}

const KINDS = [
  { kind: 'ing', label: 'Ingest: may send logs' },
  { kind: 'pub', label: 'Browser: may send logs from certain pages' },
  { kind: 'rd', label: 'Read: may search and tail' },
  { kind: 'adm', label: 'Admin: may change the tenant' },
] as const

/** The tenant's keys: what each may do, when it was used, and a way to end it. */
export function Keys() {
  const keys = useAsked<{ readonly data: readonly Key[] }>('/admin/keys')
  const made = useSignal<{ readonly key: string; readonly name: string } | undefined>(undefined)
  const isMaking = useSignal(false)
  return (
    <>
      <h1>Keys</h1>
      {made.value ? <SecretOnce name={made.value.name} secret={made.value.key} /> : null}
      <p>
        <button type="button" class="primary" onClick={() => (isMaking.value = true)} disabled={!may('admin:keys')}>
          New key
        </button>
      </p>
      {isMaking.value ? (
        <NewKey
          onClose={() => (isMaking.value = false)}
          onMade={(key, name) => {
            made.value = { key, name }
            isMaking.value = false
            keys.reload()
          }}
        />
      ) : null}
      <State of={keys} isEmpty={({ data }) => data.length === 0} empty={<p class="quiet">There are no keys yet.</p>}>
        {({ data }) => (
          <table>
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">Key</th>
                <th scope="col">May</th>
                <th scope="col">Last used</th>
                <th scope="col">Ends</th>
                <th scope="col">
                  <span class="quiet">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {data.map((key) => (
                <KeyLine key={key.id} of={key} onChange={keys.reload} />
              ))}
            </tbody>
          </table>
        )}
      </State>
    </>
  )
}

function KeyLine({ of: key, onChange }: { readonly of: Key; readonly onChange: () => void }) {
  const revoke = async (): Promise<void> => {
    const asked = await ask(`/admin/keys/${key.id}`, { method: 'DELETE', headers: { 'if-match': '*' } })
    say(asked.ok ? 'The key is revoked' : (asked.problem.detail ?? asked.problem.title))
    onChange()
  }
  return (
    <tr>
      <th scope="row">{key.note ?? key.id}</th>
      <td>
        <code>
          slc_{key.kind}_…{key.last4}
        </code>
      </td>
      <td>
        {key.scopes.join(', ')}
        {key.filter ? (
          <div class="quiet">
            only <code>{key.filter}</code>
          </div>
        ) : null}
      </td>
      <td>{key.last_used ?? 'never'}</td>
      <td>
        {key.status !== 'active'
          ? key.status
          : key.expires_at
            ? relativeText(Date.parse(key.expires_at), nowMs())
            : 'never'}
      </td>
      <td>
        {key.status !== 'active' ? null : (
          <ConfirmButton label="Revoke" onConfirm={revoke}>
            Whoever uses “{key.note ?? key.id}” is refused from the next request on. This cannot be undone.
          </ConfirmButton>
        )}
      </td>
    </tr>
  )
}

interface NewKeyProps {
  readonly onClose: () => void
  readonly onMade: (key: string, name: string) => void
}

function NewKey({ onClose, onMade }: NewKeyProps) {
  const problem = useSignal<Problem | undefined>(undefined)
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const form = event.currentTarget instanceof HTMLFormElement ? new FormData(event.currentTarget) : new FormData()
    const name = String(form.get('key-name') ?? '')
    const filter = String(form.get('filter') ?? '').trim()
    const origins = String(form.get('origins') ?? '')
      .split(/[\s,]+/)
      .filter((one) => one !== '')
    const asked = await ask<{ readonly key: string }>('/admin/keys', {
      method: 'POST',
      body: {
        note: name,
        kind: form.get('kind'),
        ...(filter !== '' && { filter }),
        ...(origins.length > 0 && { origins }),
      },
    })
    if (asked.ok) onMade(asked.value.key, name)
    else problem.value = asked.problem
  }
  return (
    <Dialog title="New key" onClose={onClose}>
      <form class="form" onSubmit={(event) => void submit(event)}>
        <label for="key-name">Name</label>
        <input
          id="key-name"
          name="key-name"
          required
          maxLength={100}
          autocomplete="off"
          placeholder="checkout in production"
        />
        <label for="key-kind">Kind</label>
        <select id="key-kind" name="kind">
          {KINDS.map(({ kind, label }) => (
            <option key={kind} value={kind}>
              {label}
            </option>
          ))}
        </select>
        <label for="key-filter">Only logs that match (for keys that read)</label>
        <input id="key-filter" name="filter" autocomplete="off" placeholder="service:checkout" />
        <label for="key-origins">Pages it may be used on (for browsers)</label>
        <input id="key-origins" name="origins" autocomplete="off" placeholder="https://app.example.com" />
        {problem.value ? <ProblemNotice problem={problem.value} /> : null}
        <p class="buttons">
          <button type="submit" class="primary">
            Make the key
          </button>
          <button type="button" onClick={onClose}>
            Cancel
          </button>
        </p>
      </form>
    </Dialog>
  )
}
