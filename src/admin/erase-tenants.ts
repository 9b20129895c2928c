import { createHash } from 'node:crypto'
import { activityLog } from '../activity/activity-log'
import { sendActivity } from '../activity/send-activity'
import { type Env, readConfig } from '../env'
import {
  ERASURE_OBJECTS_PER_STEP,
  ERASURE_ROWS_PER_STEP,
  ERASURE_SEGMENTS_PER_STEP,
  ERASURE_STEPS_MAX,
  ERASURE_VALUES_PER_STEP,
} from '../limits/limits'
import { errorFields } from '../log'
import { findRegistrations } from '../storage/d1/domains'
import {
  beginErasures,
  cancelErasure,
  countControlRows,
  deleteControlRows,
  findErasure,
  finishErasure,
  listSegments,
  moveErasure,
  readHinted,
  readOpenErasures,
} from '../storage/d1/erasures'
import { countPayloads, deleteSomePayloads } from '../storage/d1/payload'
import { countValues, deleteHints, deleteSomeValues } from '../storage/kv/hints'
import { apiKeyKey, hostKey, sessionKey } from '../storage/kv/keys'
import { countObjects, deleteSomeObjects } from '../storage/r2/archive'
import { ALWAYS_CURRENT, type Caller } from '../tenant/contract'
import { type DirectoryRow, TenantRow } from '../tenant/directory-rows'
import {
  type EraseTenantPorts,
  type ErasureFacts,
  eraseTenant,
  type HeldFacts,
  type SegmentFacts,
  type StoreFacts,
} from '../tenant/erase-tenant'
import { toCertificate } from '../tenant/erasure-certificate'
import { tenantDirectory, tenantStub } from '../tenant-stub'
import { domainPorts } from './domain-ports'
import { signCertificate } from './sign-certificate'

/** Erases the tenants whose grace period is over, as far as one run of the sweep goes; the next one goes on. */
export async function eraseTenants(env: Env, nowMs: number): Promise<void> {
  const log = activityLog(readConfig(env).LOG_LEVEL, {})
  await beginErasures(env.CONTROL, nowMs)
  let stepsLeft = ERASURE_STEPS_MAX
  for (const tenantId of await readOpenErasures(env.CONTROL, ERASURE_STEPS_MAX)) {
    if (stepsLeft <= 0) break
    try {
      const { outcome, steps } = await eraseTenant(erasurePorts(env, tenantId, nowMs), stepsLeft, () => nowMs)
      stepsLeft -= Math.max(1, steps)
      log.info('tenant_erasure_ran', { tenantId, outcome, steps })
    } catch (error) {
      log.error('tenant_erasure_failed', { tenantId, ...errorFields(error) })
    }
  }
  await sendActivity(env, { service: 'sluice-worker', lines: log.kept })
}

/** The stores that a tenant is erased from. */
export function erasurePorts(env: Env, tenantId: string, nowMs: number): EraseTenantPorts {
  const { CONTROL, PAYLOAD, CACHE, ARCHIVE } = env
  return {
    read: () => findErasure(CONTROL, tenantId),
    move: (from, to, facts) => moveErasure(CONTROL, tenantId, { from, to, facts }),
    finish: (certificate, doneMs) => finishErasure(CONTROL, tenantId, { certificate, doneMs }),
    cancel: () => cancelErasure(CONTROL, tenantId),
    close: () => closeTenant(env, tenantId, nowMs),
    count: () => countAll(env, tenantId),
    emptyObject: () => tenantStub(env, tenantId).erase(),
    deletePayloads: () => deleteSomePayloads(PAYLOAD, tenantId, ERASURE_SEGMENTS_PER_STEP),
    deleteArchive: async () =>
      ARCHIVE === undefined ? false : deleteSomeObjects(ARCHIVE, tenantId, ERASURE_OBJECTS_PER_STEP),
    deleteCache: () => deleteSomeValues(CACHE, tenantId, ERASURE_VALUES_PER_STEP),
    deleteControl: () => deleteControl(env, tenantId),
    isAnythingLeft: async () => !isEmpty(await countStores(env, tenantId)),
    certify: ({ name, begunMs, facts }, doneMs) => {
      if (facts === undefined) throw new Error('nothing was counted before the tenant was erased')
      const about = { issuer: readConfig(env).JWT_ISSUER, doneMs }
      return signCertificate(CONTROL, toCertificate({ tenantId, name, begunMs }, facts, about), doneMs)
    },
  }
}

/** The object decides whether the tenant's time is over: it may have been resumed a moment ago. */
async function closeTenant(env: Env, tenantId: string, nowMs: number): Promise<boolean> {
  const stored = await readTenantRow(env, tenantId)
  if (stored === undefined) return true
  const { status, deleteMs } = TenantRow.parse(stored.value)
  if (status === 'erasing') return true
  if (status !== 'deleting' || deleteMs === undefined || deleteMs > nowMs) return false
  const change = {
    what: 'tenant.edited',
    id: tenantId,
    patch: { status: 'erasing' },
    ifVersion: stored.version,
  } as const
  const outcome = await tenantDirectory(env, tenantId).change(callerFor(tenantId), [change])
  if (!outcome.ok) throw new Error(`the tenant's object refused: ${outcome.refusal.kind}`)
  return true
}

/** Undefined when the object is empty already. */
async function readTenantRow(env: Env, tenantId: string): Promise<DirectoryRow | undefined> {
  const outcome = await tenantDirectory(env, tenantId).readDirectory(callerFor(tenantId), 'tenant', { id: tenantId })
  if (outcome.ok) return outcome.rows.at(0)
  if (outcome.refusal.kind === 'not_found') return undefined
  throw new Error(`the tenant's object refused: ${outcome.refusal.kind}`)
}

async function countAll(env: Env, tenantId: string): Promise<ErasureFacts> {
  const stored = await readTenantRow(env, tenantId)
  const { plan, createdMs, deleteMs = 0 } = TenantRow.parse(stored?.value)
  const object: HeldFacts = JSON.parse(await tenantStub(env, tenantId).held())
  const [stores, segments] = await Promise.all([countStores(env, tenantId), factsOfSegments(env, tenantId, object)])
  return { object, stores, segments, tenant: { plan, createdMs, deleteMs } }
}

async function countStores({ CONTROL, PAYLOAD, CACHE, ARCHIVE }: Env, tenantId: string): Promise<StoreFacts> {
  const [control, payload, archive, values] = await Promise.all([
    countControlRows(CONTROL, tenantId),
    countPayloads(PAYLOAD, tenantId),
    ARCHIVE === undefined ? NO_OBJECTS : countObjects(ARCHIVE, tenantId),
    countValues(CACHE, tenantId),
  ])
  return { control, payload, archive, cache: { values } }
}

const NO_OBJECTS = { objects: 0, bytes: 0 }

const isEmpty = ({ control, payload, archive, cache }: StoreFacts): boolean =>
  [...Object.values(control), payload.parts, archive.objects, cache.values].every((count) => count === 0)

/** Published and unpublished segments, a segment that is both once. */
async function factsOfSegments(env: Env, tenantId: string, { unpublished }: HeldFacts): Promise<SegmentFacts> {
  const all = new Map(unpublished.map(({ id, rows, hash }) => [id, { rows, hash, bytes: 0 }]))
  for (let after = ''; ; ) {
    const page = await listSegments(env.CONTROL, tenantId, after)
    for (const { id, ...segment } of page) all.set(id, segment)
    const last = page.at(-1)
    if (last === undefined || page.length < ERASURE_ROWS_PER_STEP) break
    after = last.id
  }
  const hash = createHash('sha256')
  for (const id of [...all.keys()].sort()) hash.update(`${id} ${all.get(id)?.hash}\n`)
  const sum = (of: 'rows' | 'bytes') => [...all.values()].reduce((total, segment) => total + segment[of], 0)
  return { count: all.size, records: sum('rows'), bytes: sum('bytes'), sha256: hash.digest('hex') }
}

/** What is outside first: the rows are what it is known by. */
async function deleteControl(env: Env, tenantId: string): Promise<boolean> {
  const { CONTROL, CACHE } = env
  const { hosts, platformHosts, keyHashes, sessionHashes } = await readHinted(CONTROL, tenantId)
  await removeFromPlatform(env, tenantId, platformHosts)
  await deleteHints(CACHE, [...hosts.map(hostKey), ...keyHashes.map(apiKeyKey), ...sessionHashes.map(sessionKey)])
  return deleteControlRows(CONTROL, tenantId)
}

/** A host that another tenant holds by now stays with the platform. */
async function removeFromPlatform(env: Env, tenantId: string, hosts: readonly string[]): Promise<void> {
  const { hostnames } = domainPorts(readConfig(env))
  if (hostnames === undefined) return
  for (const host of hosts) {
    const registrations = await findRegistrations(env.CONTROL, host)
    if (registrations.some((other) => other.isHeld && other.tenantId !== tenantId)) continue
    const outcome = await hostnames.remove(host)
    if (!outcome.ok) throw new Error(`the platform did not take a host name away: ${outcome.fault.kind}`)
  }
}

const callerFor = (tenantId: string): Caller => ({
  ...{ tenantId, settingsVersion: ALWAYS_CURRENT, keyId: 'service' },
  ...{ host: '', address: '' },
})
