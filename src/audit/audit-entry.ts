import { createHash } from 'node:crypto'
import { AUDIT_ASKED_CHARACTERS_MAX, AUDIT_ENTRY_BYTES_MAX } from '../limits/limits'
import type { Caller } from '../tenant/contract'
import type { AppliedChange } from '../tenant/directory'
import type { Json, JsonObject } from '../tenant/directory-rows'
import type { AuditAction } from './audit-action'
import { maskSecrets, maskText } from './mask-secrets'

/** What the Worker tells the tenant's object of a request, beside who it is from: enough to account for it. */
export interface AuditNote {
  readonly requestId: string
  /** What has proved who asks. */
  readonly kind: string
  readonly role: string
  readonly action: AuditAction
  /** Method and path as they stand in the route table. */
  readonly route: string
  /** What the path names. */
  readonly params: Readonly<Record<string, string>>
  /** What was asked for: the address's parameters, or the body of a search. */
  readonly asked: string
}

/** What became of a read, told once it is over. */
export interface AuditAnswer {
  /** The number of its entry. */
  readonly entry: number
  readonly status: number
  readonly code?: string
  /** Records that were handed out. */
  readonly rows: number
  /** Records that were counted or looked through for an answer that is no list of them. */
  readonly matched?: number
}

/** What the Worker knows of a request that the object had no other part in. */
export interface AuditOutcome {
  readonly status: number
  readonly code?: string
  /** Whoever asked was not let in. */
  readonly refused?: true
  /** Refusals of the same caller that were too many to be told one by one. */
  readonly omitted?: number
  /** Records that were handed out, and those that were counted. */
  readonly rows?: number
  readonly matched?: number
}

/** One directory row before and after a change, as far as it differs. */
export interface AuditChange {
  readonly what: string
  readonly kind: string
  readonly id: string
  readonly before: Json
  readonly after: Json
}

/** What happened, before it has its number and time. */
export interface AuditDraft {
  readonly action: AuditAction | 'answers' | 'trim'
  readonly route?: string
  readonly actor: { readonly id: string; readonly kind: string; readonly role?: string }
  readonly from?: { readonly address: string; readonly host: string }
  readonly request?: string
  readonly params?: Readonly<Record<string, string>>
  readonly asked?: string
  readonly status?: number
  readonly code?: string
  readonly refused?: true
  readonly omitted?: number
  readonly rows?: number
  readonly matched?: number
  readonly changes?: readonly AuditChange[]
  readonly answers?: readonly AuditAnswer[]
  /** Entries that are kept no longer, up to this one. */
  readonly removed?: { readonly through: number; readonly hash: string; readonly entries: number }
}

/** An entry of the audit, as it is written. */
export interface AuditEntry extends AuditDraft {
  readonly v: 1
  /** Counts up by one from 1, without a gap. */
  readonly number: number
  /** RFC 3339, UTC; never before the entry before. */
  readonly time: string
}

/** What a request leaves in the audit. */
export function draftOf(by: Caller, more: AuditOutcome | Pick<AuditDraft, 'changes'> = {}): AuditDraft {
  const { keyId, address, host, request: note } = by
  const from = { address, host }
  if (note === undefined)
    return { action: 'changes' in more ? 'change' : 'read', actor: { id: keyId, kind: 'service' }, from, ...more }
  const { requestId, kind, role, action, route, params, asked } = note
  return {
    ...{ action, route, actor: { id: keyId, kind, role }, from, request: requestId },
    ...(Object.keys(params).length > 0 && { params: maskParams(params) }),
    ...(asked !== '' && { asked: maskText(asked.slice(0, AUDIT_ASKED_CHARACTERS_MAX)) }),
    ...more,
  }
}

/** What changes leave in the audit: of each row the members that differ, without secrets. */
export const changesOf = (applied: readonly AppliedChange[]): AuditChange[] =>
  applied.map(({ what, kind, id, before, after }) => ({
    ...{ what, kind, id },
    before: before === undefined ? null : maskSecrets(differing(before, after)),
    after: after === undefined ? null : maskSecrets(differing(after, before)),
  }))

/** What removing the oldest entries leaves. */
export const trimDraft = (removed: NonNullable<AuditDraft['removed']>): AuditDraft => ({
  action: 'trim',
  actor: SERVICE,
  removed,
})

/** What became of reads, told together. */
export const answersDraft = (answers: readonly AuditAnswer[]): AuditDraft => ({
  action: 'answers',
  actor: SERVICE,
  answers,
})

/** The text of an entry: what is stored, and what its hash is of. What is too large is told by its hash and length. */
export function entryText(draft: AuditDraft, number: number, atMs: number): string {
  const text = textOf(draft, number, atMs)
  if (Buffer.byteLength(text) <= AUDIT_ENTRY_BYTES_MAX) return text
  const changes = (draft.changes ?? []).map(digestOfChange)
  const short = textOf({ ...draft, changes }, number, atMs)
  if (Buffer.byteLength(short) <= AUDIT_ENTRY_BYTES_MAX) return short
  const omitted = changes.length - CHANGES_LISTED_MAX
  return textOf({ ...draft, changes: changes.slice(0, CHANGES_LISTED_MAX), omitted }, number, atMs)
}

const SERVICE = { id: 'sluice', kind: 'service' } as const

/** Of a change of very many rows so many are told. */
const CHANGES_LISTED_MAX = 100

function textOf(draft: AuditDraft, number: number, atMs: number): string {
  const entry: AuditEntry = { v: 1, number, time: new Date(atMs).toISOString(), ...draft }
  return JSON.stringify(entry)
}

/** The members of a row that the other has not, or not so. */
function differing(row: JsonObject, other: JsonObject | undefined): JsonObject {
  if (other === undefined) return row
  const members = Object.entries(row).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(other[name]))
  return Object.fromEntries(members)
}

const digestOfChange = (change: AuditChange): AuditChange => ({
  ...change,
  before: digestOf(change.before),
  after: digestOf(change.after),
})

function digestOf(value: Json): Json {
  if (value === null) return null
  const text = JSON.stringify(value)
  return { bytes: Buffer.byteLength(text), sha256: createHash('sha256').update(text).digest('hex') }
}

const maskParams = (params: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(params).map(([name, value]) => [name, maskText(value.slice(0, 300))]))
