import fc from 'fast-check'
import {
  bytesField,
  doubleField,
  type Encoded,
  fixed32Field,
  fixed64Field,
  message,
  textField,
  varintField,
} from './protobuf-encoder'

/** An AnyValue. */
export type Value =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'int'; readonly value: bigint }
  | { readonly kind: 'double'; readonly value: number }
  | { readonly kind: 'bytes'; readonly value: Uint8Array }
  | { readonly kind: 'array'; readonly values: readonly Value[] }
  | { readonly kind: 'list'; readonly values: Pairs }

export type Pairs = readonly (readonly [key: string, value: Value])[]

export interface LogRecord {
  readonly time: bigint
  readonly observedTime: bigint
  readonly severityNumber: number
  readonly severityText: string
  readonly body: Value | undefined
  readonly attributes: Pairs
  readonly dropped: number
  readonly flags: number
  readonly traceId: string
  readonly spanId: string
  readonly eventName: string
}

export interface ScopeLogs {
  readonly name: string
  readonly version: string
  readonly attributes: Pairs
  readonly schemaUrl: string
  readonly records: readonly LogRecord[]
}

export interface ResourceLogs {
  readonly attributes: Pairs
  readonly dropped: number
  readonly schemaUrl: string
  readonly scopes: readonly ScopeLogs[]
}

// In protobuf

function valueBytes(value: Value): Encoded {
  switch (value.kind) {
    case 'nothing':
      return message()
    case 'string':
      return textField(1, value.value)
    case 'bool':
      return varintField(2, value.value ? 1 : 0)
    case 'int':
      return varintField(3, value.value)
    case 'double':
      return doubleField(4, value.value)
    case 'bytes':
      return bytesField(7, value.value)
    case 'array':
      return bytesField(5, message(...value.values.map((one) => bytesField(1, valueBytes(one)))))
    case 'list':
      return bytesField(6, message(...pairFields(1, value.values)))
  }
}

const pairFields = (field: number, pairs: Pairs): Encoded[] =>
  pairs.map(([key, value]) => bytesField(field, message(textField(1, key), bytesField(2, valueBytes(value)))))

const unless = (isDefault: boolean, encoded: () => Encoded): Encoded => (isDefault ? message() : encoded())

export const recordBytes = (record: LogRecord): Encoded =>
  message(
    unless(record.time === 0n, () => fixed64Field(1, record.time)),
    unless(record.severityNumber === 0, () => varintField(2, record.severityNumber)),
    unless(record.severityText === '', () => textField(3, record.severityText)),
    record.body === undefined ? message() : bytesField(5, valueBytes(record.body)),
    ...pairFields(6, record.attributes),
    unless(record.dropped === 0, () => varintField(7, record.dropped)),
    unless(record.flags === 0, () => fixed32Field(8, record.flags)),
    unless(record.traceId === '', () => bytesField(9, Buffer.from(record.traceId, 'hex'))),
    unless(record.spanId === '', () => bytesField(10, Buffer.from(record.spanId, 'hex'))),
    unless(record.observedTime === 0n, () => fixed64Field(11, record.observedTime)),
    unless(record.eventName === '', () => textField(12, record.eventName)),
  )

export const requestBytes = (groups: readonly ResourceLogs[]): Uint8Array =>
  message(
    ...groups.map((group) =>
      bytesField(
        1,
        message(
          bytesField(1, message(...pairFields(1, group.attributes), varintField(2, group.dropped))),
          ...group.scopes.map((scope) =>
            bytesField(
              2,
              message(
                bytesField(
                  1,
                  message(textField(1, scope.name), textField(2, scope.version), ...pairFields(3, scope.attributes)),
                ),
                ...scope.records.map((record) => bytesField(2, recordBytes(record))),
                unless(scope.schemaUrl === '', () => textField(3, scope.schemaUrl)),
              ),
            ),
          ),
          unless(group.schemaUrl === '', () => textField(3, group.schemaUrl)),
        ),
      ),
    ),
  )

// In the protocol's JSON

function valueJson(value: Value): object {
  switch (value.kind) {
    case 'nothing':
      return {}
    case 'string':
      return { stringValue: value.value }
    case 'bool':
      return { boolValue: value.value }
    case 'int':
      return { intValue: String(value.value) }
    case 'double':
      return { doubleValue: Number.isFinite(value.value) ? value.value : String(value.value) }
    case 'bytes':
      return { bytesValue: Buffer.from(value.value).toString('base64') }
    case 'array':
      return { arrayValue: { values: value.values.map(valueJson) } }
    case 'list':
      return { kvlistValue: { values: pairsJson(value.values) } }
  }
}

const pairsJson = (pairs: Pairs): object[] => pairs.map(([key, value]) => ({ key, value: valueJson(value) }))

export const requestJson = (groups: readonly ResourceLogs[]): string =>
  JSON.stringify({
    resourceLogs: groups.map((group) => ({
      resource: { attributes: pairsJson(group.attributes), droppedAttributesCount: group.dropped },
      scopeLogs: group.scopes.map((scope) => ({
        scope: { name: scope.name, version: scope.version, attributes: pairsJson(scope.attributes) },
        logRecords: scope.records.map((record) => ({
          timeUnixNano: String(record.time),
          observedTimeUnixNano: String(record.observedTime),
          severityNumber: record.severityNumber,
          severityText: record.severityText,
          ...(record.body !== undefined && { body: valueJson(record.body) }),
          attributes: pairsJson(record.attributes),
          droppedAttributesCount: record.dropped,
          flags: record.flags,
          traceId: record.traceId.toUpperCase(),
          spanId: record.spanId,
          eventName: record.eventName,
        })),
        schemaUrl: scope.schemaUrl,
      })),
      schemaUrl: group.schemaUrl,
    })),
  })

// What must become of it: JSON text, built the plainest way

function valueSource(value: Value): string {
  switch (value.kind) {
    case 'nothing':
      return 'null'
    case 'string':
      return JSON.stringify(value.value)
    case 'bool':
    case 'int':
      return String(value.value)
    case 'double':
      if (!Number.isFinite(value.value)) return `"${value.value}"`
      return Object.is(value.value, -0) ? '0' : String(value.value)
    case 'bytes':
      return `"${Buffer.from(value.value).toString('base64')}"`
    case 'array':
      return `[${value.values.map(valueSource).join(',')}]`
    case 'list':
      return pairsSource(value.values)
  }
}

const pairsSource = (pairs: Pairs): string => objectSource(pairs.map(([key, value]) => [key, valueSource(value)]))

const objectSource = (members: readonly (readonly [string, string])[]): string =>
  `{${members.map(([name, source]) => `${JSON.stringify(name)}:${source}`).join(',')}}`

const timeSource = (nanos: bigint): string => {
  const iso = new Date(Number(nanos / 1_000_000_000n) * 1000).toISOString().slice(0, 19)
  return `"${iso}.${String(nanos % 1_000_000_000n).padStart(9, '0')}Z"`
}

/** Members whose value is there. */
const present = (members: Readonly<Record<string, string | false>>): (readonly [string, string])[] =>
  Object.entries(members).flatMap(([name, source]): (readonly [string, string])[] =>
    source === false ? [] : [[name, source]],
  )

const textSource = (text: string): string | false => text !== '' && JSON.stringify(text)
const countSource = (count: number): string | false => count !== 0 && String(count)
const attributesSource = (pairs: Pairs): string | false => pairs.length > 0 && pairsSource(pairs)

function sharedSource(members: Readonly<Record<string, string | false>>): string | false {
  const there = present(members)
  return there.length > 0 && objectSource(there)
}

/** The document of each record, as the protocol's members in snake case. */
export const expectedDocuments = (groups: readonly ResourceLogs[]): string[] =>
  groups.flatMap((group) =>
    group.scopes.flatMap((scope) =>
      scope.records.map((record) =>
        objectSource(
          present({
            timestamp: record.time !== 0n && timeSource(record.time),
            observed_timestamp: record.observedTime !== 0n && timeSource(record.observedTime),
            severity_number: countSource(record.severityNumber),
            severity_text: textSource(record.severityText),
            body: record.body !== undefined && valueSource(record.body),
            attributes: attributesSource(record.attributes),
            dropped_attributes_count: countSource(record.dropped),
            flags: countSource(record.flags),
            trace_id: textSource(record.traceId),
            span_id: textSource(record.spanId),
            event_name: textSource(record.eventName),
            resource: sharedSource({
              attributes: attributesSource(group.attributes),
              dropped_attributes_count: countSource(group.dropped),
              schema_url: textSource(group.schemaUrl),
            }),
            scope: sharedSource({
              name: textSource(scope.name),
              version: textSource(scope.version),
              attributes: attributesSource(scope.attributes),
              schema_url: textSource(scope.schemaUrl),
            }),
          }),
        ),
      ),
    ),
  )

/** A document with its members in the order of their names, whatever order they were sent in, and every digit as it stands. */
export function inOrder(source: string): unknown {
  return JSON.parse(source, (_name, value: unknown, context?: { readonly source?: string }) => {
    if (typeof value === 'number') return { digits: context?.source === '-0' ? '0' : context?.source }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
    return Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1))
  })
}

// Random requests

const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.constantFrom('plain', 'Zoë "quoted" \\ back', 'line one\nline two\tend', '\u0000\u001f', '日本語 🪵', ''),
)

const key = fc.oneof(fc.constantFrom('http.method', 'k', 'user.id', 'exception.stacktrace', ''), text)

const { value } = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'value' },
    fc.record({ kind: fc.constant('string' as const), value: text }),
    fc.record({ kind: fc.constant('bool' as const), value: fc.boolean() }),
    fc.record({ kind: fc.constant('int' as const), value: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }) }),
    fc.record({ kind: fc.constant('double' as const), value: fc.double() }),
    fc.record({ kind: fc.constant('bytes' as const), value: fc.uint8Array({ maxLength: 9 }) }),
    fc.constant<Value>({ kind: 'nothing' }),
    fc.record({ kind: fc.constant('array' as const), values: fc.array(tie('value'), { maxLength: 3 }) }),
    fc.record({ kind: fc.constant('list' as const), values: pairsOf(tie('value')) }),
  ),
}))

function pairsOf(values: fc.Arbitrary<Value>): fc.Arbitrary<Pairs> {
  return fc.uniqueArray(fc.tuple(key, values), { maxLength: 4, selector: ([name]) => name })
}

const hexOf = (bytes: number): fc.Arbitrary<string> =>
  fc.oneof(
    fc.constant(''),
    fc
      .uint8Array({ minLength: bytes, maxLength: bytes })
      .filter((id) => id.some((byte) => byte !== 0))
      .map((id) => Buffer.from(id).toString('hex')),
  )

/** Nanoseconds from 1970 to where 64 bits end. */
const time = fc.oneof(fc.constant(0n), fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }))

const logRecord: fc.Arbitrary<LogRecord> = fc.record({
  time,
  observedTime: time,
  severityNumber: fc.integer({ min: 0, max: 24 }),
  severityText: fc.oneof(fc.constantFrom('', 'ERROR', 'notice'), text),
  body: fc.option(value, { nil: undefined }),
  attributes: pairsOf(value),
  dropped: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  flags: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  traceId: hexOf(16),
  spanId: hexOf(8),
  eventName: fc.oneof(fc.constant(''), text),
})

/** Requests of any form that the protocol has. */
export const otlpRequest: fc.Arbitrary<ResourceLogs[]> = fc.array(
  fc.record({
    attributes: pairsOf(value),
    dropped: fc.integer({ min: 0, max: 3 }),
    schemaUrl: fc.constantFrom('', 'https://opentelemetry.io/schemas/1.24.0'),
    scopes: fc.array(
      fc.record({
        name: text,
        version: fc.constantFrom('', '1.2.3'),
        attributes: pairsOf(value),
        schemaUrl: fc.constantFrom('', 'https://opentelemetry.io/schemas/1.9.0'),
        records: fc.array(logRecord, { maxLength: 4 }),
      }),
      { maxLength: 3 },
    ),
  }),
  { maxLength: 3 },
)
