import type { Env } from '../env'
import { HINT_ABSENT_MS } from '../limits/limits'
import { ALWAYS_CURRENT } from '../tenant/contract'
import { tenantStub } from '../tenant-stub'
import type { Handler, TenantRequest } from './handler'
import type { HintCache } from './hint-cache'
import { type LookUpPorts, lookUp } from './look-up'
import { ApiError } from './problem'

/** By which hints a request was let in. */
export interface RequestHints {
  /** The least version of the tenant among them: the tenant's object knows whether that is old. */
  version: number
  /** When D1 said the oldest of them. */
  oldestMs: number
  /** Whose they are, where that is known before it is known who asks. */
  tenantId?: string
  /** Whether hints are looked up in D1 only. */
  isPastCaches: boolean
  /** The steps that have let it in, to be taken again when the hints turn out to be old. */
  readonly steps: (() => unknown)[]
}

/** Those of a request that nothing was looked up for. */
export const noHints = (): RequestHints => ({
  version: ALWAYS_CURRENT,
  oldestMs: Number.POSITIVE_INFINITY,
  isPastCaches: false,
  steps: [],
})

/** A kind of hint: where it is kept, and how D1 is asked. */
export interface HintSource<Value> extends Pick<LookUpPorts<Value>, 'readKv' | 'putKv' | 'readD1'> {
  readonly cache: HintCache<Value>
  readonly waitUntil: (work: Promise<void>) => void
  /** Whether what was found is of the caller's tenant: versions of another tenant say nothing about it. */
  readonly isOfCaller?: (value: Value) => boolean
}

/** Looks a hint of a tenant up for a request, and notes how old it may be. */
export async function findHint<Value extends { readonly version: number }>(
  { hints, log }: TenantRequest,
  source: HintSource<Value>,
  key: string,
): Promise<Value | undefined> {
  // Whatever stands in while D1 is away, the tenant's object holds its version against its own.
  const ports = { ...source, mayBeStale: () => true, log, isPastCaches: hints.isPastCaches }
  const { value, readMs } = await lookUp(ports, key, Date.now())
  hints.oldestMs = Math.min(hints.oldestMs, readMs)
  if (value !== undefined && source.isOfCaller?.(value) !== false)
    hints.version = Math.min(hints.version, value.version)
  return value
}

/**
 * A step that lets a request in by what hints say. When it refuses by hints that are old, all steps are taken again by what
 * D1 says: what was allowed a moment ago is not refused for as long as caches live.
 */
export const provable =
  (step: Handler): Handler =>
  async (request, env, ctx) => {
    request.hints.steps.push(() => step(request, env, ctx))
    try {
      return await step(request, env, ctx)
    } catch (error) {
      if (!(error instanceof ApiError) || !(await mayBeOld(request, env))) throw error
      await proveAgain(request).catch((other) => {
        // While D1 is away, what the hints say stands.
        throw other instanceof ApiError && other.code === 'partition_unavailable' ? error : other
      })
      return undefined
    }
  }

/** Whether the hints are old: by the clock, or because the tenant's object has changed since. */
async function mayBeOld({ hints, principal }: TenantRequest, env: Env): Promise<boolean> {
  if (hints.oldestMs < Date.now() - HINT_ABSENT_MS) return true
  const tenantId = principal?.tenantId ?? hints.tenantId
  if (hints.version === ALWAYS_CURRENT || tenantId === undefined) return false
  const isCurrent = await tenantStub(env, tenantId)
    .isCurrent(hints.version)
    .catch(() => true)
  return !isCurrent
}

/** Takes every step again that has let the request in, past all caches. Throws what the first of them refuses. */
export async function proveAgain({ hints }: TenantRequest): Promise<void> {
  hints.version = ALWAYS_CURRENT
  hints.oldestMs = Number.POSITIVE_INFINITY
  hints.isPastCaches = true
  try {
    for (const step of hints.steps) await step()
  } finally {
    hints.isPastCaches = false
  }
}
