import * as z from 'zod'
import { DIRECTORY_ROW_BYTES_MAX } from '../limits/limits'
import type { Refusal } from './contract'
import {
  DIRECTORY_KINDS,
  DIRECTORY_ROWS,
  type DirectoryKind,
  type DirectoryRow,
  DomainRow,
  JsonObject,
  KeyRow,
  MemberRow,
  SessionRow,
  TenantRow,
} from './directory-rows'
import { sessionsOfChangedIssuers, sessionsToEnd } from './end-sessions'

const Id = z.string().min(1).max(253)

/** The version of the row that the change is meant for (If-Match); 0: that there is none. */
const IfVersion = z.int().min(0).optional()

/** Members to set; null takes a member away. What comes out is checked against the schema of the row. */
const Patch = JsonObject

const added = <const What extends string, Row extends z.ZodType>(what: What, row: Row) =>
  z.object({
    ...{ what: z.literal(what), id: Id, row, ifVersion: IfVersion },
    /** How many of the kind there may be once it is added; of sessions, that live and are of the same credentials. */
    countMax: z.int().min(0).optional(),
  })
const edited = <const What extends string>(what: What) =>
  z.object({ what: z.literal(what), id: Id, patch: Patch, ifVersion: IfVersion })
const removed = <const What extends string>(what: What) =>
  z.object({ what: z.literal(what), id: Id, ifVersion: IfVersion })

/** Everything that can be changed of a tenant's directory: `<kind>.<what became of it>`. */
export const DirectoryChange = z.discriminatedUnion('what', [
  edited('tenant.edited'),
  /** Puts the document of settings in the place of the one before. */
  z.object({ what: z.literal('settings.put'), id: Id, row: JsonObject, ifVersion: IfVersion }),
  added('key.added', KeyRow),
  edited('key.edited'),
  removed('key.removed'),
  added('domain.added', DomainRow),
  edited('domain.edited'),
  removed('domain.removed'),
  added('member.added', MemberRow),
  edited('member.edited'),
  removed('member.removed'),
  added('session.added', SessionRow),
  edited('session.edited'),
  removed('session.removed'),
])
export type DirectoryChange = z.infer<typeof DirectoryChange>

/** What a change has done, for whoever keeps an account of changes. */
export interface AppliedChange {
  readonly what: DirectoryChange['what']
  readonly kind: DirectoryKind
  readonly id: string
  readonly before: JsonObject | undefined
  readonly after: JsonObject | undefined
}

/** What became of a list of changes: all of them are made under one version of the tenant, or none is. */
export type ChangeOutcome =
  | {
      readonly ok: true
      readonly version: number
      readonly applied: readonly AppliedChange[]
      /** The number of the audit's entry. */
      readonly audit?: number | undefined
    }
  | { readonly ok: false; readonly refusal: Refusal }

/** What the object holds of its directory. All of it is synchronous: changes commit as one transaction. */
export interface DirectoryPorts {
  /** The tenant's version: that of its latest change. */
  readVersion(): number
  find(kind: DirectoryKind, id: string): DirectoryRow | undefined
  list(kind: DirectoryKind): readonly DirectoryRow[]
  count(kind: DirectoryKind): number
  /** Writes a row; without a value the row is gone, and that is still to be published. */
  put(row: { readonly kind: DirectoryKind; readonly id: string; readonly version: number }, value?: JsonObject): void
  putVersion(version: number): void
}

/** What an edit cannot change: it says what a row is, and holds for its life. A tenant's name is also in other tables. */
const FIXED: Readonly<Record<DirectoryKind, readonly string[]>> = {
  tenant: ['name', 'createdMs', 'payloadDatabase'],
  settings: [],
  key: ['kind', 'hash', 'last4', 'createdMs', 'createdBy'],
  domain: ['createdMs'],
  member: ['createdMs'],
  session: ['hash', 'principalId', 'createdMs'],
}

/**
 * Makes changes of the directory, or says why not. Nothing is written unless all of them can be made: then every row gets
 * the next version, which is the tenant's from here on.
 */
export function applyChanges(ports: DirectoryPorts, changes: readonly DirectoryChange[]): ChangeOutcome {
  const draft = new Draft(ports)
  const version = ports.readVersion() + 1
  const applied: AppliedChange[] = []
  for (const change of changes) {
    const outcome = draft.apply(change)
    if (!outcome.ok) return outcome
    applied.push(outcome.applied)
  }
  for (const removal of removalsOfSessions(ports, applied)) {
    const outcome = draft.apply(removal)
    // Somebody may have ended it in the same breath.
    if (outcome.ok) applied.push(outcome.applied)
  }
  if (losesLastOwner(ports, draft)) return refused({ kind: 'conflict', detail: 'A tenant keeps at least one owner.' })
  const tooMany = refusalOfCount(ports, draft, changes)
  if (tooMany) return refused(tooMany)
  for (const { kind, id, value } of draft.rows()) ports.put({ kind, id, version }, value)
  ports.putVersion(version)
  return { ok: true, version, applied }
}

/** Two that are added at once must not both be the last that there is room for: so it is the object that counts. */
function refusalOfCount(ports: DirectoryPorts, draft: Draft, changes: readonly DirectoryChange[]): Refusal | undefined {
  for (const change of changes) {
    if (!('countMax' in change) || change.countMax === undefined) continue
    if (change.what === 'session.added') {
      if (liveSessionsOf(ports, draft, change.row) > change.countMax)
        return { kind: 'conflict', detail: `There are ${change.countMax} sessions of these credentials already.` }
      continue
    }
    const kind = kindOf(change.what)
    const changed = draft.rows().filter((row) => row.kind === kind)
    const isNew = (row: DraftRow) => row.value !== undefined && ports.find(kind, row.id) === undefined
    const isGone = (row: DraftRow) => row.value === undefined && ports.find(kind, row.id) !== undefined
    const count = ports.count(kind) + changed.filter(isNew).length - changed.filter(isGone).length
    if (count > change.countMax)
      return { kind: 'conflict', detail: `The tenant’s plan allows ${change.countMax} ${kind}s, and it has as many.` }
  }
  return undefined
}

/** How many sessions that are not over the credentials of one that is added will have, itself among them. */
function liveSessionsOf(ports: DirectoryPorts, draft: Draft, { principalId, createdMs }: SessionRow): number {
  const ids = new Set([...ports.list('session'), ...draft.rows()].map(({ id }) => id))
  const isLive = ({ principalId: own, expiresMs = 0 }: JsonObject) =>
    own === principalId && Number(expiresMs) > createdMs
  return [...ids].filter((id) => isLive(draft.find('session', id)?.value ?? {})).length
}

/** Who is no member any more, or another kind of member, has no session either, nor who came by an issuer that is changed. */
function removalsOfSessions(ports: DirectoryPorts, applied: readonly AppliedChange[]): DirectoryChange[] {
  const members = applied.filter(({ kind }) => kind === 'member')
  const settings = applied.filter(({ kind }) => kind === 'settings')
  if (members.length + settings.length === 0) return []
  const sessions = ports.list('session')
  const ended = settings.flatMap((change) => sessionsOfChangedIssuers(sessions, change))
  return [...new Set([...ended, ...sessionsToEnd(sessions, members)])].map((id) => ({ what: 'session.removed', id }))
}

/** Hosts that will route to the tenant once the changes are made: only one tenant can have each. */
export const hostsToClaim = (changes: readonly DirectoryChange[]): string[] =>
  changes.filter(isActivation).map(({ id }) => id)

const isActivation = (change: DirectoryChange): boolean =>
  (change.what === 'domain.added' && change.row.status === 'active') ||
  (change.what === 'domain.edited' && change.patch.status === 'active')

interface DraftRow {
  readonly kind: DirectoryKind
  readonly id: string
  readonly version: number
  readonly value: JsonObject | undefined
}

/** The directory as it will be, before anything of it is written. */
class Draft {
  readonly #ports: DirectoryPorts
  readonly #changed = new Map<string, DraftRow>()

  constructor(ports: DirectoryPorts) {
    this.#ports = ports
  }

  apply(
    change: DirectoryChange,
  ): { readonly ok: true; readonly applied: AppliedChange } | { readonly ok: false; readonly refusal: Refusal } {
    const { what, id, ifVersion } = change
    const kind = kindOf(what)
    const row = this.find(kind, id)
    const before = row?.value
    if (ifVersion !== undefined && ifVersion !== (before === undefined ? 0 : row?.version))
      return refused({ kind: 'precondition_failed' })
    const next = nextValue(kind, before, change)
    if (!next.ok) return next
    this.#changed.set(`${kind} ${id}`, { kind, id, version: row?.version ?? 0, value: next.value })
    return { ok: true, applied: { what, kind, id, before, after: next.value } }
  }

  find(kind: DirectoryKind, id: string): DraftRow | undefined {
    return this.#changed.get(`${kind} ${id}`) ?? this.#ports.find(kind, id)
  }

  rows(): readonly DraftRow[] {
    return [...this.#changed.values()]
  }
}

type NextValue =
  | { readonly ok: true; readonly value: JsonObject | undefined }
  | { readonly ok: false; readonly refusal: Refusal }

function nextValue(kind: DirectoryKind, before: JsonObject | undefined, change: DirectoryChange): NextValue {
  if ('row' in change) {
    if (before !== undefined && change.what !== 'settings.put')
      return refused({ kind: 'conflict', detail: `There is a ${kind} ${change.id} already.` })
    return checked(kind, change.row)
  }
  if (before === undefined) return refused({ kind: 'not_found' })
  if (!('patch' in change)) return { ok: true, value: undefined }
  const unknown = Object.keys(change.patch).find((name) => FIXED[kind].includes(name) || !MEMBERS[kind].includes(name))
  if (unknown !== undefined) return refused({ kind: 'invalid_change', detail: `${unknown} cannot be changed.` })
  const merged = Object.entries({ ...before, ...change.patch }).filter(([, value]) => value !== null)
  return checked(kind, Object.fromEntries(merged))
}

/** What a newer version of the code has written beside what this one knows is kept: the row is checked, not rebuilt. */
function checked(kind: DirectoryKind, row: object): NextValue {
  const text = JSON.stringify(row)
  if (new TextEncoder().encode(text).length > DIRECTORY_ROW_BYTES_MAX)
    return refused({
      kind: 'invalid_change',
      detail: `A ${kind} has at most ${DIRECTORY_ROW_BYTES_MAX} bytes of JSON.`,
    })
  const value: JsonObject = JSON.parse(text)
  const parsed = DIRECTORY_ROWS[kind].safeParse(value)
  if (parsed.success) return { ok: true, value }
  const [issue] = parsed.error.issues
  return refused({ kind: 'invalid_change', detail: `${issue.path.join('.')}: ${issue.message}` })
}

/** A tenant without any owner, as bootstrap makes it, need not get one; the last one of several stays. */
function losesLastOwner(ports: DirectoryPorts, draft: Draft): boolean {
  const touched = draft.rows().filter(({ kind }) => kind === 'member')
  if (touched.length === 0) return false
  const before = ports.list('member')
  const ids = new Set([...before, ...touched].map(({ id }) => id))
  return before.some(({ value }) => isOwner(value)) && ![...ids].some((id) => isOwner(draft.find('member', id)?.value))
}

const isOwner = (member: JsonObject | undefined): boolean => member?.role === 'owner' && member.status === 'active'

/** The members of a row, by its kind. The document of settings is put as a whole. */
const MEMBERS: Readonly<Record<DirectoryKind, readonly string[]>> = {
  tenant: Object.keys(TenantRow.shape),
  settings: [],
  key: Object.keys(KeyRow.shape),
  domain: Object.keys(DomainRow.shape),
  member: Object.keys(MemberRow.shape),
  session: Object.keys(SessionRow.shape),
}

/** The kind that a change is of stands before its full stop. */
function kindOf(what: DirectoryChange['what']): DirectoryKind {
  const kind = DIRECTORY_KINDS.find((name) => what.startsWith(`${name}.`))
  if (kind === undefined) throw new Error(`${what} is of no kind`)
  return kind
}

const refused = (refusal: Refusal): { readonly ok: false; readonly refusal: Refusal } => ({ ok: false, refusal })
