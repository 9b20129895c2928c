import type { AuditRow } from './audit-chain'
import type { AuditAnswer, AuditEntry } from './audit-entry'

/** An entry as it is shown and searched: with what became of it, and what a search expects of a record. */
export interface ShownEntry extends Omit<AuditEntry, 'v' | 'answers'> {
  readonly id: string
  readonly level: 'info' | 'warn' | 'error'
  readonly message: string
  /** What became of the request; `unknown` for a read whose end nobody told. */
  readonly outcome: 'done' | 'refused' | 'failed' | 'unknown'
  readonly rows?: number
  readonly matched?: number
  readonly hash: string
}

/** What was stored of an entry, ready to be shown; undefined for what only tells of other entries. */
export function toShownEntry(
  { number, hash, text }: AuditRow,
  answers: ReadonlyMap<number, AuditAnswer>,
): ShownEntry | undefined {
  const { v: _version, answers: told, time, action, ...entry }: AuditEntry = JSON.parse(text)
  if (told !== undefined) return undefined
  const { entry: _number, ...answer } = answers.get(number) ?? { entry: number }
  const known = { ...entry, ...answer }
  const outcome = outcomeOf(action, known)
  return {
    ...{ id: `aud_${number}`, time, level: levelOf(outcome, known.status) },
    ...{ message: messageOf({ ...known, action }, outcome), action, outcome, ...known, hash },
  }
}

type Known = Partial<AuditAnswer> & Pick<AuditEntry, 'changes' | 'refused'>

function outcomeOf(action: AuditEntry['action'], { status, changes, refused }: Known): ShownEntry['outcome'] {
  if (refused) return 'refused'
  if (action === 'trim' || (status === undefined && changes !== undefined)) return 'done'
  if (status === undefined) return 'unknown'
  if (status < 400) return 'done'
  return status === 401 || status === 403 ? 'refused' : 'failed'
}

function levelOf(outcome: ShownEntry['outcome'], status: number | undefined): ShownEntry['level'] {
  if (status !== undefined && status >= 500) return 'error'
  return outcome === 'refused' || outcome === 'failed' ? 'warn' : 'info'
}

function messageOf(
  entry: Pick<AuditEntry, 'action' | 'route' | 'actor' | 'asked' | 'changes'>,
  outcome: string,
): string {
  const { action, route, actor, asked, changes } = entry
  const what = changes?.map((change) => `${change.what} ${change.id}`).join(', ') ?? ''
  return [`${action} by ${actor.id}`, route ?? '', asked?.slice(0, ASKED_SHOWN_CHARACTERS) ?? '', what, outcome]
    .filter((part) => part !== '')
    .join(': ')
}

/** A message has the beginning of what was asked; `asked` has all of it. */
const ASKED_SHOWN_CHARACTERS = 200

/** The columns of the audit as a table, each a path into an entry. */
export const AUDIT_COLUMNS = [
  ...['number', 'time', 'action', 'outcome', 'status', 'code', 'actor.id', 'actor.kind', 'actor.role', 'from.address'],
  ...['from.host', 'request', 'route', 'params', 'asked', 'rows', 'matched', 'changes', 'hash'],
]

/** The cells of an entry under AUDIT_COLUMNS; empty for what it has not. */
export const auditCells = (entry: ShownEntry): string[] =>
  AUDIT_COLUMNS.map((path) => {
    const value = path.split('.').reduce<unknown>(memberOf, entry)
    if (value === undefined || value === null) return ''
    return typeof value === 'string' ? value : JSON.stringify(value)
  })

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}
