import * as z from 'zod'
import type { Refusal } from './contract'
import { ROLES } from './roles'

/** A JSON value, as it crosses from the Worker to the object. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject

/** A JSON object. */
export interface JsonObject {
  readonly [name: string]: Json
}

const Time = z.int().min(0)
const Scopes = z.array(z.string().max(40)).max(20)
const OfTenant = z.enum(ROLES).exclude(['operator'])

/** Any JSON object. What it may hold is checked by whoever knows its meaning. */
export const JsonObject: z.ZodType<JsonObject> = z.record(z.string(), z.json())

/** The tenant itself; one row, under the tenant's id. */
export const TenantRow = z.object({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/),
  /** `deleting`: waits for `deleteMs`, and can be resumed. `erasing`: it is going, for good. */
  status: z.enum(['active', 'suspended', 'deleting', 'erasing']),
  plan: z.string().max(40),
  /** What is agreed with this tenant in the place of its plan's limits. */
  limits: JsonObject,
  contactEmail: z.string().max(320).optional(),
  payloadDatabase: z.string(),
  createdMs: Time,
  /** When it is erased for good. */
  deleteMs: Time.optional(),
})
export type TenantRow = z.infer<typeof TenantRow>

/** The document of settings; one row, under SETTINGS_ID. */
export const SettingsRow = JsonObject

/** The kinds of keys, as they stand in a key's own text, that a tenant can have. */
export const TENANT_KEY_KINDS = ['ing', 'rd', 'adm', 'pub'] as const

/** A key, by its id. Of its text there is only the hash. */
export const KeyRow = z.object({
  kind: z.enum(TENANT_KEY_KINDS),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  last4: z.string().length(4),
  scopes: Scopes,
  role: OfTenant,
  /** In the query language: ANDed into everything that is read with the key. */
  filter: z.string().max(4096).optional(),
  /** The origins of pages that may use it; only for `pub`. */
  origins: z.array(z.string().max(300)).max(100).optional(),
  /** Blocks of addresses that it may be used from; absent: from anywhere. */
  addresses: z.array(z.string().max(64)).max(100).optional(),
  expiresMs: Time.optional(),
  /** The key that this one takes the place of. */
  rotatedFrom: z.string().optional(),
  note: z.string().max(1000),
  status: z.enum(['active', 'revoked']),
  createdMs: Time,
  createdBy: z.string().max(300).optional(),
})
export type KeyRow = z.infer<typeof KeyRow>

/** A host name that is or wants to be the tenant's, by that name: lower case, without port and final dot. */
export const DomainRow = z.object({
  status: z.enum(['pending', 'active', 'unrouted', 'suspended']),
  /** SHA-256 of what the owner has to show, in hex; absent when no proof is needed. */
  tokenHash: z.string().optional(),
  tokenExpiresMs: Time.optional(),
  /** How it was proved. */
  proof: z.enum(['none', 'dns', 'http']).optional(),
  provedMs: Time.optional(),
  checkedMs: Time.optional(),
  /** Since when the proof is not there any more. */
  lostMs: Time.optional(),
  /** What the platform's custom-hostname service calls it. */
  hostnameId: z.string().max(200).optional(),
  contactEmail: z.string().max(320).optional(),
  /** Who has suspended it: what the operator has, only the operator resumes. */
  suspendedBy: z.enum(['operator', 'tenant']).optional(),
  config: JsonObject,
  createdMs: Time,
})
export type DomainRow = z.infer<typeof DomainRow>

/** Somebody who belongs to the tenant. */
export const MemberRow = z.object({
  email: z.string().max(320).optional(),
  /** Who it is for the issuer of their tokens: `<issuer id>:<sub>`. */
  subject: z.string().max(600).optional(),
  role: OfTenant,
  filter: z.string().max(4096).optional(),
  status: z.enum(['invited', 'active', 'suspended']),
  createdMs: Time,
})
export type MemberRow = z.infer<typeof MemberRow>

/** A browser's session. Of its secrets there are only hashes. */
export const SessionRow = z.object({
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  csrfHash: z.string().regex(/^[0-9a-f]{64}$/),
  /** Whom it was made for: a key's or a member's id, or a JWT's subject. */
  principalId: z.string().max(700),
  /** The member that a JWT's subject is, if it is one. */
  memberId: z.string().optional(),
  role: OfTenant,
  scopes: Scopes,
  filter: z.string().max(4096).optional(),
  status: z.enum(['active', 'revoked']),
  createdMs: Time,
  expiresMs: Time,
})
export type SessionRow = z.infer<typeof SessionRow>

/** The id of the one row of settings. */
export const SETTINGS_ID = 'settings'

/** What a tenant's directory holds, in a fixed order. */
export const DIRECTORY_KINDS = ['tenant', 'settings', 'key', 'domain', 'member', 'session'] as const

export type DirectoryKind = (typeof DIRECTORY_KINDS)[number]

/** What a row of each kind is. */
export const DIRECTORY_ROWS: Readonly<Record<DirectoryKind, z.ZodType>> = {
  tenant: TenantRow,
  settings: SettingsRow,
  key: KeyRow,
  domain: DomainRow,
  member: MemberRow,
  session: SessionRow,
}

/** A row with the version of the tenant that wrote it. */
export interface DirectoryRow {
  readonly kind: DirectoryKind
  readonly id: string
  readonly version: number
  readonly value: JsonObject
}

/** Which rows of a kind to read: the one with an id, or a page in the order of ids. */
export type DirectoryPage =
  | { readonly id: string }
  | { readonly id?: undefined; readonly after?: string; readonly limit: number }

/** What the directory answers to who reads it, with the tenant's version. */
export type DirectoryOutcome =
  | { readonly ok: true; readonly version: number; readonly rows: readonly DirectoryRow[] }
  | { readonly ok: false; readonly refusal: Refusal }
