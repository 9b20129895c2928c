import { compress } from 'snappyjs'
import {
  bytesField,
  type Encoded,
  fixed64Field,
  message,
  textField,
  varintField,
} from '../test/support/protobuf-encoder.ts'
import { sampleLogs } from '../test/support/sample-logs.ts'

/** A log of the bench as its parts, which each format puts elsewhere. */
interface Parts {
  readonly timestamp: string
  readonly level: string
  readonly service: string
  readonly message: string
  readonly metadata: { readonly ip: string; readonly trace_id: string }
}

/** How the same logs are sent in a format. */
export interface FormatBodies {
  readonly name: string
  readonly path: string
  readonly contentType: string
  readonly status: number
  readonly bodyOf: (logs: readonly Parts[]) => Uint8Array
}

/** The bench's logs, a body of them. */
export const logsOf = (count: number, seed: number, startMs: number): Parts[] =>
  sampleLogs({ count, seed, startMs }).map((line) => JSON.parse(line))

const SEVERITIES: Readonly<Record<string, number>> = { debug: 5, info: 9, warn: 13, error: 17 }

const nanosOf = ({ timestamp }: Parts): bigint => BigInt(Date.parse(timestamp)) * 1_000_000n

const groupsOf = (logs: readonly Parts[], key: (log: Parts) => string): Parts[][] => [
  ...Map.groupBy(logs, key).values(),
]

/** Logs of a service have one resource, as an SDK or a collector sends them. */
const byService = (logs: readonly Parts[]): Parts[][] => groupsOf(logs, ({ service }) => service)

const stringPair = (key: string, value: string): Encoded =>
  message(textField(1, key), bytesField(2, textField(1, value)))

const otlpRecord = (log: Parts): Encoded =>
  message(
    fixed64Field(1, nanosOf(log)),
    varintField(2, SEVERITIES[log.level]),
    textField(3, log.level),
    bytesField(5, textField(1, log.message)),
    bytesField(6, stringPair('ip', log.metadata.ip)),
    bytesField(9, Buffer.from(log.metadata.trace_id, 'hex')),
    fixed64Field(11, nanosOf(log)),
  )

const otlpProtobuf = (logs: readonly Parts[]): Uint8Array =>
  message(
    ...byService(logs).map((group) =>
      bytesField(
        1,
        message(
          bytesField(1, bytesField(1, stringPair('service.name', group[0].service))),
          bytesField(
            2,
            message(bytesField(1, textField(1, 'app')), ...group.map((log) => bytesField(2, otlpRecord(log)))),
          ),
        ),
      ),
    ),
  )

const otlpJson = (logs: readonly Parts[]): Uint8Array =>
  jsonBytes({
    resourceLogs: byService(logs).map((group) => ({
      resource: { attributes: [{ key: 'service.name', value: { stringValue: group[0].service } }] },
      scopeLogs: [
        {
          scope: { name: 'app' },
          logRecords: group.map((log) => ({
            timeUnixNano: String(nanosOf(log)),
            observedTimeUnixNano: String(nanosOf(log)),
            severityNumber: SEVERITIES[log.level],
            severityText: log.level,
            body: { stringValue: log.message },
            attributes: [{ key: 'ip', value: { stringValue: log.metadata.ip } }],
            traceId: log.metadata.trace_id,
          })),
        },
      ],
    })),
  })

const byStream = (logs: readonly Parts[]): Parts[][] => groupsOf(logs, ({ service, level }) => `${service} ${level}`)

const labelPair = (name: string, value: string): Encoded =>
  bytesField(3, message(textField(1, name), textField(2, value)))

function lokiEntry(log: Parts): Encoded {
  const nanos = nanosOf(log)
  const time = message(varintField(1, nanos / 1_000_000_000n), varintField(2, nanos % 1_000_000_000n))
  const { ip, trace_id } = log.metadata
  return message(bytesField(1, time), textField(2, log.message), labelPair('ip', ip), labelPair('trace_id', trace_id))
}

const lokiProtobuf = (logs: readonly Parts[]): Uint8Array =>
  compress(
    message(
      ...byStream(logs).map((group) => {
        const labels = `{level="${group[0].level}", service="${group[0].service}"}`
        return bytesField(1, message(textField(1, labels), ...group.map((log) => bytesField(2, lokiEntry(log)))))
      }),
    ),
  )

const lokiJson = (logs: readonly Parts[]): Uint8Array =>
  jsonBytes({
    streams: byStream(logs).map((group) => ({
      stream: { level: group[0].level, service: group[0].service },
      values: group.map((log) => [String(nanosOf(log)), log.message, log.metadata]),
    })),
  })

const jsonBytes = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value))

const jsonLines = (values: readonly unknown[]): Uint8Array =>
  Buffer.from(values.map((value) => `${JSON.stringify(value)}\n`).join(''))

const PROTOBUF = 'application/x-protobuf'
const JSON_TYPE = 'application/json'
const NDJSON = 'application/x-ndjson'

/** Our own NDJSON first: it is what the others are held against. */
export const FORMATS: readonly FormatBodies[] = [
  { name: 'NDJSON', path: '/logs', contentType: NDJSON, status: 202, bodyOf: jsonLines },
  { name: 'OTLP protobuf', path: '/v1/logs', contentType: PROTOBUF, status: 200, bodyOf: otlpProtobuf },
  { name: 'OTLP JSON', path: '/v1/logs', contentType: JSON_TYPE, status: 200, bodyOf: otlpJson },
  { name: 'Loki protobuf', path: '/loki/api/v1/push', contentType: PROTOBUF, status: 204, bodyOf: lokiProtobuf },
  { name: 'Loki JSON', path: '/loki/api/v1/push', contentType: JSON_TYPE, status: 204, bodyOf: lokiJson },
  {
    ...{ name: '_bulk', path: '/logs-app-default/_bulk', contentType: NDJSON, status: 200 },
    bodyOf: (logs) => jsonLines(logs.flatMap((log) => [{ create: {} }, log])),
  },
  {
    ...{ name: 'HEC', path: '/services/collector/event', contentType: JSON_TYPE, status: 200 },
    bodyOf: (logs) =>
      jsonLines(
        logs.map(({ timestamp, service, ...event }) => ({
          time: Date.parse(timestamp) / 1000,
          source: service,
          event,
        })),
      ),
  },
]
