import { useSignal } from '@preact/signals'
import { ask, type Problem } from '../api/ask'
import { ConfirmButton } from '../controls/confirm-button'
import { copyText, say } from '../controls/copy'
import { Dialog } from '../controls/dialog'
import { valuesOf } from '../controls/form'
import { Pages } from '../controls/pages'
import { ProblemNotice } from '../controls/state'
import { JsonText } from '../text/json-text'

/** A domain as GET /admin/domains shows it. */
interface Domain {
  readonly domain: string
  readonly tenantId: string
  readonly status: string
  readonly proof: string
  /** What has to be put where, until the domain is proved. */
  readonly verification: {
    readonly dns?: { readonly name?: string; readonly value?: string }
    readonly [way: string]: unknown
  } | null
  readonly checkedAt: string | null
}

/** The host names that lead to this tenant, and what proves that they are its own. */
export function Domains() {
  const version = useSignal(0)
  const isAdding = useSignal(false)
  const changed = (): void => {
    version.value++
  }
  return (
    <>
      <h1>Domains</h1>
      <p>
        <button type="button" class="primary" onClick={() => (isAdding.value = true)}>
          Add a domain
        </button>
      </p>
      {isAdding.value ? (
        <AddDomain
          onClose={() => {
            isAdding.value = false
            changed()
          }}
        />
      ) : null}
      <Pages<Domain>
        path="/admin/domains"
        version={version.value}
        empty={<p class="quiet">No domain leads here yet.</p>}
      >
        {(domains) => (
          <table>
            <thead>
              <tr>
                <th scope="col">Domain</th>
                <th scope="col">Status</th>
                <th scope="col">Proof</th>
                <th scope="col">
                  <span class="quiet">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {domains.map((domain) => (
                <DomainLine key={domain.domain} of={domain} onChange={changed} />
              ))}
            </tbody>
          </table>
        )}
      </Pages>
    </>
  )
}

function DomainLine({
  of: { domain, status, proof, verification },
  onChange,
}: {
  readonly of: Domain
  readonly onChange: () => void
}) {
  const problem = useSignal<Problem | undefined>(undefined)
  const address = `/admin/domains/${encodeURIComponent(domain)}`
  const verify = async (): Promise<void> => {
    const asked = await ask(`${address}/verify`, { method: 'POST' })
    problem.value = asked.ok ? undefined : asked.problem
    if (asked.ok) say(`${domain} was checked`)
    onChange()
  }
  const remove = async (): Promise<void> => {
    const asked = await ask(address, { method: 'DELETE' })
    say(asked.ok ? `${domain} leads here no more` : (asked.problem.detail ?? asked.problem.title))
    onChange()
  }
  return (
    <tr>
      <th scope="row">
        <code>{domain}</code>
      </th>
      <td class={status === 'active' ? undefined : 'is-warning'}>{status}</td>
      <td>
        {proof}
        {verification === null ? null : (
          <>
            <JsonText value={verification} />
            {verification.dns?.value ? (
              <button type="button" onClick={() => void copyText(verification.dns?.value ?? '', 'Copied')}>
                Copy the record
              </button>
            ) : null}
          </>
        )}
        {problem.value ? <ProblemNotice problem={problem.value} /> : null}
      </td>
      <td class="buttons">
        {proof === 'none' ? null : (
          <button type="button" onClick={() => void verify()}>
            Check now
          </button>
        )}
        <ConfirmButton label="Remove" onConfirm={remove}>
          Requests to {domain} are answered as if it did not exist. No log is lost.
        </ConfirmButton>
      </td>
    </tr>
  )
}

function AddDomain({ onClose }: { readonly onClose: () => void }) {
  const problem = useSignal<Problem | undefined>(undefined)
  const submit = async (event: SubmitEvent): Promise<void> => {
    const asked = await ask('/admin/domains', { method: 'POST', body: valuesOf(event) })
    if (asked.ok) onClose()
    else problem.value = asked.problem
  }
  return (
    <Dialog title="Add a domain" onClose={onClose}>
      <form class="form" onSubmit={(event) => void submit(event)}>
        <label for="domain-name">Host name</label>
        <input id="domain-name" name="domain" required autocomplete="off" placeholder="logs.example.com" />
        <p class="quiet">It leads here once its owner has proved it, by a record in DNS or a file.</p>
        {problem.value ? <ProblemNotice problem={problem.value} /> : null}
        <p class="buttons">
          <button type="submit" class="primary">
            Add
          </button>
          <button type="button" onClick={onClose}>
            Cancel
          </button>
        </p>
      </form>
    </Dialog>
  )
}
