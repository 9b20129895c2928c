import { activityLog } from './activity/activity-log'
import { sendActivity } from './activity/send-activity'
import { type Config, type Env, readConfig } from './env'
import type { OpenedBody } from './formats/format'
import { claimInvocation } from './formats/invocations/invocation'
import { openTraceItems } from './formats/invocations/tail'
import { countByCode, type ReadBatch, readFormat } from './formats/read-batch'
import { compiledSettings } from './http/compiled-settings'
import { HintCache } from './http/hint-cache'
import {
  HINT_FRESH_MS,
  TAIL_ITEMS_PER_BATCH_MAX,
  TAIL_RETRY_MS,
  TAIL_TENANTS_CACHE_MAX,
  TAIL_TRIES,
} from './limits/limits'
import { errorFields, type Log } from './log'
import { findSettings, findTenantId, type SettingsRecord } from './storage/d1/credentials'
import type { Provenance } from './tenant/contract'
import { tenantStub } from './tenant-stub'

/** Whom the ledger counts the records for. No key has this id. */
const TAIL_KEY_ID = 'key_tail'

/** What is known of a tenant, by its name. A change of its settings is noticed by the tenant's object, and then read again. */
const tenants = new HintCache<SettingsRecord>(TAIL_TENANTS_CACHE_MAX)

/**
 * Takes what Workers that have this one as their tail consumer have done. Which tenant a script belongs to is in TAIL_SCRIPTS; the
 * others belong to the default tenant. The platform hands each item over once, so what cannot be stored after some tries is
 * lost, and the service's own log says how much. It never throws: nobody would hear of it.
 */
export async function receiveTail(items: readonly unknown[], env: Env): Promise<void> {
  const config = readConfig(env)
  const log = activityLog(config.LOG_LEVEL, { what: 'tail' })
  for (const [name, own] of Map.groupBy(items, (item) => tenantNameOf(item, config)))
    for (let from = 0; from < own.length; from += TAIL_ITEMS_PER_BATCH_MAX)
      await storeItems(own.slice(from, from + TAIL_ITEMS_PER_BATCH_MAX), name, env, log)
  await sendActivity(env, { service: 'sluice-worker', lines: log.kept })
}

function tenantNameOf(item: unknown, { TAIL_SCRIPTS, DEFAULT_TENANT }: Config): string {
  const script: unknown = typeof item === 'object' && item !== null ? Reflect.get(item, 'scriptName') : undefined
  return TAIL_SCRIPTS.get(String(script)) ?? DEFAULT_TENANT
}

/** Under one id, so that a try that only seemed to fail does not double anything. */
async function storeItems(items: readonly unknown[], name: string, env: Env, log: Log): Promise<void> {
  const batchId = `tail:${crypto.randomUUID()}`
  for (let tries = 1; ; tries++) {
    const failure = await tryToStore(items, name, batchId, env).catch(errorFields)
    if (failure === undefined) return
    if (tries === TAIL_TRIES || failure.kind === 'no_tenant') {
      log.warn('tail_not_stored', { ...failure, tenant: name, items: items.length })
      return
    }
    await scheduler.wait(TAIL_RETRY_MS * tries)
  }
}

async function tryToStore(items: readonly unknown[], name: string, batchId: string, env: Env) {
  const settings = await settingsOf(name, env)
  if (settings === undefined || settings.status !== 'active') return { kind: 'no_tenant' }
  const opened = openTraceItems(items)
  const batch = readItems(opened, batchId, settings, readConfig(env))
  const by = { ...provenance(batch, settings, batchId), bytesIn: opened.documents.length }
  const outcome = await tenantStub(env, settings.tenantId).append(batch.blocks, by)
  if (outcome.ok) return undefined
  forget(name)
  return { kind: outcome.refusal.kind }
}

async function settingsOf(name: string, { CONTROL }: Env): Promise<SettingsRecord | undefined> {
  const nowMs = Date.now()
  const known = tenants.get(name)
  if (known !== undefined && nowMs - known.readMs < HINT_FRESH_MS) return known.value
  const tenantId = await findTenantId(CONTROL, name)
  const value = tenantId === undefined ? undefined : await findSettings(CONTROL, tenantId)
  tenants.put(name, { value, foundMs: nowMs, triedMs: nowMs, readMs: nowMs })
  return value
}

const forget = (name: string): void => tenants.put(name, { value: undefined, foundMs: 0, triedMs: 0, readMs: 0 })

function readItems(opened: OpenedBody, batchId: string, settings: SettingsRecord, config: Config): ReadBatch {
  const { ingest, claimsOver } = compiledSettings({ settings, config })
  return readFormat(opened, {
    receivedMs: Date.now(),
    ...ingest,
    batchId,
    claims: claimsOver(claimInvocation),
    source: 'tail',
  })
}

function provenance(
  batch: ReadBatch,
  { tenantId, version }: SettingsRecord,
  batchId: string,
): Omit<Provenance, 'bytesIn'> {
  const { received, rejected, summaries } = batch
  return {
    ...{ tenantId, host: '', keyId: TAIL_KEY_ID, address: '', settingsVersion: version },
    ...{ batchId, minted: false, fingerprint: '', received },
    ...{ rejected: countByCode(rejected), errors: [], blocks: summaries, ...batch.counted },
    ...(Object.keys(batch.sampled).length > 0 && { sampled: batch.sampled }),
  }
}
