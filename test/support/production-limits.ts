/**
 * What the platform refuses in production, also where the local runtime is laxer. The sources are Cloudflare's pages of
 * limits for Workers Paid, D1, Durable Objects, KV and R2, as of 2026-11.
 */
export const PRODUCTION_LIMITS = {
  /** Of a string, a BLOB and a row, in D1 and in the SQLite of an object. The local engine takes twice as much. */
  rowBytes: 2_000_000,
  statementBytes: 100_000,
  parameters: 100,
  /** Of one invocation, in D1. A batch costs as many as it has statements. */
  queries: 1000,
  kvKeyBytes: 512,
  kvValueBytes: 25 * 1024 * 1024,
  kvMetadataBytes: 1024,
  kvKeysOfOneGet: 100,
  kvWriteTtlSeconds: 60,
  kvReadTtlSeconds: 30,
  /** Of one invocation. The pages say 1,000 here and 10,000 for subrequests: the smaller one is safe. */
  kvOperations: 1000,
  r2KeyBytes: 1024,
  r2MetadataBytes: 8192,
  r2KeysOfOneDelete: 1000,
  /** Of one invocation: calls to D1, KV, R2, objects and entrypoints together. */
  subrequests: 10_000,
  /** Of one invocation, that wait for an answer of D1, KV or R2. More of them queue. */
  connections: 6,
  /** What a call takes more than it does here. */
  delayMs: 5,
} as const

const broken: string[] = []

/** Refuses as production would. Code may catch that, so it is also kept for `takeBrokenLimits`. */
export function requireLimit(holds: boolean, message: string): void {
  if (holds) return
  broken.push(message)
  throw new Error(message)
}

/** What was refused since the last call. A test in which something was refused fails, unless it takes this itself. */
export const takeBrokenLimits = (): string[] => broken.splice(0)

/** Checks what one statement carries. `store` is the prefix of the message. */
export function checkStatement(store: string, sql: string, values: readonly unknown[]): void {
  const { statementBytes, parameters } = PRODUCTION_LIMITS
  requireLimit(bytesOf(sql) <= statementBytes, `${store}: statement too long: ${bytesOf(sql)} bytes`)
  requireLimit(values.length <= parameters, `${store}: too many SQL variables: ${values.length}`)
  for (const value of values) checkValue(store, value)
  for (const row of writtenRows(sql, values)) {
    const bytes = row.reduce((sum: number, value) => sum + bytesOf(value), 0)
    requireLimit(bytes <= PRODUCTION_LIMITS.rowBytes, `${store}: a row is too big: ${bytes} bytes`)
  }
}

/** Checks every value of a result: an aggregate can be longer than what it was made of. */
export function checkResult(store: string, result: unknown): void {
  if (Array.isArray(result)) {
    // A BLOB comes as numbers, and is no longer than it was when it went in.
    if (typeof result[0] !== 'number') for (const member of result) checkResult(store, member)
  } else if (isPlain(result)) {
    for (const member of Object.values(result)) checkResult(store, member)
  } else checkValue(store, result)
}

/** Checks a call of a KV namespace. */
export function checkKvCall(method: string, [keys, ...rest]: readonly unknown[]): void {
  const limits = PRODUCTION_LIMITS
  const call = `KV ${method.toUpperCase()} failed`
  const many = Array.isArray(keys) ? keys.length : 1
  requireLimit(many <= limits.kvKeysOfOneGet, `${call}: 400 ${many} keys exceed ${limits.kvKeysOfOneGet}`)
  if (method !== 'list') checkKeys(`${call}: 414 key too long`, keys, limits.kvKeyBytes)
  const options = rest.at(method === 'put' ? 1 : 0)
  const readTtl = numberAt(options, 'cacheTtl') ?? limits.kvReadTtlSeconds
  requireLimit(readTtl >= limits.kvReadTtlSeconds, `${call}: 400 a cacheTtl of ${readTtl} seconds`)
  if (method !== 'put') return
  const bytes = bytesOf(rest[0])
  requireLimit(bytes <= limits.kvValueBytes, `${call}: 413 a value of ${bytes} bytes`)
  const writeTtl = numberAt(options, 'expirationTtl') ?? limits.kvWriteTtlSeconds
  requireLimit(writeTtl >= limits.kvWriteTtlSeconds, `${call}: 400 an expirationTtl of ${writeTtl} seconds`)
  const metadata = jsonBytesAt(options, 'metadata')
  requireLimit(metadata <= limits.kvMetadataBytes, `${call}: 413 metadata of ${metadata} bytes`)
}

/** Checks a call of an R2 bucket. */
export function checkR2Call(method: string, [keys, ...rest]: readonly unknown[]): void {
  const limits = PRODUCTION_LIMITS
  if (method !== 'list') checkKeys(`${method}: key too long`, keys, limits.r2KeyBytes)
  const many = Array.isArray(keys) ? keys.length : 1
  requireLimit(many <= limits.r2KeysOfOneDelete, `${method}: ${many} keys exceed ${limits.r2KeysOfOneDelete}`)
  const metadata = jsonBytesAt(rest.at(-1), 'customMetadata')
  requireLimit(metadata <= limits.r2MetadataBytes, `${method}: metadata too large: ${metadata} bytes`)
}

/** The rows that a statement writes, as far as its parameters tell. */
function writtenRows(sql: string, values: readonly unknown[]): readonly (readonly unknown[])[] {
  if (/^\s*update\b/i.test(sql)) return [values]
  const [, tuples] = /^\s*(?:insert|replace)\b.*?\bvalues\b(.*)$/is.exec(sql) ?? []
  if (tuples === undefined) return []
  const count = tuples.match(/\(\s*\?\d*(?:\s*,\s*\?\d*)*\s*\)/g)?.length ?? 1
  const columns = values.length / count
  if (!Number.isInteger(columns)) return [values]
  return Array.from({ length: count }, (_, index) => values.slice(index * columns, (index + 1) * columns))
}

function checkValue(store: string, value: unknown): void {
  const { rowBytes } = PRODUCTION_LIMITS
  // A UTF-16 unit is at most three bytes, so that most need no count.
  if (typeof value === 'string' && value.length * 3 <= rowBytes) return
  const bytes = bytesOf(value)
  requireLimit(bytes <= rowBytes, `${store}: string or blob too big: ${bytes} bytes`)
}

function checkKeys(call: string, keys: unknown, bytesMax: number): void {
  for (const key of Array.isArray(keys) ? keys : [keys])
    requireLimit(bytesOf(key) <= bytesMax, `${call}: UTF-8 encoded length of ${bytesOf(key)} exceeds ${bytesMax}`)
}

const encoder = new TextEncoder()

function bytesOf(value: unknown): number {
  if (typeof value === 'string') return encoder.encode(value).length
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return value.byteLength
  return 8
}

const isPlain = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype

function numberAt(options: unknown, name: string): number | undefined {
  const found: unknown = isPlain(options) ? Reflect.get(options, name) : undefined
  return typeof found === 'number' ? found : undefined
}

const jsonBytesAt = (options: unknown, name: string): number =>
  bytesOf(JSON.stringify(isPlain(options) ? (Reflect.get(options, name) ?? null) : null))
