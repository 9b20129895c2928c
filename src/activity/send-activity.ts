import { type Env, readConfig } from '../env'
import { countByCode, type ReadBatch, readBatch } from '../formats/read-batch'
import { HintCache } from '../http/hint-cache'
import { HINT_ABSENT_MS, HINT_FRESH_MS } from '../limits/limits'
import { errorFields, type LogLine, logFrom } from '../log'
import { createRedactor, DEFAULT_KINDS } from '../records/redact/redact'
import { findTenantId } from '../storage/d1/credentials'
import { ALWAYS_CURRENT, type Provenance } from '../tenant/contract'
import { tenantStub } from '../tenant-stub'
import { ACTIVITY_KEY_ID, ACTIVITY_TENANT } from './activity-tenant'

/** Lines of one part of the service. */
export interface Activity {
  readonly service: 'sluice-worker' | 'sluice-tenant'
  readonly lines: readonly LogLine[]
}

const DAY_MS = 86_400_000

const redactor = createRedactor({ kinds: DEFAULT_KINDS })

/** Whether the activity tenant exists: one entry. */
const tenants = new HintCache<string>(1)

/**
 * Appends lines to the activity tenant as one batch. What is about that tenant itself is left out: its own lines would
 * beget more lines. It never fails; what it could not send stands on the console.
 */
export async function sendActivity(env: Env, { service, lines }: Activity): Promise<void> {
  const sent = lines.filter(({ fields }) => fields.tenantId !== ACTIVITY_TENANT.id)
  if (sent.length === 0) return
  const log = logFrom('warn')
  try {
    const nowMs = Date.now()
    if (!(await isThere(env, nowMs))) return
    const batch = toBatch(sent, service, nowMs, readConfig(env).DEFAULT_TTL_DAYS * DAY_MS)
    const outcome = await tenantStub(env, ACTIVITY_TENANT.id).append(batch.blocks, toProvenance(batch))
    if (!outcome.ok) log.warn('activity_refused', { kind: outcome.refusal.kind, lines: sent.length })
  } catch (error) {
    log.warn('activity_not_sent', { ...errorFields(error), lines: sent.length })
  }
}

/** Looked up now and then; while the database is away, what was known stands. */
async function isThere({ CONTROL }: Env, nowMs: number): Promise<boolean> {
  const hint = tenants.get(ACTIVITY_TENANT.name)
  const freshMs = hint?.value === undefined ? HINT_ABSENT_MS : HINT_FRESH_MS
  if (hint && nowMs - hint.triedMs < freshMs) return hint.value === ACTIVITY_TENANT.id
  const value = await findTenantId(CONTROL, ACTIVITY_TENANT.name).catch(() => hint?.value)
  tenants.put(ACTIVITY_TENANT.name, { value, foundMs: nowMs, triedMs: nowMs, readMs: nowMs })
  return value === ACTIVITY_TENANT.id
}

function toBatch(
  lines: readonly LogLine[],
  service: string,
  receivedMs: number,
  retentionMs: number,
): ReadBatch & { readonly bytes: number } {
  const records = lines.map(({ time, level, event, fields }) =>
    JSON.stringify({ ...fields, time, level, service, message: event }),
  )
  const body = new TextEncoder().encode(records.join('\n'))
  const settings = { receivedMs, retentionMs, redactor, source: 'agent' }
  return { ...readBatch(body, 'application/x-ndjson', settings), bytes: body.length }
}

const toProvenance = (batch: ReturnType<typeof toBatch>): Provenance => ({
  tenantId: ACTIVITY_TENANT.id,
  host: '',
  keyId: ACTIVITY_KEY_ID,
  address: '',
  settingsVersion: ALWAYS_CURRENT,
  batchId: crypto.randomUUID(),
  minted: true,
  fingerprint: '',
  received: batch.received,
  bytesIn: batch.bytes,
  rejected: countByCode(batch.rejected),
  errors: [],
  blocks: batch.summaries,
})
