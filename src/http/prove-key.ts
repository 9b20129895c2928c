import type { Env } from '../env'
import { KEY_CACHE_ENTRIES_MAX, OUTAGE_RETRY_SECONDS } from '../limits/limits'
import { errorFields } from '../log'
import { cidrContains, parseCidr } from '../query/cidr'
import { findKey, findTenant, KeyRecord } from '../storage/d1/credentials'
import { putHint, readHint } from '../storage/kv/hints'
import { apiKeyKey } from '../storage/kv/keys'
import { isRole, scopesOf } from '../tenant/roles'
import type { Principal } from './access'
import { hashKey, isSameSecret, KEY_SCOPES, parseKey } from './api-key'
import type { CredentialReader } from './authenticate'
import { noteFailure, refuseAfterFailures } from './failed-attempts'
import type { TenantRequest } from './handler'
import { HintCache } from './hint-cache'
import { noteKeyUse } from './note-key-use'
import { ApiError } from './problem'
import { credentialOf } from './read-credential'
import { auditOf } from './request-audit'
import { findHint } from './request-hints'

const keys = new HintCache<KeyRecord>(KEY_CACHE_ENTRIES_MAX)

/** What an operator's key begins with. */
const OPERATOR_PREFIX = 'slc_op_'

/** `slc_…`: what is no key by its checksum is none of ours, and costs no look-up. */
export const keyReader: CredentialReader = {
  find: (request) => {
    const text = credentialOf(request)
    return text !== undefined && parseKey(text) !== undefined ? text : undefined
  },
  prove: async (text, request, env, ctx) => {
    const isOperators = text.startsWith(OPERATOR_PREFIX)
    const hash = hashKey(text)
    const { address } = placeOf(request)
    // Whoever guesses behind an address does not shut out the keys that are known to work there.
    if (keys.get(apiKeyKey(hash))?.value === undefined) refuseAfterFailures(address, Date.now())
    const record = isOperators
      ? await findOperatorKey(hash, request, env)
      : await findTenantKey(hash, request, env, ctx)
    if (record === undefined) await noteFailure(address, Date.now(), env.FAILED_ATTEMPTS)
    if (record === undefined) return undefined
    auditOf(request).known = { kind: 'key', id: record.id, tenantId: record.tenantId, role: record.role }
    const principal = toPrincipal(record, placeOf(request), Date.now())
    noteKeyUse(record, request, { env, ctx })
    if (record.kind === 'pub') request.pageOrigin = placeOf(request).origin
    return principal
  },
}

/** The key that stands in the variable LOG_SERVICE_API_KEY instead of the database. It belongs to the default tenant. */
export const serviceKeyReader: CredentialReader = {
  find: (request) => {
    const { LOG_SERVICE_API_KEY: serviceKey } = request.config
    const text = serviceKey === undefined ? undefined : credentialOf(request)
    return text !== undefined && serviceKey !== undefined && isSameSecret(text, serviceKey) ? text : undefined
  },
  prove: async (text, request, env, ctx) => {
    if (keys.get(apiKeyKey(hashKey(text)))?.value === undefined)
      refuseAfterFailures(placeOf(request).address, Date.now())
    const source = {
      ...hintPorts(env, ctx),
      readD1: () => findServiceKey(env.CONTROL, request.config.DEFAULT_TENANT),
    }
    const record = await findHint(request, source, apiKeyKey(hashKey(text)))
    return record && toPrincipal(record, placeOf(request), Date.now())
  },
}

/** Counts what may have been a guess at that key, which has no checksum to tell: where it is set, and without a look anywhere. */
export async function noteGuess(request: TenantRequest, env: Env): Promise<void> {
  if (request.config.LOG_SERVICE_API_KEY === undefined) return
  const { address } = placeOf(request)
  refuseAfterFailures(address, Date.now())
  await noteFailure(address, Date.now(), env.FAILED_ATTEMPTS)
}

/** Where a request comes from: the address that the platform names, and the origin of the page, if a page has made it. */
export interface Place {
  readonly address: string
  readonly origin: string | undefined
}

/**
 * Whom a stored key stands for at this time and place. A role or status that this version of the code does not know lets
 * nobody in.
 */
export function toPrincipal(record: KeyRecord, place: Place, nowMs: number): Principal {
  const { id, tenantId, role, scopes, status, expiresMs, filter } = record
  if (status !== 'active' || (expiresMs !== undefined && expiresMs <= nowMs)) throw new ApiError('key_revoked')
  if (!isRole(role) || (role === 'operator') !== (tenantId === undefined)) throw new ApiError('key_revoked')
  requirePlace(record, place)
  return { kind: 'key', id, tenantId, role, scopes: scopesOf(role, scopes), filter }
}

/** A key for browsers is everybody's to read in a page's source: it only works from the pages that it was made for. */
function requirePlace({ kind, origins, addresses }: KeyRecord, { address, origin }: Place): void {
  if (kind === 'pub' && !(origin !== undefined && origins?.includes(origin))) throw new ApiError('origin_not_allowed')
  if (addresses === undefined) return
  const blocks = addresses.map(parseCidr).filter((block) => block !== undefined)
  if (!blocks.some((block) => cidrContains(block, address))) throw new ApiError('address_not_allowed')
}

const placeOf = ({ headers }: TenantRequest): Place => ({
  address: headers.get('cf-connecting-ip') ?? '',
  origin: headers.get('origin') ?? undefined,
})

const findTenantKey = (hash: string, request: TenantRequest, env: Env, ctx: ExecutionContext) => {
  const source = { ...hintPorts(env, ctx), readD1: () => findKey(env.CONTROL, hash) }
  return findHint(request, source, apiKeyKey(hash))
}

const hintPorts = (env: Env, ctx: ExecutionContext) => ({
  cache: keys,
  readKv: (key: string) => readHint(env.CACHE, key, KeyRecord),
  putKv: (key: string, value: KeyRecord) => putHint(env.CACHE, key, value),
  waitUntil: (work: Promise<void>) => ctx.waitUntil(work),
})

/** An operator's key has no tenant whose object would refuse it when it is old: D1 is asked every time. */
async function findOperatorKey(hash: string, { log }: TenantRequest, { CONTROL }: Env): Promise<KeyRecord | undefined> {
  try {
    return await findKey(CONTROL, hash)
  } catch (error) {
    log.error('d1_read_failed', errorFields(error))
    const extras = { retryAfterSeconds: OUTAGE_RETRY_SECONDS }
    throw new ApiError('partition_unavailable', 'The store of keys and domains does not answer.', extras)
  }
}

async function findServiceKey(control: D1Database, tenantName: string): Promise<KeyRecord | undefined> {
  const tenant = await findTenant(control, tenantName)
  return tenant && { ...SERVICE_KEY, tenantId: tenant.id, version: tenant.version }
}

const SERVICE_KEY = { id: 'key_service', kind: 'adm', role: 'admin', scopes: [...KEY_SCOPES.adm], status: 'active' }
