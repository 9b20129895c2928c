import type { Config, Env } from '../env'
import { KEY_SET_CACHE_ENTRIES_MAX } from '../limits/limits'
import type { OutsideRules } from '../outside/outside-address'
import { OUTSIDE_PORTS } from '../outside-ports'
import { narrowFilter } from '../query/narrow-filter'
import type { SettingsRecord } from '../storage/d1/credentials'
import { JwtIssuers } from '../tenant/jwt-issuer'
import { isRole, ROLE_SCOPES, scopesOf } from '../tenant/roles'
import type { Principal } from './access'
import type { CredentialReader } from './authenticate'
import { findMemberOf, type Member } from './find-member'
import type { TenantRequest } from './handler'
import { type JwtIdentity, type JwtTrust, type PlatformIssuer, verifyJwt } from './jwt'
import { isJwt, parseJwt } from './jwt-text'
import { KeySets } from './key-sets'
import { isServiceHost } from './resolve-tenant'
import { findTenantOfHost, findTenantSettings } from './tenant-hints'

/** Reads a JWT in `Authorization: Bearer`, or where a protocol has its credentials: one of the platform's own, or of an issuer that the tenant of the host trusts. */
export const jwtReader: CredentialReader = {
  find: (request) => {
    const { config, dialect, headers } = request
    const bearer = /^bearer +(\S+)$/i.exec(headers.get('authorization')?.trim() ?? '')?.[1]
    const text = dialect?.credential(request, config) ?? bearer
    return text !== undefined && isJwt(text) ? text : undefined
  },
  prove: async (text, request, env, ctx) => {
    const identity = await verifyJwt(text, await trustOf(text, request, env, ctx))
    const { tenantId, issuerId, subject, email } = identity
    if (tenantId === undefined) return toPrincipal(identity, undefined)
    const person = { subject: `${issuerId}:${subject}`, email }
    return toPrincipal(identity, await findMemberOf(tenantId, person, request, { env, ctx }))
  },
}

/**
 * Whom a verified token stands for. Who is a member has the role of a member, whatever the token claims, and sees what both
 * allow. Who is none has the role that the claims are mapped to, where the issuer's settings map them at all. Nobody but an
 * owner makes an owner less: for who is one by their claims only the row of an owner holds, which only owners write.
 */
export function toPrincipal(identity: JwtIdentity, row: Member | undefined): Principal | undefined {
  const { issuerId, subject, tenantId, scopes } = identity
  const member = identity.role === 'owner' && row?.role !== 'owner' ? undefined : row
  const role = member?.role ?? identity.role
  // A role or status that this version of the code does not know lets nobody in.
  if (role === undefined || !isRole(role) || (role === 'operator') !== (tenantId === undefined)) return undefined
  if (member !== undefined && !['active', 'invited'].includes(member.status)) return undefined
  return {
    kind: 'jwt',
    id: `jwt:${issuerId}:${subject}`,
    tenantId,
    role,
    scopes: scopes === undefined ? new Set(ROLE_SCOPES[role]) : scopesOf(role, scopes),
    filter: narrowFilter(member?.filter, identity.filter),
    expiresMs: identity.expiresMs,
    ...(member !== undefined && { memberId: member.id }),
  }
}

/** Whom the installation lets its outside requests reach. */
export const outsideRulesOf = (config: Config, host: string): OutsideRules => ({
  ownHosts: new Set([...config.SERVICE_HOSTS, host]),
  allowsLocalHttp: config.ENVIRONMENT === 'development' && config.ALLOW_LOCAL_DESTINATIONS,
})

/** The issuers in a tenant's document of settings. Those that this version cannot read let nobody in. */
export function issuersOf({ settings }: Pick<SettingsRecord, 'settings'>): JwtIssuers {
  const parsed = JwtIssuers.safeParse(settings.jwt_issuers ?? [])
  return parsed.success ? parsed.data : []
}

/** The platform as an issuer; undefined where it has no secret. */
export const platformIssuerOf = (config: Config): PlatformIssuer | undefined =>
  config.JWT_SECRET === undefined
    ? undefined
    : { secret: config.JWT_SECRET, issuer: config.JWT_ISSUER, audience: config.JWT_AUDIENCE }

const keySets = new KeySets(KEY_SET_CACHE_ENTRIES_MAX)

async function trustOf(text: string, request: TenantRequest, env: Env, ctx: ExecutionContext): Promise<JwtTrust> {
  const { config, host, log } = request
  const nowMs = Date.now()
  const ports = { ...OUTSIDE_PORTS, rules: outsideRulesOf(config, host), log }
  const platform = platformIssuerOf(config)
  // Whom the tenant of the host trusts is no matter for a token of the platform, which names its own tenant.
  const isPlatforms = platform !== undefined && parseJwt(text)?.claims.iss === platform.issuer
  const isTenants = !isPlatforms && !isServiceHost(host, config.SERVICE_HOSTS)
  return {
    platform,
    tenant: isTenants ? await trustOfTenant(request, env, ctx) : undefined,
    findKey: (source, wanted) => keySets.find(source, wanted, nowMs, ports),
    nowMs,
  }
}

async function trustOfTenant(request: TenantRequest, env: Env, ctx: ExecutionContext): Promise<JwtTrust['tenant']> {
  const id = await findTenantOfHost(request, env, ctx)
  // An issuer that was added a moment ago may be missing from what is known here: the object can tell.
  if (id !== undefined) request.hints.tenantId = id
  const record = id === undefined ? undefined : await findTenantSettings(request, env, ctx, id)
  return record && { id: record.tenantId, issuers: issuersOf(record) }
}
