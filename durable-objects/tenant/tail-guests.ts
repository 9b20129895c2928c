import { hash } from 'node:crypto'
import { planOf } from '../../src/domains/tenant-terms'
import { type Env, readConfig } from '../../src/env'
import { effectiveTerms, TenantTerms } from '../../src/limits/plans'
import type { GuestBook } from '../../src/tail/tail-guest'
import { SETTINGS_ID, TenantRow } from '../../src/tenant/directory-rows'
import { JwtIssuers, PLATFORM_ISSUER_ID } from '../../src/tenant/jwt-issuer'
import type { Holdings } from './holdings'

/** The directory as the guests of tails are held against it. Each row is looked up once, however many tails are of it. */
export function openGuestBook(env: Env, { directory }: Pick<Holdings, 'directory'>, tenantId: string): GuestBook {
  const config = readConfig(env)
  const tenant = directory.find('tenant', tenantId)?.value
  const settings = directory.find('settings', SETTINGS_ID)?.value
  const { data: issuers = [] } = JwtIssuers.safeParse(settings?.jwt_issuers ?? [])
  return {
    tenant,
    key: (id) => directory.find('key', id)?.value,
    session: (id) => directory.find('session', id)?.value,
    member: (id) => directory.find('member', id)?.value,
    domain: (host) => directory.find('domain', host)?.value,
    memberOf: (subject) => directory.list('member').find(({ value }) => value.subject === subject)?.value,
    issuer: (issuerId) =>
      printOf(issuerId === PLATFORM_ISSUER_ID ? platformOf(config) : issuers.find(({ id }) => id === issuerId)),
    hasServiceKey: config.LOG_SERVICE_API_KEY !== undefined,
    hasFeature: hasTails(tenant, config),
  }
}

/** Short: it is on each socket. */
const printOf = (trust: unknown): string | undefined =>
  trust === undefined ? undefined : hash('sha256', JSON.stringify(trust)).slice(0, 16)

const platformOf = ({ JWT_SECRET, JWT_ISSUER, JWT_AUDIENCE }: ReturnType<typeof readConfig>): unknown =>
  JWT_SECRET === undefined ? undefined : [JWT_SECRET, JWT_ISSUER, JWT_AUDIENCE]

function hasTails(row: unknown, config: ReturnType<typeof readConfig>): boolean {
  const tenant = TenantRow.safeParse(row).data
  if (tenant === undefined) return false
  const terms = TenantTerms.safeParse(tenant.limits).data ?? {}
  return effectiveTerms(planOf(tenant), terms, config).features.has('websocket')
}
