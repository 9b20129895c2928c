import * as z from 'zod'
import { cidrContains, parseCidr } from '../query/cidr'
import { isAsNarrow } from '../query/narrow-filter'
import { DomainRow, type JsonObject, KeyRow, MemberRow, SessionRow, TenantRow } from '../tenant/directory-rows'
import { scopesOf } from '../tenant/roles'
import type { ByeCode } from './frame-text'

/**
 * Who a tail is for: what the front door has proved when it was opened. It is kept with the tail and held against the directory
 * as long as the tail is open.
 */
export const TailGuest = z.object({
  kind: z.enum(['key', 'jwt', 'session']),
  /** The principal's id. */
  id: z.string(),
  role: z.string(),
  scopes: z.array(z.string()),
  filter: z.string().optional(),
  /** What a session was opened with. */
  payerId: z.string().optional(),
  memberId: z.string().optional(),
  /** When the credential ends by itself, where no row says it. */
  expiresMs: z.number().optional(),
  address: z.string(),
  host: z.string(),
  /** What the issuer of a token was trusted by, as the guest book says it. */
  issuer: z.string().optional(),
  /** The host is the service's own, which no row of the directory routes. */
  isServiceHost: z.boolean(),
})
export type TailGuest = Readonly<z.infer<typeof TailGuest>>

/** What a guest is held against. */
export interface GuestBook {
  readonly tenant: JsonObject | undefined
  readonly key: (id: string) => JsonObject | undefined
  readonly session: (id: string) => JsonObject | undefined
  readonly member: (id: string) => JsonObject | undefined
  readonly domain: (host: string) => JsonObject | undefined
  /** The member that an issuer's subject is; undefined for none. */
  readonly memberOf: (subject: string) => JsonObject | undefined
  /** A print of all by which the tokens of the issuer with this id are trusted; undefined where they are not. */
  readonly issuer: (issuerId: string) => string | undefined
  /** Whether the key that stands in a variable is still there. */
  readonly hasServiceKey: boolean
  readonly hasFeature: boolean
}

/** The id of the key that stands in a variable. */
const SERVICE_KEY_ID = 'key_service'

/** Why a guest's tail ends now; undefined while it may go on. Whatever is not understood lets nobody in. */
export function endOfVisit(guest: TailGuest, book: GuestBook, nowMs: number): ByeCode | undefined {
  const tenant = TenantRow.safeParse(book.tenant).data
  if (tenant?.status !== 'active') return 'tenant_closed'
  if (!guest.isServiceHost && DomainRow.safeParse(book.domain(guest.host)).data?.status !== 'active')
    return 'tenant_closed'
  if (!book.hasFeature) return 'feature_disabled'
  if (guest.expiresMs !== undefined && guest.expiresMs <= nowMs) return 'credential_ended'
  return endOfCredential(guest, book, nowMs)
}

/** A guest as they are kept: with what the issuer of their token is trusted by, lest it change unseen. */
export function noteIssuer(guest: TailGuest, book: GuestBook): TailGuest {
  const [, issuerId] = (guest.kind === 'jwt' && TOKEN_ID.exec(guest.id)) || []
  const issuer = issuerId === undefined ? undefined : book.issuer(issuerId)
  return issuer === undefined ? guest : { ...guest, issuer }
}

/** When the credential ends by what is known now; undefined for never. */
export function guestExpiresMs(guest: TailGuest, book: GuestBook): number | undefined {
  const session = guest.kind === 'session' ? SessionRow.safeParse(book.session(guest.id)).data : undefined
  const key = KeyRow.safeParse(book.key(guest.kind === 'key' ? guest.id : (guest.payerId ?? ''))).data
  const times = [guest.expiresMs, session?.expiresMs, key?.expiresMs].filter((time) => time !== undefined)
  return times.length === 0 ? undefined : Math.min(...times)
}

function endOfCredential(guest: TailGuest, book: GuestBook, nowMs: number): ByeCode | undefined {
  switch (guest.kind) {
    case 'key':
      return endOfKey(guest.id, guest, book, nowMs)
    case 'session':
      return endOfSession(guest, book, nowMs)
    case 'jwt':
      return endOfToken(guest.id, guest, book)
  }
}

function endOfKey(id: string, guest: TailGuest, book: GuestBook, nowMs: number): ByeCode | undefined {
  if (id === SERVICE_KEY_ID) return book.hasServiceKey ? undefined : 'credential_ended'
  const key = KeyRow.safeParse(book.key(id)).data
  if (key === undefined || key.status !== 'active' || isOver(key.expiresMs, nowMs)) return 'credential_ended'
  if (!scopesOf(key.role, key.scopes).has('tail')) return 'credential_ended'
  if (key.addresses !== undefined && !isWithin(key.addresses, guest.address)) return 'credential_ended'
  return key.filter === guest.filter ? undefined : 'credential_changed'
}

function endOfSession(guest: TailGuest, book: GuestBook, nowMs: number): ByeCode | undefined {
  const session = SessionRow.safeParse(book.session(guest.id)).data
  if (session === undefined || session.status !== 'active' || isOver(session.expiresMs, nowMs))
    return 'credential_ended'
  if (!scopesOf(session.role, session.scopes).has('tail')) return 'credential_ended'
  // A session follows the filter of the key that it was opened with.
  if (session.principalId.startsWith('key_')) return endOfKey(session.principalId, guest, book, nowMs)
  // Whatever changes of a member or an issuer that it goes back to ends the session itself.
  return undefined
}

const TOKEN_ID = /^jwt:([a-z0-9-]+):(.*)$/s

/** A token has no row; its issuer has, and who it is for may be a member. */
function endOfToken(id: string, guest: TailGuest, book: GuestBook): ByeCode | undefined {
  const [, issuerId, subject] = TOKEN_ID.exec(id) ?? []
  const issuer = issuerId === undefined ? undefined : book.issuer(issuerId)
  if (issuer === undefined) return 'credential_ended'
  // The same token may have another role now, or none.
  if (issuer !== guest.issuer) return 'credential_changed'
  if (guest.memberId === undefined) return endOfNobodys(guest, book.memberOf(`${issuerId}:${subject}`))
  const member = MemberRow.safeParse(book.member(guest.memberId)).data
  if (member === undefined || !['active', 'invited'].includes(member.status)) return 'credential_ended'
  if (member.role !== guest.role) return 'credential_changed'
  // A token may narrow what its member sees, and never widens it: the member's part must still be in it.
  return isAsNarrow(guest.filter, member.filter) ? undefined : 'credential_changed'
}

/** Whoever was let in by the claims of their token may be a member now. For an owner by claims only an owner's row holds. */
function endOfNobodys({ role }: TailGuest, row: JsonObject | undefined): ByeCode | undefined {
  const member = MemberRow.safeParse(row).data
  return member === undefined || (role === 'owner' && member.role !== 'owner') ? undefined : 'credential_changed'
}

const isOver = (expiresMs: number | undefined, nowMs: number): boolean => expiresMs !== undefined && expiresMs <= nowMs

const isWithin = (addresses: readonly string[], address: string): boolean =>
  addresses
    .map(parseCidr)
    .filter((block) => block !== undefined)
    .some((block) => cidrContains(block, address))
