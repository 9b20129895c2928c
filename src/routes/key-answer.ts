import * as z from 'zod'
import { type KeyRow, TENANT_KEY_KINDS } from '../tenant/directory-rows'
import { scopesOf } from '../tenant/roles'
import { RoleOfTenant } from './key-body'

const time = z.iso.datetime()

/** A key as the routes of /admin/keys show it. Its text and its hash are never in it. */
export const KeyAnswer = z.strictObject({
  id: z.string(),
  kind: z.enum(TENANT_KEY_KINDS),
  last4: z.string().meta({ description: 'The end of its text.' }),
  note: z.string(),
  role: RoleOfTenant,
  scopes: z.array(z.string()).meta({ description: 'What it may do.' }),
  filter: z.string().nullable().meta({ description: 'Added to everything that it reads.' }),
  origins: z.array(z.string()).nullable(),
  addresses: z.array(z.string()).nullable(),
  status: z.enum(['active', 'expired', 'revoked']),
  created_at: time,
  created_by: z.string().nullable(),
  expires_at: time.nullable().meta({ description: 'From then on it is refused.' }),
  rotated_from: z.string().nullable().meta({ description: 'The key in whose place it came.' }),
  last_used: z.iso.date().nullable().meta({ description: 'The day, UTC; null while it was never used.' }),
})
export type KeyAnswer = z.infer<typeof KeyAnswer>

/** A key that has just been made: the only answer that ever holds its text. */
export const NewKeyAnswer = KeyAnswer.extend({
  key: z.string().meta({ description: 'Shown this once. Only its hash is stored.' }),
})

/** What a key's answer is made of. */
export interface ShownKey {
  readonly id: string
  readonly row: KeyRow
  /** Days since 1970-01-01 UTC. */
  readonly lastUsedDay: number | undefined
}

/** A key for its answer. */
export function toKeyAnswer({ id, row, lastUsedDay }: ShownKey, nowMs: number): KeyAnswer {
  const { kind, last4, note, role, scopes, filter, origins, addresses, createdMs, createdBy, rotatedFrom } = row
  return {
    ...{ id, kind, last4, note, role },
    scopes: [...scopesOf(role, scopes)],
    filter: filter ?? null,
    origins: origins ?? null,
    addresses: addresses ?? null,
    status: statusOf(row, nowMs),
    created_at: toTime(createdMs),
    created_by: createdBy ?? null,
    expires_at: row.expiresMs === undefined ? null : toTime(row.expiresMs),
    rotated_from: rotatedFrom ?? null,
    last_used: lastUsedDay === undefined ? null : toTime(lastUsedDay * DAY_MS).slice(0, 'yyyy-mm-dd'.length),
  }
}

/** What has become of a key. One that was revoked has ended, whatever its time says. */
export const statusOf = ({ status, expiresMs }: KeyRow, nowMs: number): KeyAnswer['status'] => {
  if (status === 'revoked') return 'revoked'
  return expiresMs !== undefined && expiresMs <= nowMs ? 'expired' : 'active'
}

const DAY_MS = 86_400_000

const toTime = (timeMs: number): string => new Date(timeMs).toISOString()
