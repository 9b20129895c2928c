import type { Env } from '../../src/env'

/**
 * The platform's limits where the local runtime is laxer (facts: a row, a value, parameters, a statement, subrequests and
 * connections of an invocation), around the real bindings. A call takes 5 ms more, and a clock that is read through `now`
 * stands still between calls, as it does in production.
 */
export interface Limited {
  readonly env: Env
  /** What the invocation did so far. */
  readonly spent: { subrequests: number; queries: number; busiest: number }
  /** Everything that production would have refused. */
  readonly broken: string[]
  /** The time of the last call to a binding. */
  now(): number
}

const ROW_BYTES = 2_000_000
const STATEMENT_BYTES = 100_000
const PARAMETERS = 100
const KV_KEY_BYTES = 512
const KV_VALUE_BYTES = 25 * 1024 * 1024
const KV_TTL_SECONDS = 60
const R2_KEY_BYTES = 1024
const SUBREQUESTS = 1000
const CONNECTIONS = 6
const DELAY_MS = 5

export function limit(env: Env): Limited {
  const spent = { subrequests: 0, queries: 0, busiest: 0 }
  const broken: string[] = []
  let nowMs = Date.now()
  let open = 0
  const waiting: (() => void)[] = []
  const check = (holds: boolean, what: string): void => {
    if (!holds) broken.push(what)
  }
  const call = async <T>(what: string, run: () => Promise<T>): Promise<T> => {
    check(++spent.subrequests <= SUBREQUESTS, `${what}: more than ${SUBREQUESTS} subrequests`)
    if (open >= CONNECTIONS) await new Promise<void>((resolve) => waiting.push(resolve))
    open++
    spent.busiest = Math.max(spent.busiest, open)
    try {
      await scheduler.wait(DELAY_MS)
      return await run()
    } finally {
      open--
      nowMs += DELAY_MS
      waiting.shift()?.()
    }
  }

  const database = (real: D1Database): D1Database => {
    const realOf = new WeakMap<object, D1PreparedStatement>()
    const statement = (prepared: D1PreparedStatement): D1PreparedStatement => {
      const wrapped = new Proxy(prepared, {
        get: (target, name) => {
          if (name === 'bind') {
            return (...values: unknown[]) => {
              check(values.length <= PARAMETERS, `D1: ${values.length} parameters`)
              for (const value of values) check(bytesOf(value) <= ROW_BYTES, `D1: a value of ${bytesOf(value)} bytes`)
              return statement(target.bind(...values))
            }
          }
          const member: unknown = Reflect.get(target, name)
          if (typeof member !== 'function') return member
          return (...args: unknown[]) => call('D1', () => Reflect.apply(member, target, args))
        },
      })
      realOf.set(wrapped, prepared)
      return wrapped
    }
    return new Proxy(real, {
      get: (target, name) => {
        if (name === 'prepare') {
          return (sql: string) => {
            spent.queries++
            check(bytesOf(sql) <= STATEMENT_BYTES, `D1: a statement of ${bytesOf(sql)} bytes`)
            check(spent.queries <= SUBREQUESTS, `D1: more than ${SUBREQUESTS} queries`)
            return statement(target.prepare(sql))
          }
        }
        if (name === 'batch') {
          return (statements: D1PreparedStatement[]) =>
            call('D1', () => target.batch(statements.map((one) => realOf.get(one) ?? one)))
        }
        return Reflect.get(target, name)
      },
    })
  }

  const namespace = (real: KVNamespace): KVNamespace =>
    new Proxy(real, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name)
        if (typeof member !== 'function') return member
        return (key: string, ...rest: unknown[]) => {
          check(bytesOf(key) <= KV_KEY_BYTES, `KV: a key of ${bytesOf(key)} bytes`)
          if (name === 'put') check(bytesOf(rest[0]) <= KV_VALUE_BYTES, `KV: a value of ${bytesOf(rest[0])} bytes`)
          if (name === 'put') check(ttlOf(rest[1]) >= KV_TTL_SECONDS, `KV: a TTL of ${ttlOf(rest[1])} seconds`)
          return call('KV', () => Reflect.apply(member, target, [key, ...rest]))
        }
      },
    })

  const bucket = (real: R2Bucket): R2Bucket =>
    new Proxy(real, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name)
        if (typeof member !== 'function') return member
        return (key: string, ...rest: unknown[]) => {
          check(bytesOf(key) <= R2_KEY_BYTES, `R2: a key of ${bytesOf(key)} bytes`)
          return call('R2', () => Reflect.apply(member, target, [key, ...rest]))
        }
      },
    })

  const limited = {
    ...env,
    CONTROL: database(env.CONTROL),
    PAYLOAD: database(env.PAYLOAD),
    CACHE: namespace(env.CACHE),
    ...(env.ARCHIVE && { ARCHIVE: bucket(env.ARCHIVE) }),
  }
  return { env: limited, spent, broken, now: () => nowMs }
}

/** Checks what is written to an object's own SQLite from here on. */
export function limitSql(sql: SqlStorage, broken: string[]): void {
  const prototype: object = Object.getPrototypeOf(sql)
  const exec: unknown = Reflect.get(prototype, 'exec')
  if (typeof exec !== 'function') throw new Error('SqlStorage has no exec')
  Reflect.set(prototype, 'exec', function limited(this: SqlStorage, query: string, ...values: unknown[]) {
    if (values.length > PARAMETERS) broken.push(`SQL: ${values.length} parameters`)
    const row = values.reduce((sum: number, value) => sum + bytesOf(value), 0)
    if (row > ROW_BYTES) broken.push(`SQL: a row of ${row} bytes`)
    return Reflect.apply(exec, this, [query, ...values])
  })
}

const encoder = new TextEncoder()

function bytesOf(value: unknown): number {
  if (typeof value === 'string') return encoder.encode(value).length
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return value.byteLength
  return 8
}

function ttlOf(options: unknown): number {
  const ttl: unknown =
    typeof options === 'object' && options !== null ? Reflect.get(options, 'expirationTtl') : undefined
  return typeof ttl === 'number' ? ttl : Number.POSITIVE_INFINITY
}
