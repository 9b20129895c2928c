import { useSignal } from '@preact/signals'
import { ask, type Problem } from '../api/ask'
import { ConfirmButton } from '../controls/confirm-button'
import { say } from '../controls/copy'
import { Dialog } from '../controls/dialog'
import { valuesOf } from '../controls/form'
import { Pages } from '../controls/pages'
import { ProblemNotice } from '../controls/state'

/** A member as GET /admin/members shows it. */
interface Member {
  readonly id: string
  readonly email: string | null
  readonly subject: string | null
  readonly role: string
  readonly filter: string | null
  readonly status: string
}

const ROLES = ['viewer', 'editor', 'admin', 'owner'] as const

/** The people of the tenant, and what each may do. */
export function Members() {
  const version = useSignal(0)
  const isInviting = useSignal(false)
  const changed = (): void => {
    version.value++
  }
  return (
    <>
      <h1>Members</h1>
      <p>
        <button type="button" class="primary" onClick={() => (isInviting.value = true)}>
          Invite
        </button>
      </p>
      {isInviting.value ? (
        <Invite
          onClose={() => {
            isInviting.value = false
            changed()
          }}
        />
      ) : null}
      <Pages<Member>
        path="/admin/members"
        version={version.value}
        empty={
          <p class="quiet">
            Nobody is a member yet: people sign in with keys. Invite somebody whose identity provider the settings name.
          </p>
        }
      >
        {(members) => (
          <table>
            <thead>
              <tr>
                <th scope="col">Who</th>
                <th scope="col">Role</th>
                <th scope="col">Sees</th>
                <th scope="col">Status</th>
                <th scope="col">
                  <span class="quiet">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {members.map((member) => (
                <MemberLine key={member.id} of={member} onChange={changed} />
              ))}
            </tbody>
          </table>
        )}
      </Pages>
    </>
  )
}

function MemberLine({ of: member, onChange }: { readonly of: Member; readonly onChange: () => void }) {
  const name = member.email ?? member.subject ?? member.id
  const change = async (body: object, done: string): Promise<void> => {
    const asked = await ask(`/admin/members/${member.id}`, { method: 'PATCH', body })
    say(asked.ok ? done : (asked.problem.detail ?? asked.problem.title))
    onChange()
  }
  const remove = async (): Promise<void> => {
    const asked = await ask(`/admin/members/${member.id}`, { method: 'DELETE' })
    say(asked.ok ? `${name} is no member any more` : (asked.problem.detail ?? asked.problem.title))
    onChange()
  }
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>
        <select
          aria-label={`Role of ${name}`}
          value={member.role}
          onChange={(event) => void change({ role: event.currentTarget.value }, 'The role is changed')}
        >
          {ROLES.map((role) => (
            <option key={role}>{role}</option>
          ))}
        </select>
      </td>
      <td>{member.filter ? <code>{member.filter}</code> : 'everything'}</td>
      <td>{member.status}</td>
      <td class="buttons">
        <button
          type="button"
          onClick={() =>
            void change({ status: member.status === 'suspended' ? 'active' : 'suspended' }, 'The status is changed')
          }
        >
          {member.status === 'suspended' ? 'Let in again' : 'Suspend'}
        </button>
        <ConfirmButton label="Remove" onConfirm={remove}>
          {name} is refused from the next request on, and signed out everywhere.
        </ConfirmButton>
      </td>
    </tr>
  )
}

function Invite({ onClose }: { readonly onClose: () => void }) {
  const problem = useSignal<Problem | undefined>(undefined)
  const submit = async (event: SubmitEvent): Promise<void> => {
    const asked = await ask('/admin/members', { method: 'POST', body: valuesOf(event) })
    if (asked.ok) onClose()
    else problem.value = asked.problem
  }
  return (
    <Dialog title="Invite somebody" onClose={onClose}>
      <form class="form" onSubmit={(event) => void submit(event)}>
        <label for="member-email">E-mail, as their identity provider has verified it</label>
        <input id="member-email" name="email" type="email" autocomplete="off" required />
        <label for="member-role">Role</label>
        <select id="member-role" name="role">
          {ROLES.map((role) => (
            <option key={role}>{role}</option>
          ))}
        </select>
        <label for="member-filter">Only logs that match</label>
        <input id="member-filter" name="filter" autocomplete="off" placeholder="service:checkout" />
        {problem.value ? <ProblemNotice problem={problem.value} /> : null}
        <p class="buttons">
          <button type="submit" class="primary">
            Invite
          </button>
          <button type="button" onClick={onClose}>
            Cancel
          </button>
        </p>
      </form>
    </Dialog>
  )
}
