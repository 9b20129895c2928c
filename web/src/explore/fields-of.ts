import { digitsOf } from '../api/exact-json'
import type { LogRecord } from '../api/logs'

/** A field of a record with its path, as queries name it. */
export interface FieldValue {
  readonly path: string
  readonly value: string
  readonly kind: 'text' | 'number' | 'boolean' | 'null' | 'list'
  readonly group: 'core' | 'body'
}

const CORE = ['level', 'service', 'source', 'category', 'severity', 'trace_id', 'span_id', 'tags', 'weight'] as const

const FIELDS_SHOWN_MAX = 500
const DEPTH_SHOWN_MAX = 12

/** All fields of a record, nested ones by their dotted path, as far as anybody reads. */
export function fieldsOf(log: LogRecord): readonly FieldValue[] {
  const core = CORE.flatMap((name): FieldValue[] => {
    const value = log[name]
    return value === undefined ? [] : [{ path: name, value: textOf(value), kind: kindOf(value), group: 'core' }]
  })
  const found: FieldValue[] = []
  collect(log.body, '', found, 0)
  // What the system read from a member of the same name is there already.
  const known = new Set(core.map(({ path, value }) => `${path} ${value}`))
  return [...core, ...found.filter(({ path, value }) => !known.has(`${path} ${value}`))]
}

/** The value of one field as text; undefined where the record has none. */
export function fieldOf(log: LogRecord, name: string): string | undefined {
  const own = CORE.find((core) => core === name)
  if (own !== undefined && log[own] !== undefined) return textOf(log[own])
  const found = at(log.body, name)
  return found === undefined ? undefined : textOf(found)
}

function at(value: unknown, path: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  const members = new Map<string, unknown>(Object.entries(value))
  if (members.has(path)) return members.get(path)
  for (let dot = path.indexOf('.'); dot > 0; dot = path.indexOf('.', dot + 1)) {
    const found = at(members.get(path.slice(0, dot)), path.slice(dot + 1))
    if (found !== undefined) return found
  }
  return undefined
}

function collect(value: unknown, path: string, found: FieldValue[], depth: number): void {
  if (found.length >= FIELDS_SHOWN_MAX) return
  if (
    digitsOf(value) === undefined &&
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    depth < DEPTH_SHOWN_MAX
  ) {
    for (const [name, inner] of Object.entries(value))
      collect(inner, path === '' ? name : `${path}.${name}`, found, depth + 1)
    return
  }
  found.push({ path: path === '' ? 'message' : path, value: textOf(value), kind: kindOf(value), group: 'body' })
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

function kindOf(value: unknown): FieldValue['kind'] {
  if (value === null) return 'null'
  if (typeof value === 'number' || digitsOf(value) !== undefined) return 'number'
  if (typeof value === 'boolean') return 'boolean'
  return typeof value === 'object' ? 'list' : 'text'
}
