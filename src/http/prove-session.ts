import type { Config, Env } from '../env'
import { SESSION_CACHE_ENTRIES_MAX } from '../limits/limits'
import { findSession, SessionRecord } from '../storage/d1/sessions'
import { putHint, readHint } from '../storage/kv/hints'
import { sessionKey } from '../storage/kv/keys'
import { PLATFORM_ISSUER_ID } from '../tenant/jwt-issuer'
import { isRole, scopesOf } from '../tenant/roles'
import type { Principal } from './access'
import { hashKey } from './api-key'
import type { CredentialReader } from './authenticate'
import { noteFailure, refuseAfterFailures } from './failed-attempts'
import type { TenantRequest } from './handler'
import { HintCache } from './hint-cache'
import { issuersOf } from './prove-jwt'
import { type Place, toPrincipal as toPrincipalOfKey } from './prove-key'
import { credentialOf } from './read-credential'
import { auditOf } from './request-audit'
import { findHint } from './request-hints'
import { readSessionSecret, requireSameSite } from './session'
import { findTenantSettings } from './tenant-hints'

const sessions = new HintCache<SessionRecord>(SESSION_CACHE_ENTRIES_MAX)

/** Reads the cookie of a browser's session. A key or JWT that is sent beside it goes before it. */
export const sessionReader: CredentialReader = {
  find: (request) => {
    if (request.headers.has('authorization')) return undefined
    if (credentialOf(request) !== undefined) return undefined
    return readSessionSecret(request.headers, request.url)
  },
  prove: async (secret, request, env, ctx) => {
    const hash = hashKey(secret)
    const address = request.headers.get('cf-connecting-ip') ?? ''
    // A page whose session is over asks with the same secret again and again; who guesses never does.
    const isNew = sessions.get(sessionKey(hash)) === undefined
    if (isNew) refuseAfterFailures(address, Date.now())
    const record = await findRecord(hash, request, env, ctx)
    if (record === undefined && isNew) await noteFailure(address, Date.now(), env.FAILED_ATTEMPTS)
    if (record !== undefined)
      auditOf(request).known = { kind: 'session', id: record.id, tenantId: record.tenantId, role: record.role }
    if (record === undefined || record.status !== 'active' || record.expiresMs <= Date.now()) return undefined
    requireSameSite(request, record.csrfHash)
    return proveRecord(record, request, env, ctx)
  },
}

/**
 * What a session may do now: never more than what it was opened with may still do. A session of a key ends with the key and
 * follows its scopes and filter; one of a JWT ends when its issuer is not trusted any more.
 */
export function toPrincipal(record: SessionRecord, source: SessionSource, nowMs: number): Principal | undefined {
  const { id, tenantId, role, scopes, filter } = record
  if (!isRole(role) || role === 'operator') return undefined
  const own: Principal = {
    ...{ kind: 'session', id, tenantId, role, scopes: scopesOf(role, scopes), filter },
    // Whoever opens more sessions may not ask more often.
    payerId: record.principalId,
  }
  if (record.principalId === SERVICE_KEY_ID) return source.config.LOG_SERVICE_API_KEY === undefined ? undefined : own
  if (record.principalId.startsWith('key_')) return narrowedByKey(own, record, source.place, nowMs)
  const issuerId = /^jwt:([a-z0-9-]+):/.exec(record.principalId)?.[1]
  return issuerId !== undefined && source.isTrusted(issuerId) ? own : undefined
}

/** What is now true of what a session was opened with. */
export interface SessionSource {
  readonly config: Pick<Config, 'LOG_SERVICE_API_KEY'>
  readonly place: Place
  /** Whether the tenant still trusts the issuer with this id. */
  readonly isTrusted: (issuerId: string) => boolean
}

/** The id of the key that stands in a variable. D1 knows nothing of it. */
const SERVICE_KEY_ID = 'key_service'

function narrowedByKey(own: Principal, { key }: SessionRecord, place: Place, nowMs: number): Principal | undefined {
  if (key === undefined) return undefined
  const now = toPrincipalOfKey(key, place, nowMs)
  const scopes = [...own.scopes].filter((scope) => now.scopes.has(scope))
  return { ...own, role: now.role, scopes: new Set(scopes), filter: now.filter }
}

async function proveRecord(
  record: SessionRecord,
  request: TenantRequest,
  env: Env,
  ctx: ExecutionContext,
): Promise<Principal | undefined> {
  const { config, headers } = request
  const settings = await findTenantSettings(request, env, ctx, record.tenantId)
  if (settings === undefined) return undefined
  const isTrusted = (issuerId: string): boolean =>
    issuerId === PLATFORM_ISSUER_ID
      ? config.JWT_SECRET !== undefined
      : issuersOf(settings).some(({ id }) => id === issuerId)
  const place = { address: headers.get('cf-connecting-ip') ?? '', origin: headers.get('origin') ?? undefined }
  return toPrincipal(record, { config, place, isTrusted }, Date.now())
}

function findRecord(hash: string, request: TenantRequest, env: Env, ctx: ExecutionContext) {
  const source = {
    cache: sessions,
    readKv: (key: string) => readHint(env.CACHE, key, SessionRecord),
    putKv: (key: string, value: SessionRecord) => putHint(env.CACHE, key, value),
    readD1: () => findSession(env.CONTROL, hash),
    waitUntil: (work: Promise<void>) => ctx.waitUntil(work),
  }
  return findHint(request, source, sessionKey(hash))
}
