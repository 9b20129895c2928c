import fc from 'fast-check'
import { bytesField, type Encoded, message, textField, varintField } from './protobuf-encoder'

export interface Entry {
  readonly nanos: bigint
  readonly line: string
  readonly metadata: Readonly<Record<string, string>>
}

export interface Stream {
  readonly labels: Readonly<Record<string, string>>
  readonly entries: readonly Entry[]
}

/** Labels as PromQL writes them: values quoted as in Go. */
export const labelText = (labels: Stream['labels']): string =>
  `{${Object.entries(labels)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(', ')}}`

const entryBytes = ({ nanos, line, metadata }: Entry): Encoded =>
  message(
    bytesField(1, message(varintField(1, nanos / 1_000_000_000n), varintField(2, nanos % 1_000_000_000n))),
    textField(2, line),
    ...Object.entries(metadata).map(([name, value]) => bytesField(3, message(textField(1, name), textField(2, value)))),
  )

/** A PushRequest, before it is compressed. */
export const pushBytes = (streams: readonly Stream[]): Uint8Array =>
  message(
    ...streams.map(({ labels, entries }) =>
      bytesField(
        1,
        message(textField(1, labelText(labels)), ...entries.map((entry) => bytesField(2, entryBytes(entry)))),
      ),
    ),
  )

export const pushJson = (streams: readonly Stream[]): string =>
  JSON.stringify({
    streams: streams.map(({ labels, entries }) => ({
      stream: labels,
      values: entries.map(({ nanos, line, metadata }) => [String(nanos), line, metadata]),
    })),
  })

const timeOf = (nanos: bigint): string =>
  `${new Date(Number(nanos / 1_000_000_000n) * 1000).toISOString().slice(0, 19)}.${String(nanos % 1_000_000_000n).padStart(9, '0')}Z`

/** What must become of the entries; what is derived from a line is left out. */
export const expectedEntries = (streams: readonly Stream[]): object[] =>
  streams.flatMap(({ labels, entries }) =>
    entries.map(({ nanos, line, metadata }) => ({
      timestamp: timeOf(nanos),
      line,
      ...(Object.keys(labels).length > 0 && { labels }),
      ...(Object.keys(metadata).length > 0 && { metadata }),
    })),
  )

const name = fc.constantFrom('job', 'app', 'level', 'service_name', 'kubernetes_pod', 'a')
const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 20 }),
  fc.constantFrom(
    '',
    'plain',
    'a "quoted" \\ one',
    'two\nlines\t',
    '{"level":"warn","msg":"inside"}',
    '{broken',
    '日本 🪵',
  ),
)

/** Pushes of any form. Times have whole seconds after 1970, as protobuf's Timestamp has. */
export const lokiPush: fc.Arbitrary<Stream[]> = fc.array(
  fc.record({
    labels: fc.dictionary(name, text, { maxKeys: 4, noNullPrototype: true }),
    entries: fc.array(
      fc.record({
        nanos: fc.bigInt({ min: 1n, max: 4_000_000_000_000_000_000n }),
        line: text,
        metadata: fc.dictionary(fc.constantFrom('trace_id', 'user', 'pod'), text, { noNullPrototype: true }),
      }),
      { maxLength: 5 },
    ),
  }),
  { maxLength: 4 },
)
