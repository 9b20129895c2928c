import * as z from 'zod'
import { KEY_SCOPES } from '../http/api-key'
import type { ProblemItem } from '../http/problem'
import {
  ADMIN_PAGE_DEFAULT,
  ADMIN_PAGE_MAX,
  KEY_NOTE_CHARACTERS_MAX,
  KEY_OVERLAP_SECONDS_DEFAULT,
  KEY_OVERLAP_SECONDS_MAX,
  KEY_PLACES_MAX,
  QUERY_TEXT_MAX,
} from '../limits/limits'
import { parseCidr } from '../query/cidr'
import { type KeyRow, TENANT_KEY_KINDS } from '../tenant/directory-rows'
import { ROLE_SCOPES, ROLES, SCOPES } from '../tenant/roles'

/** A role that somebody can have in a tenant. */
export const RoleOfTenant = z.enum(ROLES).exclude(['operator'])

/** What a key or member sees, as somebody writes it. */
export const FilterText = z
  .string()
  .min(1)
  .max(QUERY_TEXT_MAX)
  .meta({ description: 'In the query language, without pipes: added to everything that is read.' })

const note = z.string().max(KEY_NOTE_CHARACTERS_MAX)

const Scopes = z.array(z.enum([...SCOPES, 'admin']).exclude(['operator'])).max(SCOPES.length)

const Origins = z
  .array(
    z.string().max(300).refine(isOrigin, {
      error: 'it must be an origin, https://app.example.com: with https, unless it is on localhost, and no path',
    }),
  )
  .max(KEY_PLACES_MAX)

const Addresses = z
  .array(
    z
      .string()
      .max(64)
      .refine((text) => parseCidr(text) !== undefined, {
        error: 'it must be a block of addresses, 203.0.113.0/24 or 2001:db8::/32',
      }),
  )
  .min(1)
  .max(KEY_PLACES_MAX)

const time = z.iso.datetime({ offset: true, error: 'it must be a time, 2027-01-31T00:00:00Z' })

/** The body of POST /admin/keys. */
export const KeyRegistration = z.strictObject({
  kind: z.enum(TENANT_KEY_KINDS).meta({
    description: 'ing sends logs, rd reads them, adm administers, pub sends logs from pages of browsers.',
  }),
  note: note.default('').meta({ description: 'What it is for.' }),
  role: RoleOfTenant.optional().meta({
    description: 'For adm: owner, admin, editor or viewer; admin when absent. The other kinds have one.',
  }),
  scopes: Scopes.min(1)
    .optional()
    .meta({ description: 'Of those of the role; `admin` is all of admin:… and integrations:….' }),
  filter: FilterText.optional(),
  origins: Origins.min(1)
    .optional()
    .meta({ description: 'Pages that may use it, only for pub; the settings’ origins when absent.' }),
  addresses: Addresses.optional().meta({
    description: 'Blocks of addresses that it works from; from all when absent.',
  }),
  expires_at: time.optional(),
})
export type KeyRegistration = z.infer<typeof KeyRegistration>

/** The body of PATCH /admin/keys/:key. What is absent stays; null takes it away. */
export const KeyEdit = z
  .strictObject({
    note: note.optional(),
    role: RoleOfTenant.optional(),
    scopes: Scopes.min(1).optional(),
    filter: FilterText.nullable().optional(),
    origins: Origins.min(1).optional(),
    addresses: Addresses.nullable().optional(),
    expires_at: time.nullable().optional(),
  })
  .refine((edit) => Object.keys(edit).length > 0, { error: 'it changes nothing' })
export type KeyEdit = z.infer<typeof KeyEdit>

/** The body of POST /admin/keys/:key/rotate. */
export const KeyRotation = z.strictObject({
  overlap_seconds: z
    .int()
    .min(0)
    .max(KEY_OVERLAP_SECONDS_MAX)
    .default(KEY_OVERLAP_SECONDS_DEFAULT)
    .meta({ description: 'How long the old key still works beside the new one.' }),
})

/** The parameters of GET /admin/keys. */
export const KeyQuery = z.strictObject({
  kind: z
    .enum(TENANT_KEY_KINDS)
    .optional()
    .meta({ description: 'Only keys of this kind.', examples: ['rd'] }),
  status: z
    .enum(['active', 'expired', 'revoked'])
    .optional()
    .meta({ description: 'Only keys in this state.', examples: ['active'] }),
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(ADMIN_PAGE_MAX)
    .default(ADMIN_PAGE_DEFAULT)
    .meta({ description: 'Keys on a page.', examples: [10] }),
  cursor: z.string().optional().meta({ description: 'next_cursor of the page before.' }),
})
export type KeyQuery = z.infer<typeof KeyQuery>

/** What a key's kind allows. The kind stands in the key's text, so that a person sees what they paste. */
const KIND_ROLES: Readonly<Record<KeyRow['kind'], readonly KeyRow['role'][]>> = {
  ing: ['ingest'],
  rd: ['viewer'],
  adm: ['owner', 'admin', 'editor', 'viewer'],
  pub: ['ingest'],
}

/** The role and scopes of a key when nothing is said of one of them. */
export function termsOfKey({ kind, role, scopes }: Pick<KeyRegistration, 'kind' | 'role' | 'scopes'>): {
  readonly role: KeyRow['role']
  readonly scopes: string[]
} {
  const own = role ?? (kind === 'adm' ? 'admin' : KIND_ROLES[kind][0])
  if (scopes !== undefined) return { role: own, scopes: [...scopes] }
  const isUsual = kind !== 'adm' || own === 'admin' || own === 'owner'
  return { role: own, scopes: isUsual ? [...KEY_SCOPES[kind]] : [...ROLE_SCOPES[own]] }
}

/** What of a key does not go together, by its members in a body. */
export function faultsOfKey(
  { kind, role, scopes, origins, expiresMs }: Pick<KeyRow, 'kind' | 'role' | 'scopes' | 'origins' | 'expiresMs'>,
  nowMs: number,
): ProblemItem[] {
  const faults: (readonly [pointer: string, detail: string])[] = []
  if (!KIND_ROLES[kind].includes(role)) faults.push(['/role', `A key of the kind ${kind} cannot be ${role}.`])
  for (const [index, scope] of scopes.entries())
    if (!isScopeOf(role, scope)) faults.push([`/scopes/${index}`, `The role ${role} does not have ${scope}.`])
  if (kind === 'pub' && !origins?.length)
    faults.push(['/origins', 'A key for browsers names the origins of its pages.'])
  if (kind !== 'pub' && origins !== undefined) faults.push(['/origins', 'Only keys for browsers have origins.'])
  if (expiresMs !== undefined && expiresMs <= nowMs) faults.push(['/expires_at', 'It is over already.'])
  return faults.map(([pointer, detail]) => ({ code: 'validation_failed', detail, pointer }))
}

const isScopeOf = (role: KeyRow['role'], name: string): boolean =>
  ROLE_SCOPES[role].some((scope) => scope === name || (name === 'admin' && scope.startsWith('admin:')))

/** An origin as browsers send it (RFC 6454, 6.2). A page over plain http can be written by anybody on the way. */
function isOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { origin, protocol, hostname } = new URL(text)
  const isLocal = hostname === 'localhost' || hostname.endsWith('.localhost') || hostname === '127.0.0.1'
  return origin === text && (protocol === 'https:' || (protocol === 'http:' && isLocal))
}
