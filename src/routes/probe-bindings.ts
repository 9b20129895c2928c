import { ACTIVITY_TENANT } from '../activity/activity-tenant'
import type { Env } from '../env'
import { HEALTH_FRESH_MS, PROBE_MS_MAX } from '../limits/limits'
import { within } from '../storage/within'
import { ALWAYS_CURRENT } from '../tenant/contract'
import { tenantStub } from '../tenant-stub'

export const BINDING_STATES = ['ok', 'down', 'absent'] as const

export type BindingState = (typeof BINDING_STATES)[number]

/** What the service stands on, by the name that /health and /metrics give to it. */
export interface Bindings {
  readonly control: BindingState
  readonly payload: BindingState
  readonly cache: BindingState
  readonly archive: BindingState
  readonly tenant: BindingState
}

/** Anybody may ask for /health: what was found stands for a moment. The env object lives as long as the isolate. */
const found = new WeakMap<object, { readonly atMs: number; readonly bindings: Bindings }>()

/** Asks each binding for something that costs next to nothing, all at once; who does not answer in time is down. */
export async function probeBindings(env: Env, nowMs: number): Promise<Bindings> {
  const known = found.get(env)
  if (known && Math.abs(nowMs - known.atMs) < HEALTH_FRESH_MS) return known.bindings
  const { CONTROL, PAYLOAD, CACHE, ARCHIVE } = env
  const [control, payload, cache, archive, tenant] = await Promise.all([
    probe(async () => CONTROL.prepare('SELECT 1').first()),
    probe(async () => PAYLOAD.prepare('SELECT 1').first()),
    probe(async () => CACHE.get('health')),
    ARCHIVE ? probe(async () => ARCHIVE.head('health')) : ABSENT,
    probe(async () => tenantStub(env, ACTIVITY_TENANT.id).usage(PROBE)),
  ])
  const bindings = { control, payload, cache, archive, tenant }
  found.set(env, { atMs: nowMs, bindings })
  return bindings
}

const ABSENT: BindingState = 'absent'

/** A refusal is an answer too. */
const PROBE = { tenantId: ACTIVITY_TENANT.id, host: '', keyId: '', address: '', settingsVersion: ALWAYS_CURRENT }

async function probe(ask: () => Promise<unknown>): Promise<BindingState> {
  try {
    await within(PROBE_MS_MAX, ask())
    return 'ok'
  } catch {
    return 'down'
  }
}
