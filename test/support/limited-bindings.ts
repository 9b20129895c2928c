import { charge, currentInvocation, runCall } from './invocation'
import { checkKvCall, checkR2Call, checkResult, checkStatement } from './production-limits'

/** What is done with a call of a method: checks it, and calls the real one. */
type Guard = (name: string, args: readonly unknown[], real: (args: readonly unknown[]) => unknown) => unknown

const D1 = 'D1_ERROR'

/** How a binding is limited, by the name of its class. Variables and what vitest adds have none of these. */
const LIMITS: Readonly<Record<string, (binding: object) => object>> = {
  D1Database: database,
  KvNamespace: (binding) =>
    guarded(binding, (name, args, real) => {
      checkKvCall(name, args)
      return runCall({ store: 'KV' }, async () => real(args))
    }),
  R2Bucket: (binding) =>
    guarded(binding, (name, args, real) => {
      checkR2Call(name, args)
      return runCall({ store: 'R2' }, async () => real(args))
    }),
  DurableObjectNamespace: objects,
  LoopbackDurableObjectNamespace: objects,
}

/**
 * Puts production's limits around the bindings of an env, in place: the Worker, its objects and entrypoints, and the
 * tests have the same one. Answers how to take them off again.
 */
export function limitBindings(env: object): () => void {
  const real = Object.entries(env).filter(([name]) => !name.startsWith('__'))
  for (const [name, binding] of real) {
    const limit = typeof binding === 'object' ? LIMITS[binding.constructor.name] : undefined
    if (limit) Reflect.set(env, name, limit(binding))
  }
  return () => Object.assign(env, Object.fromEntries(real))
}

/** Counts and delays the calls of an object's stub, or of an entrypoint of `ctx.exports`. */
export const limitCalls = <Callee extends object>(callee: Callee): Callee =>
  guarded(callee, (_name, args, real) => runCall({ store: 'RPC' }, async () => real(args)))

const limitedExecs = new WeakSet<object>()

/** Checks what is written to the SQLite of all objects from here on. */
export function limitSql(sql: SqlStorage): void {
  const prototype: object = Object.getPrototypeOf(sql)
  const exec: unknown = Reflect.get(prototype, 'exec')
  if (typeof exec !== 'function') throw new Error('SqlStorage has no exec')
  if (limitedExecs.has(exec)) return
  const limited = function limitedExec(this: SqlStorage, query: string, ...values: unknown[]): unknown {
    checkStatement('SQL', query, values)
    return Reflect.apply(exec, this, [query, ...values])
  }
  limitedExecs.add(limited)
  Reflect.set(prototype, 'exec', limited)
}

function objects(namespace: object): object {
  return guarded(namespace, (name, args, real) =>
    name === 'getByName' || name === 'get' ? stub(real(args)) : real(args),
  )
}

/** The tools of cloudflare:test want a real stub, so a test's own calls are counted when it asks for the stub. */
function stub(real: unknown): unknown {
  const invocation = currentInvocation()
  if (invocation === undefined || typeof real !== 'object' || real === null) return real
  if (!invocation.isTest) return limitCalls(real)
  charge(invocation, { store: 'RPC' })
  return real
}

interface Statement {
  readonly real: unknown
  readonly sql: string
  readonly values: readonly unknown[]
}

const statements = new WeakMap<object, Statement>()

function database(binding: object): object {
  return guarded(binding, (name, args, call) => {
    const [first] = args
    if (name === 'prepare') return statement({ real: call(args), sql: String(first), values: [] })
    if (name === 'withSession') return call(args)
    if (name === 'batch' && Array.isArray(first)) return runStatements(first.map(statementOf), (all) => call([all]))
    if (name === 'exec') checkStatement(D1, String(first), [])
    return runCall({ store: 'D1', queries: 1 }, async () => call(args))
  })
}

function statement(prepared: Statement): unknown {
  const { real, sql } = prepared
  if (typeof real !== 'object' || real === null) throw new Error('this is no statement')
  const limited = guarded(real, (name, args, call) => {
    if (name === 'bind') return statement({ real: call(args), sql, values: args })
    return runStatements([prepared], () => call(args))
  })
  statements.set(limited, prepared)
  return limited
}

function statementOf(limited: unknown): Statement {
  const found = typeof limited === 'object' && limited !== null ? statements.get(limited) : undefined
  return found ?? { real: limited, sql: '', values: [] }
}

async function runStatements(all: readonly Statement[], run: (real: readonly unknown[]) => unknown): Promise<unknown> {
  for (const { sql, values } of all) checkStatement(D1, sql, values)
  const result = await runCall({ store: 'D1', queries: all.length }, async () => run(all.map(({ real }) => real)))
  checkResult(D1, result)
  return result
}

/** An object whose methods pass the guard. Its class stays visible, by which cloudflare:test knows bindings. */
const guarded = <Target extends object>(target: Target, guard: Guard): Target =>
  new Proxy(target, {
    get: (_target, name) => {
      const member: unknown = Reflect.get(target, name)
      if (typeof member !== 'function' || typeof name !== 'string' || name === 'constructor') return member
      return (...args: unknown[]) => guard(name, args, (real) => Reflect.apply(member, target, real))
    },
  })
