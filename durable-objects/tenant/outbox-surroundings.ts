import { planOf } from '../../src/domains/tenant-terms'
import { type Env, readConfig } from '../../src/env'
import { effectiveTerms, type Feature, TenantTerms } from '../../src/limits/plans'
import type { Log } from '../../src/log'
import type { OutsidePorts } from '../../src/outside/guarded-fetch'
import { HostAddresses } from '../../src/outside/host-addresses'
import type { OutsideRules } from '../../src/outside/outside-address'
import { TenantRow } from '../../src/tenant/directory-rows'
import { openSecret } from '../../src/tenant/secret-box'
import type { Holdings } from './holdings'
import type { OutboxSurroundings } from './outbox'

/** What of its object the outbox's surroundings are made of. */
export interface OutboxObject
  extends Pick<OutboxSurroundings, 'sql' | 'transaction' | 'clock' | 'outside' | 'armFor' | 'waitUntil'> {
  readonly env: Env
  readonly held: Holdings
  readonly tenantId: () => string
  readonly log: () => Log
}

/** The outbox's surroundings in an object of a tenant. */
export function outboxSurroundings(object: OutboxObject): OutboxSurroundings {
  const { sql, transaction, clock, outside, armFor, waitUntil, env, held, tenantId, log } = object
  const isOn = featureOf(object, 'webhooks')
  return {
    ...{ sql, transaction, clock, outside, armFor, waitUntil, isOn },
    random: () => Math.random(),
    rules: () => outsideRules(env, held),
    openSecret: (purpose, sealed) =>
      openSecret(readConfig(env).SECRETS_KEY ?? [], { tenantId: tenantId(), purpose }, sealed),
    audit: (changes) => {
      held.audit.append({ action: 'change', actor: { id: 'sluice', kind: 'service' }, changes }, clock())
    },
    log,
  }
}

/** The addresses of hosts by the resolvers of DOH_RESOLVERS. */
export const hostAddresses = (
  env: Env,
  { outside, clock }: { readonly outside: () => OutsidePorts; readonly clock: () => number },
): HostAddresses =>
  new HostAddresses({
    resolvers: () => readConfig(env).DOH_RESOLVERS,
    outside: {
      fetch: (request) => outside().fetch(request),
      timeout: (milliseconds) => outside().timeout(milliseconds),
    },
    rules: () => ({ ownHosts: new Set(), allowsLocalHttp: readConfig(env).ENVIRONMENT === 'development' }),
    clock,
  })

/** Whom the tenant's own addresses may reach: nobody of the service, and none of the tenant's domains, which lead to it. */
function outsideRules(env: Env, { directory }: Holdings): OutsideRules {
  const { SERVICE_HOSTS, ENVIRONMENT, ALLOW_LOCAL_DESTINATIONS } = readConfig(env)
  return {
    ownHosts: new Set([...SERVICE_HOSTS, ...directory.list('domain').map(({ id }) => id)]),
    allowsLocalHttp: ENVIRONMENT === 'development' && ALLOW_LOCAL_DESTINATIONS,
  }
}

/** Whether the tenant has a feature now, and lives. Worked out anew when its directory has changed. */
export function featureOf(
  { env, held, tenantId }: Pick<OutboxObject, 'env' | 'held' | 'tenantId'>,
  feature: Feature,
): () => boolean {
  let known: { readonly version: number; readonly isOn: boolean } | undefined
  return () => {
    const { settingsVersion: version } = held.state.read()
    if (known?.version === version) return known.isOn
    const tenant = TenantRow.safeParse(held.directory.find('tenant', tenantId())?.value).data
    const config = readConfig(env)
    const terms = TenantTerms.safeParse(tenant?.limits).data ?? {}
    const has = effectiveTerms(planOf({ plan: tenant?.plan ?? '' }), terms, config).features.has(feature)
    known = { version, isOn: has && !held.isClosed(tenantId()) }
    return known.isOn
  }
}
