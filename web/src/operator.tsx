import { useSignal } from '@preact/signals'
import { type Asked, ask, type Question } from './api/ask'
import { ConfirmButton } from './controls/confirm-button'
import { say } from './controls/copy'
import { Pages } from './controls/pages'
import { operatorKey } from './operator-key'

/** A tenant as GET /admin/tenants shows it to the operator. */
interface Tenant {
  readonly id: string
  readonly name: string
  readonly plan: string
  readonly status: string
  readonly created_at: string
}

interface Domain {
  readonly domain: string
  readonly tenantId: string
  readonly status: string
}

const authorization = (): Record<string, string> => ({ authorization: `Bearer ${operatorKey.peek() ?? ''}` })

const askAsOperator = <T,>(path: string, question: Question): Promise<Asked<T>> =>
  ask<T>(path, { ...question, headers: { ...question.headers, ...authorization() } })

/** All tenants: where each is, and a way to its own app. Who signs in there is a member or key of that tenant. */
export function Operator() {
  const version = useSignal(0)
  return (
    <main class="screen" id="results">
      <h1>Tenants</h1>
      <p class="quiet">
        The operator’s key is only in the memory of this page.{' '}
        <button type="button" onClick={() => (operatorKey.value = undefined)}>
          Forget it
        </button>
      </p>
      <Pages<Tenant>
        path="/admin/tenants"
        headers={authorization()}
        version={version.value}
        empty={<p class="quiet">There is no tenant yet.</p>}
      >
        {(tenants) => (
          <Pages<Domain>
            path="/admin/domains"
            query={{ limit: 100 }}
            headers={authorization()}
            empty={<TenantTable tenants={tenants} domains={[]} onChange={() => version.value++} />}
          >
            {(domains) => <TenantTable tenants={tenants} domains={domains} onChange={() => version.value++} />}
          </Pages>
        )}
      </Pages>
    </main>
  )
}

interface TenantTableProps {
  readonly tenants: readonly Tenant[]
  readonly domains: readonly Domain[]
  readonly onChange: () => void
}

function TenantTable({ tenants, domains, onChange }: TenantTableProps) {
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">Tenant</th>
          <th scope="col">Plan</th>
          <th scope="col">Status</th>
          <th scope="col">Its app</th>
          <th scope="col">
            <span class="quiet">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {tenants.map((tenant) => (
          <TenantLine
            key={tenant.id}
            of={tenant}
            domains={domains.filter(({ tenantId }) => tenantId === tenant.name)}
            onChange={onChange}
          />
        ))}
      </tbody>
    </table>
  )
}

function TenantLine({
  of: tenant,
  domains,
  onChange,
}: {
  readonly of: Tenant
  readonly domains: readonly Domain[]
  readonly onChange: () => void
}) {
  const isSuspended = tenant.status === 'suspended'
  const change = async (): Promise<void> => {
    const asked = await askAsOperator(`/admin/tenants/${encodeURIComponent(tenant.name)}`, {
      method: 'PATCH',
      body: { status: isSuspended ? 'active' : 'suspended' },
    })
    say(
      asked.ok
        ? `${tenant.name} is ${isSuspended ? 'active' : 'suspended'}`
        : (asked.problem.detail ?? asked.problem.title),
    )
    onChange()
  }
  return (
    <tr>
      <th scope="row">{tenant.name}</th>
      <td>{tenant.plan}</td>
      <td class={tenant.status === 'active' ? undefined : 'is-warning'}>{tenant.status}</td>
      <td>
        {domains.length === 0 ? <span class="quiet">no domain</span> : null}
        {domains.map(({ domain, status }) =>
          status === 'active' ? (
            <a key={domain} class="button" href={appAt(domain)} target="_blank" rel="noopener noreferrer">
              {domain}
            </a>
          ) : (
            <span key={domain} class="quiet">
              {domain} ({status})
            </span>
          ),
        )}
      </td>
      <td>
        <ConfirmButton label={isSuspended ? 'Resume' : 'Suspend'} onConfirm={change}>
          {isSuspended
            ? `${tenant.name} may send and read again.`
            : `${tenant.name} may neither send nor read until it is resumed. Nothing is lost.`}
        </ConfirmButton>
      </td>
    </tr>
  )
}

/** The app on a tenant's own host, by the protocol and port of this page. */
const appAt = (domain: string): string =>
  `${location.protocol}//${domain}${location.port === '' ? '' : `:${location.port}`}/app`
