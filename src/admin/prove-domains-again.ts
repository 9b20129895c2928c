import { activityLog } from '../activity/activity-log'
import { sendActivity } from '../activity/send-activity'
import { tellTenant } from '../activity/tell-tenant'
import { isProofDue } from '../domains/proof'
import { type Env, readConfig } from '../env'
import { DOMAIN_CHECKS_MS_MAX, DOMAIN_CHECKS_PER_RUN, PROOF_CHECK_EVERY_MS } from '../limits/limits'
import { errorFields, type Log } from '../log'
import { readUnchecked } from '../storage/d1/domains'
import { ALWAYS_CURRENT, type Caller } from '../tenant/contract'
import { DomainRow } from '../tenant/directory-rows'
import { tenantDirectory, tenantStub } from '../tenant-stub'
import { type DomainPorts, domainPorts } from './domain-ports'
import { proveAgain } from './prove-domain'

/** Who makes changes that nobody asked for, in the account of changes. */
const SERVICE = 'service'

/**
 * The daily look for each domain's proof, a few domains at a time: those that wait longest come first, and what a run has not
 * come to is the next one's. It can run beside itself: a domain that somebody else has looked at is left as they left it.
 */
export async function proveDomainsAgain(env: Env, nowMs: number, ports = domainPorts(readConfig(env))): Promise<void> {
  const log = activityLog(readConfig(env).LOG_LEVEL, {})
  const startMs = Date.now()
  for (const { host, tenantId } of await readUnchecked(
    env.CONTROL,
    nowMs - PROOF_CHECK_EVERY_MS,
    DOMAIN_CHECKS_PER_RUN,
  )) {
    if (Date.now() - startMs > DOMAIN_CHECKS_MS_MAX) break
    await proveOneAgain({ env, ports, log }, { host, tenantId, nowMs }).catch((error) =>
      log.error('domain_not_checked', { tenantId, domain: host, ...errorFields(error) }),
    )
  }
  await sendActivity(env, { service: 'sluice-worker', lines: log.kept })
}

interface Surroundings {
  readonly env: Env
  readonly ports: DomainPorts
  readonly log: Log
}

async function proveOneAgain(
  { env, ports, log }: Surroundings,
  { host, tenantId, nowMs }: { readonly host: string; readonly tenantId: string; readonly nowMs: number },
): Promise<void> {
  const directory = tenantDirectory(env, tenantId)
  const found = await directory.readDirectory(callerFor(tenantId, ALWAYS_CURRENT), 'domain', { id: host })
  if (!found.ok) throw new Error(`the tenant refused: ${found.refusal.kind}`)
  // From here on as of the version that was read: a tenant that is gone by then gets nothing written.
  const caller = callerFor(tenantId, found.version)
  const stored = found.rows.at(0)
  const row = DomainRow.safeParse(stored?.value).data
  if (row === undefined || stored === undefined || !isProofDue(row, nowMs)) return
  const made = await tenantStub(env, tenantId).challengeSecret(caller)
  if (!made.ok) throw new Error(`the tenant refused: ${made.refusal.kind}`)
  const { patch, notice } = await proveAgain(ports, { tenantId, domain: host, row, secret: made.secret }, () => nowMs)
  // Told first: what is told twice is stored once, and what was changed would not be told again.
  if (notice)
    await tellTenant(env, log, caller, {
      ...{ id: `${host}:${notice.event}:${stored.version}`, level: notice.level, event: notice.event },
      ...{ message: `${host}: ${notice.message}`, fields: { domain: host } },
    })
  if (patch === undefined) return
  const outcome = await directory.change(caller, [
    { what: 'domain.edited', id: host, patch, ifVersion: stored.version },
  ])
  if (!outcome.ok && outcome.refusal.kind !== 'precondition_failed' && outcome.refusal.kind !== 'settings_changed')
    throw new Error(`the tenant refused: ${outcome.refusal.kind}`)
}

const callerFor = (tenantId: string, settingsVersion: number): Caller => ({
  ...{ tenantId, settingsVersion, keyId: SERVICE },
  ...{ host: '', address: '' },
})
