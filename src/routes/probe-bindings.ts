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

/** A binding as the last look of this isolate found it. */
export interface BindingProbe {
  readonly binding: string
  readonly state: BindingState
  /** When it last answered; null for never. */
  readonly last_seen: string | null
  readonly latency_ms: number | null
  /** The share of the looks of this isolate that it did not answer. */
  readonly error_rate: number | null
}

/** What this isolate has found of a binding. */
interface Looks {
  state: BindingState
  looks: number
  failures: number
  seenMs: number
  latencyMs: number
}

const looksOf = new WeakMap<object, Map<string, Looks>>()

/** The bindings one by one, as probeBindings found them last. */
export const bindingProbes = (env: Env): BindingProbe[] =>
  [...(looksOf.get(env) ?? [])]
    // They answer in any order.
    .sort(([left], [right]) => left.localeCompare(right))
    .map(([binding, { state, looks, failures, seenMs, latencyMs }]) => ({
      ...{ binding, state },
      last_seen: seenMs === 0 ? null : new Date(seenMs).toISOString(),
      latency_ms: seenMs === 0 ? null : latencyMs,
      error_rate: looks === 0 ? null : failures / looks,
    }))

/** Anybody may ask for /health: what was found stands for a moment. The env object lives as long as the isolate. */
const found = new WeakMap<object, { readonly atMs: number; readonly bindings: Bindings }>()

/** Asks each binding for something that costs next to nothing, all at once; who does not answer in time is down. */
export async function probeBindings(env: Env, nowMs: number): Promise<Bindings> {
  const known = found.get(env)
  if (known && Math.abs(nowMs - known.atMs) < HEALTH_FRESH_MS) return known.bindings
  const { CONTROL, PAYLOAD, CACHE, ARCHIVE } = env
  const [control, payload, cache, archive, tenant] = await Promise.all([
    probe(env, 'control', async () => CONTROL.prepare('SELECT 1').first()),
    probe(env, 'payload', async () => PAYLOAD.prepare('SELECT 1').first()),
    probe(env, 'cache', async () => CACHE.get('health')),
    ARCHIVE ? probe(env, 'archive', async () => ARCHIVE.head('health')) : ABSENT,
    probe(env, 'tenant', async () => tenantStub(env, ACTIVITY_TENANT.id).usage(PROBE)),
  ])
  const bindings = { control, payload, cache, archive, tenant }
  found.set(env, { atMs: nowMs, bindings })
  return bindings
}

const ABSENT: BindingState = 'absent'

/** A refusal is an answer too. */
const PROBE = { tenantId: ACTIVITY_TENANT.id, host: '', keyId: '', address: '', settingsVersion: ALWAYS_CURRENT }

async function probe(env: Env, binding: keyof Bindings, ask: () => Promise<unknown>): Promise<BindingState> {
  const startedMs = Date.now()
  const state = await within(PROBE_MS_MAX, ask()).then(
    () => 'ok' as const,
    () => 'down' as const,
  )
  const known = looksOf.get(env) ?? new Map<string, Looks>()
  looksOf.set(env, known)
  const before = known.get(binding) ?? { looks: 0, failures: 0, seenMs: 0, latencyMs: 0 }
  const looks = { state, looks: before.looks + 1, failures: before.failures + (state === 'ok' ? 0 : 1) }
  const nowMs = Date.now()
  const seen = state === 'ok' ? { seenMs: nowMs, latencyMs: nowMs - startedMs } : before
  known.set(binding, { ...looks, seenMs: seen.seenMs, latencyMs: seen.latencyMs })
  return state
}
