import { TenantObject as ProductObject } from '../../durable-objects/tenant'
import type { Env } from '../../src/env'
import { Sealer as ProductSealer } from '../../src/sealer'
import { TailReader as ProductTailReader } from '../../src/tail-reader'
import worker from '../../src/worker'
import { runInvocation, type StillClock, stillClock } from './invocation'
import { limitCalls, limitSql } from './limited-bindings'

/** The Worker of the tests in workerd: the product's, of which each event is an invocation under production's limits. */
export class TenantObject extends ProductObject {
  constructor(ctx: DurableObjectState, env: Env) {
    limitExports(ctx)
    limitSql(ctx.storage.sql)
    super(ctx, env)
  }
}

/** See TenantObject. */
export class Sealer extends ProductSealer {}

/** See TenantObject. */
export class TailReader extends ProductTailReader {}

/** An object lives through many invocations, and its clock does not go back between them. */
const clocks = new WeakMap<object, StillClock>()

limitMethods(TenantObject.prototype, ProductObject.prototype, 'TenantObject')
limitMethods(Sealer.prototype, ProductSealer.prototype, 'Sealer')
limitMethods(TailReader.prototype, ProductTailReader.prototype, 'TailReader')

const handlers = Object.entries(worker).map(([name, handler]) => [
  name,
  (...args: unknown[]) => runInvocation({ name }, () => Reflect.apply(handler, worker, args)),
])

// biome-ignore lint/style/noDefaultExport: this is how a Worker gives its handlers to the platform.
export default Object.fromEntries(handlers)

/** Puts methods that begin an invocation before those of the product's class. */
function limitMethods(limited: object, product: object, className: string): void {
  for (const name of Object.getOwnPropertyNames(product)) {
    const method: unknown = Reflect.get(product, name)
    if (name === 'constructor' || typeof method !== 'function') continue
    const value = function invoked(this: object, ...args: unknown[]): unknown {
      const clock = clocks.get(this) ?? stillClock()
      clocks.set(this, clock)
      const about = { name: `${className}.${name}`, owner: this, clock }
      return runInvocation(about, () => Reflect.apply(method, this, args))
    }
    Object.defineProperty(limited, name, { value, writable: true, configurable: true })
  }
}

/** An object's calls of the Worker's entrypoints are subrequests too. */
function limitExports(ctx: DurableObjectState): void {
  const real = ctx.exports
  const value = new Proxy(real, {
    get: (_target, name) => {
      const entrypoint: unknown = Reflect.get(real, name)
      return typeof entrypoint === 'object' && entrypoint !== null ? limitCalls(entrypoint) : entrypoint
    },
  })
  Object.defineProperty(ctx, 'exports', { value, configurable: true })
}
