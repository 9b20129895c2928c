import { AsyncLocalStorage } from 'node:async_hooks'
import { PRODUCTION_LIMITS, requireLimit } from './production-limits'

/** One event that the platform gives to the Worker, an object or an entrypoint, and what it has spent so far. */
export interface Invocation {
  /** `fetch`, `scheduled`, `TenantObject.append`, … or the name of a test, whose own code counts as one invocation. */
  readonly name: string
  readonly isTest: boolean
  /** Whose method runs. Its calls to itself are of the same invocation. */
  readonly owner: object | undefined
  readonly clock: StillClock
  readonly spent: { subrequests: number; queries: number; kvOperations: number; busiest: number }
  readonly connections: { open: number; readonly waiting: (() => void)[] }
}

/** A clock that goes on only where production's does: when something from outside arrives. */
export interface StillClock {
  nowMs: number
}

/** What a call costs an invocation beside one subrequest. */
export interface CallCost {
  readonly store: 'D1' | 'KV' | 'R2' | 'RPC' | 'fetch'
  readonly queries?: number
}

const realNow = Date.now
const realWait = scheduler.wait.bind(scheduler)
const invocations = new AsyncLocalStorage<Invocation>()
const watchers = new Set<Invocation[]>()

/** The invocation that this code belongs to; none in hooks and at the top level of test files. */
export const currentInvocation = (): Invocation | undefined => invocations.getStore()

/** A clock that shows the time at which it was made. */
export const stillClock = (): StillClock => ({ nowMs: realNow() })

/** Runs an event under limits of its own. */
export function runInvocation<T>(
  about: { readonly name: string; readonly isTest?: boolean; readonly owner?: object; readonly clock?: StillClock },
  run: () => T,
): T {
  const { name, isTest = false, owner, clock = stillClock() } = about
  if (owner !== undefined && currentInvocation()?.owner === owner) return run()
  advance(clock)
  const invocation: Invocation = {
    ...{ name, isTest, owner, clock },
    spent: { subrequests: 0, queries: 0, kvOperations: 0, busiest: 0 },
    connections: { open: 0, waiting: [] },
  }
  for (const seen of watchers) seen.push(invocation)
  return invocations.run(invocation, run)
}

/** The invocations that begin while `run` does its work, in their order. */
export async function watchInvocations(run: () => Promise<unknown>): Promise<readonly Invocation[]> {
  const seen: Invocation[] = []
  watchers.add(seen)
  try {
    await run()
  } finally {
    watchers.delete(seen)
  }
  return seen
}

/** Runs a call of a binding: counted, delayed, and not beside more than five others. */
export async function runCall<T>(cost: CallCost, run: () => Promise<T>): Promise<T> {
  const invocation = currentInvocation()
  if (invocation === undefined) {
    await realWait(PRODUCTION_LIMITS.delayMs)
    return await run()
  }
  charge(invocation, cost)
  // A call of an object or an entrypoint is no connection.
  const release = cost.store === 'RPC' ? () => {} : await connect(invocation)
  try {
    await realWait(PRODUCTION_LIMITS.delayMs)
    return await run()
  } finally {
    release()
    advance(invocation.clock)
  }
}

/** Counts what a call costs, without making it. */
export function charge({ name, spent }: Invocation, { store, queries = 0 }: CallCost): void {
  const limits = PRODUCTION_LIMITS
  spent.subrequests++
  spent.queries += queries
  if (store === 'KV') spent.kvOperations++
  requireLimit(spent.subrequests <= limits.subrequests, `Too many subrequests by ${name}.`)
  requireLimit(spent.queries <= limits.queries, `Too many D1 queries by ${name}.`)
  requireLimit(spent.kvOperations <= limits.kvOperations, `Too many KV operations by ${name}.`)
}

/** Makes `fetch` a call as those of bindings are. Answers how to end it. */
export function limitFetch(): () => void {
  const realFetch = globalThis.fetch
  const limited: typeof fetch = (...args) => runCall({ store: 'fetch' }, () => realFetch(...args))
  globalThis.fetch = limited
  return () => {
    globalThis.fetch = realFetch
  }
}

/**
 * Makes the clocks of this isolate stand still within an invocation, but for calls of bindings and for timers. Answers
 * how to end it.
 */
export function holdClocks(): () => void {
  const { Date: realDate, setTimeout: realSetTimeout, setInterval: realSetInterval } = globalThis
  const held: Record<string, unknown> = {
    Date: new Proxy(realDate, {
      construct: (target, args, newTarget) =>
        Reflect.construct(target, args.length === 0 ? [target.now()] : args, newTarget),
    }),
    setTimeout: (callback: () => void, ...rest: unknown[]) =>
      Reflect.apply(realSetTimeout, globalThis, [advancing(callback), ...rest]),
    setInterval: (callback: () => void, ...rest: unknown[]) =>
      Reflect.apply(realSetInterval, globalThis, [advancing(callback), ...rest]),
  }
  realDate.now = heldNow
  Object.assign(globalThis, held)
  Object.assign(scheduler, { wait: waitAndAdvance })
  return () => {
    realDate.now = realNow
    Object.assign(globalThis, { Date: realDate, setTimeout: realSetTimeout, setInterval: realSetInterval })
    Object.assign(scheduler, { wait: realWait })
  }
}

const heldNow = (): number => currentInvocation()?.clock.nowMs ?? realNow()

/** A timer is an event of its own, at which the clock goes on. */
function advancing(callback: unknown): unknown {
  const invocation = currentInvocation()
  if (invocation === undefined || typeof callback !== 'function') return callback
  return (...args: unknown[]) => {
    advance(invocation.clock)
    return Reflect.apply(callback, undefined, args)
  }
}

async function waitAndAdvance(...args: Parameters<Scheduler['wait']>): Promise<void> {
  await realWait(...args)
  const invocation = currentInvocation()
  if (invocation !== undefined) advance(invocation.clock)
}

function advance(clock: StillClock): void {
  clock.nowMs = Math.max(clock.nowMs, realNow())
}

/** Waits for one of the six connections, and answers how to give it back. */
async function connect({ connections, spent }: Invocation): Promise<() => void> {
  if (connections.open >= PRODUCTION_LIMITS.connections)
    await new Promise<void>((resolve) => connections.waiting.push(resolve))
  connections.open++
  spent.busiest = Math.max(spent.busiest, connections.open)
  return () => {
    connections.open--
    connections.waiting.shift()?.()
  }
}
