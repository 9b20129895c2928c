import type { Config, Env } from '../env'
import { CREDENTIAL_CHARACTERS_MAX, KEY_CACHE_ENTRIES_MAX } from '../limits/limits'
import type { Log } from '../log'
import { findKey, findTenantId, KeyRecord } from '../storage/d1/credentials'
import { putHint, readHint } from '../storage/kv/hints'
import { apiKeyKey } from '../storage/kv/keys'
import { type Principal, scopesFrom } from './access'
import { hashKey, isSameSecret, KEY_SCOPES, parseKey } from './api-key'
import type { Handler } from './handler'
import { HintCache } from './hint-cache'
import { lookUp } from './look-up'
import { ApiError } from './problem'

const keys = new HintCache<KeyRecord>(KEY_CACHE_ENTRIES_MAX)

/** Finds out who asks, or refuses. What is no key at all is refused without reading anything. */
export const authenticate: Handler = async (request, env, ctx) => {
  const { config } = request
  const text = readCredential(request.headers, config.API_KEY_HEADER)
  if (text === undefined)
    throw new ApiError('unauthenticated', `Send Authorization: Bearer slc_… or ${config.API_KEY_HEADER}.`)
  const find = finderOf(text, config)
  if (find === undefined) throw new ApiError('unauthenticated')

  const nowMs = Date.now()
  const record = await lookUp(portsOf(env, ctx, request.log, find), apiKeyKey(hashKey(text)), nowMs)
  if (record === undefined) throw new ApiError('unauthenticated')
  request.principal = toPrincipal(record, nowMs)
}

/** The bearer token, else the header of the operator's choice. Header names are matched in lower case. */
export function readCredential(headers: Headers, headerName: string): string | undefined {
  const bearer = /^bearer +(\S+)$/i.exec(headers.get('authorization')?.trim() ?? '')?.[1]
  const text = bearer ?? headers.get(headerName)?.trim()
  return text && text.length <= CREDENTIAL_CHARACTERS_MAX ? text : undefined
}

/** Whom a stored key stands for at this time. The tenant object checks again on every request of a tenant. */
export function toPrincipal({ id, tenantId, scopes, status, expiresMs }: KeyRecord, nowMs: number): Principal {
  if (status !== 'active' || (expiresMs !== undefined && expiresMs <= nowMs)) throw new ApiError('key_revoked')
  return { id, tenantId, scopes: scopesFrom(scopes, tenantId) }
}

type FindKey = (control: D1Database) => Promise<KeyRecord | undefined>

/** How D1 is asked about a credential; undefined for what cannot be one. */
function finderOf(text: string, config: Config): FindKey | undefined {
  const { LOG_SERVICE_API_KEY: serviceKey, DEFAULT_TENANT: tenantName } = config
  if (serviceKey !== undefined && isSameSecret(text, serviceKey))
    return (control) => findServiceKey(control, tenantName)
  if (parseKey(text) !== undefined) return (control) => findKey(control, hashKey(text))
  return undefined
}

/** The key that stands in a variable instead of the database. It belongs to the default tenant. */
async function findServiceKey(control: D1Database, tenantName: string): Promise<KeyRecord | undefined> {
  const tenantId = await findTenantId(control, tenantName)
  return tenantId === undefined
    ? undefined
    : { id: 'key_service', tenantId, scopes: [...KEY_SCOPES.adm], status: 'active' }
}

function portsOf(env: Env, ctx: ExecutionContext, log: Log, find: FindKey) {
  return {
    cache: keys,
    readKv: (key: string) => readHint(env.CACHE, key, KeyRecord),
    putKv: (key: string, value: KeyRecord) => putHint(env.CACHE, key, value),
    readD1: () => find(env.CONTROL),
    mayBeStale: ({ tenantId }: KeyRecord) => tenantId !== undefined, // no object checks an operator's key again
    waitUntil: (work: Promise<void>) => ctx.waitUntil(work),
    log,
  }
}
