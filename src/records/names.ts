/** What a member of the sent document can mean to the system. Everything else is a plain field. */
export type Role = 'time' | 'level' | 'service' | 'message' | 'trace_id' | 'span_id'

/** Objects whose members count as if they stood at the top: `metadata.ip` is found as `ip`. */
export const WRAPPERS = ['metadata', 'attributes', 'context', 'fields', 'extra'] as const

/**
 * Names under which each role arrives, the strongest first, compared without case, `_` and `-`.
 * The source is the field mapping of the API conventions, with ECS, OpenTelemetry, pino, Python and Datadog spellings.
 */
const NAMES: Readonly<Record<Role, readonly string[]>> = {
  time: ['timestamp', '@timestamp', 'time', 'ts', 'datetime', 'dt', '_time', 'asctime', 'eventtime'],
  level: ['level', 'severity', 'severitytext', 'lvl', 'loglevel', 'log.level', 'levelname', 'severitynumber', 'status'],
  service: [
    'service',
    'servicename',
    'service.name',
    'component',
    'source',
    'logger',
    'app',
    'application',
    'resource.service.name',
  ],
  message: ['message', 'msg', 'body', 'text', 'event', 'log', 'line'],
  trace_id: ['traceid', 'trace.id', 'trace.traceid', 'dd.traceid', 'otel.traceid'],
  span_id: ['spanid', 'span.id', 'trace.spanid', 'dd.spanid', 'otel.spanid'],
}

/**
 * A name that promises a time: any unreadable value under it is refused. Under the others (`time`, `ts`, …) a word or a small
 * number is a plain field, and only what was plainly meant as a time is refused.
 */
const STRICT_TIME_NAMES: ReadonlySet<string> = new Set(['timestamp', '@timestamp', '_time'])

/** One way to read a path: the role and how strong the claim is (smaller is stronger). */
export interface Claim {
  readonly role: Role
  readonly strength: number
}

const CLAIMS: ReadonlyMap<string, Claim> = new Map(
  Object.entries(NAMES).flatMap(([role, names]) =>
    names.map((name, strength): [string, Claim] => [normaliseName(name), { role: roleOf(role), strength }]),
  ),
)

/** Longer than any name above with its wrapper. */
const PATH_LENGTH_MAX = 64

/** What a dotted path claims to be, or undefined. A member of a wrapper object claims less than one at the top. */
export function claimOf(path: string): Claim | undefined {
  if (path.length > PATH_LENGTH_MAX) return undefined
  const direct = CLAIMS.get(normaliseName(path))
  if (direct) return direct
  const dot = path.indexOf('.')
  if (dot < 0 || !isWrapper(path.slice(0, dot))) return undefined
  const inner = CLAIMS.get(normaliseName(path.slice(dot + 1)))
  // `context.time` or `metadata.status` say something about the subject, not about the log.
  if (!inner || inner.role === 'time' || inner.role === 'message' || inner.role === 'level') return undefined
  return { role: inner.role, strength: inner.strength + 100 }
}

/** Reads what a path claims to be. */
export type ReadClaim = (path: string) => Claim | undefined

/** Stronger than any name that is known to everybody. */
const MAPPED_STRENGTH = -1

/**
 * What paths claim to be where a tenant has said of some what they mean. Names are compared as all are, without case, `_` and
 * `-`; `field` is a plain field, whatever everybody else calls so. What the tenant says nothing of is as `others` have it.
 */
export function claimsOf(mapping: Readonly<Record<string, Role | 'field'>>, others: ReadClaim = claimOf): ReadClaim {
  const mapped = new Map(Object.entries(mapping).map(([path, role]) => [normaliseName(path), role]))
  return (path) => {
    if (path.length > MAPPED_PATH_LENGTH_MAX) return others(path)
    const role = mapped.get(normaliseName(path))
    if (role === 'field') return undefined
    return role === undefined ? others(path) : { role, strength: MAPPED_STRENGTH }
  }
}

/** Longer than any name that a tenant may map. */
const MAPPED_PATH_LENGTH_MAX = 128

/** True when an unreadable time under this path is an error of the sender. */
export const promisesTime = (path: string): boolean => STRICT_TIME_NAMES.has(path.toLowerCase())

/** True when numbers under this path are OpenTelemetry severity numbers. */
export const isSeverityNumber = (path: string): boolean => normaliseName(path) === 'severitynumber'

/** A number under `status` is an HTTP or exit status, never a level. */
export const countsOutcomes = (path: string): boolean => normaliseName(path) === 'status'

export const isWrapper = (name: string): boolean => WRAPPERS.some((wrapper) => wrapper === name)

function normaliseName(name: string): string {
  return name.toLowerCase().replace(/(?!^)[_-]/g, '')
}

function roleOf(name: string): Role {
  for (const role of ['time', 'level', 'service', 'message', 'trace_id', 'span_id'] as const)
    if (role === name) return role
  throw new Error(`no role ${name}`)
}
