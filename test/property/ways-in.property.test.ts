import { gzipSync } from 'node:zlib'
import { encode } from '@msgpack/msgpack'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MessageSplitter } from '../../scripts/syslog/message-splitter'
import { axiomFormat } from '../../src/formats/axiom'
import { CSV } from '../../src/formats/csv'
import { FIREHOSE } from '../../src/formats/firehose'
import { BodyFailure, BodyTooLarge, type Format } from '../../src/formats/format'
import { HEROKU } from '../../src/formats/heroku'
import { JOURNAL } from '../../src/formats/journal-export'
import { LOGPUSH } from '../../src/formats/logpush'
import { LOGTAIL } from '../../src/formats/logtail'
import { VERCEL } from '../../src/formats/platform-logs'
import { SYSLOG } from '../../src/formats/syslog/syslog'
import { WAYS_IN } from '../../src/formats/ways-in'
import { documentsOf } from '../support/read-back'
import { openAs, readAs, readOpened } from '../support/read-format'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

const base64 = (content: Uint8Array | string): string => Buffer.from(content).toString('base64')

const TRACE =
  '[{"outcome":"ok","scriptName":"s","eventTimestamp":1795255200000,"event":{"request":{"url":"u","method":"GET","headers":{}}},"logs":[{"timestamp":1,"level":"log","message":["a",{"b":1}]}],"exceptions":[{"name":"E","message":"m"}]}]'
const RUN =
  '{"Outcome":"ok","EventType":"fetch","ScriptName":"s","Event":{"Request":{"URL":"u"}},"Logs":[{"Level":"log","Message":["a",1],"TimestampMs":1795255200000}],"Exceptions":[{"Name":"E"}]}'

/** A body of each format that is whole: hostile ones are made of it. */
const LISTED: readonly (readonly [name: string, format: Format, body: Uint8Array, contentType?: string])[] = [
  [
    'syslog',
    SYSLOG,
    bytes(
      '58 <34>1 2026-11-21T09:00:00Z h a p m [x@1 a="b\\"]"] message\n<13>Nov 21 09:00:00 h a[1]: CEF:0|a|b|c|d|e|5|k=v x=y\n',
    ),
  ],
  ['heroku', HEROKU, bytes('65 <158>1 2026-11-21T09:00:00Z host heroku router - at=info path="/"\n')],
  [
    'journal',
    JOURNAL,
    Buffer.concat([
      bytes('A=1\nMESSAGE\n'),
      Uint8Array.from([3, 0, 0, 0, 0, 0, 0, 0, 97, 10, 98, 10, 10]),
      bytes('B=2\n'),
    ]),
  ],
  ['csv', CSV, bytes('a,b,"c"\n1,"x ""y""",\n2,3,4\n')],
  [
    'msgpack',
    LOGTAIL,
    encode([
      { dt: new Date(1_795_255_200_123), a: [1, -1, 1.5, null, true, 'ü', new Uint8Array(3)], b: { c: 2 ** 40 } },
    ]),
    'application/msgpack',
  ],
  ['axiom', axiomFormat('d', 'at'), bytes('[{"at":"2026-11-21T09:00:00Z","a":{"b":[1]}},{"c":2}]')],
  ['axiom csv', axiomFormat('d', undefined), bytes('a;b\n1;2\n'), 'text/csv'],
  ['vercel', VERCEL, bytes('{"id":"1","timestamp":1795255200000,"message":"x"}\n{"id":"2"}')],
  ['logpush', LOGPUSH, bytes(`${RUN}\n${RUN}`)],
  [
    'firehose',
    FIREHOSE,
    bytes(
      JSON.stringify({
        requestId: 'r',
        timestamp: 1,
        records: [
          {
            data: base64(
              gzipSync(
                '{"messageType":"DATA_MESSAGE","logEvents":[{"id":"1","timestamp":1795255200000,"message":"m"}]}',
              ),
            ),
          },
          { data: base64('text\nmore') },
        ],
      }),
    ),
  ],
  ...Object.entries(WAYS_IN).map(
    ([kind, format]) =>
      [
        kind,
        format,
        bytes(kind === 'tail' ? TRACE : `[{"common":{"a":1},"logs":[{"message":"x","timestamp":1795255200000}]}]`),
      ] as const,
  ),
]

const BODIES = LISTED.map(([name, format, body, contentType = '']): [string, Format, Uint8Array, string] => [
  name,
  format,
  body,
  contentType,
])

/** Changes a body as bad senders do: bytes flipped, cut out, doubled, put in, or the end missing. */
const mutation = fc.record({
  what: fc.constantFrom('flip', 'cut', 'double', 'insert', 'end'),
  at: fc.nat(),
  byte: fc.nat(255),
  size: fc.integer({ min: 1, max: 9 }),
})

function mutate(
  body: Uint8Array,
  { what, at, byte, size }: { what: string; at: number; byte: number; size: number },
): Uint8Array {
  const from = at % (body.length + 1)
  const [before, after] = [body.subarray(0, from), body.subarray(from)]
  if (what === 'flip') return Buffer.concat([before, Uint8Array.of(byte), after.subarray(1)])
  if (what === 'cut') return Buffer.concat([before, after.subarray(size)])
  if (what === 'double') return Buffer.concat([before, after.subarray(0, size), after])
  if (what === 'insert') return Buffer.concat([before, new Uint8Array(size).fill(byte), after])
  return before
}

describe('a hostile body', () => {
  it.each(BODIES)(
    '%s: is refused as a whole, or every record of it is kept or refused by its place',
    (_, format, whole, contentType) => {
      fc.assert(
        fc.property(fc.array(mutation, { maxLength: 4 }), (mutations) => {
          const body = mutations.reduce(mutate, whole)
          const opened = openOrRefuse(format, body, contentType)
          if (opened === undefined) return
          const batch = readOpened(format, opened)
          if (batch.broken !== undefined) return
          const kept = documentsOf(batch)
          expect(kept.length + batch.rejected.length).toBe(batch.received)
          for (const document of kept) JSON.parse(document)
          expect(batch.rejected.map(({ index }) => index)).toEqual(
            [...new Set(batch.rejected.map(({ index }) => index))].toSorted((a, b) => a - b),
          )
        }),
        { numRuns: 300 },
      )
    },
  )

  it('of a million tiny records is read no further than a batch may be long', () => {
    for (const kind of ['syslog', 'logfmt', 'text', 'json']) {
      const batch = readAs(WAYS_IN[kind], kind === 'json' ? '{}'.repeat(1_000_000) : 'a\n'.repeat(1_000_000))
      expect(batch.broken).toMatchObject({ code: 'too_many_records' })
    }
    const msgpack = Buffer.concat([Uint8Array.of(0xdd, 0, 0x0f, 0x42, 0x40), new Uint8Array(1_000_000).fill(0x80)])
    expect(readAs(LOGTAIL, msgpack, { contentType: 'application/msgpack' }).broken).toMatchObject({
      code: 'too_many_records',
    })
  })

  it('nested deeper than anything is refused, whatever it is nested in', () => {
    const deep = Buffer.concat([Uint8Array.of(0x81, 0xa1, 0x61), new Uint8Array(100_000).fill(0x91)])
    expect(openOrRefuse(LOGTAIL, deep, 'application/msgpack')).toBeUndefined()
    const json = `{"a":${'['.repeat(100_000)}`
    expect(readAs(SYSLOG, `<13>${json}`).rejected).toEqual([])
    expect(readAs(WAYS_IN.newrelic, json).rejected).toMatchObject([{ code: 'too_deep' }])
  })
})

function openOrRefuse(format: Format, body: Uint8Array, contentType: string) {
  try {
    return openAs(format, body, { contentType })
  } catch (error) {
    if (error instanceof BodyFailure || error instanceof BodyTooLarge) return undefined
    throw error
  }
}

const word = fc.stringMatching(/^[a-zA-Z0-9_.@-]{1,12}$/)
const text = fc.string({ unit: 'grapheme', maxLength: 30 })

describe('what was written is what is read', () => {
  it('of MessagePack, as its own library writes it', () => {
    const scalar = fc.oneof(
      text,
      fc.boolean(),
      fc.constant(null),
      fc.integer(),
      fc.double({ noDefaultInfinity: true, noNaN: true }),
      fc.maxSafeInteger(),
    )
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { depthSize: 'small' },
        scalar,
        fc.array(tie('any'), { maxLength: 4 }),
        fc.dictionary(word, tie('any'), { maxKeys: 4, noNullPrototype: true }),
      ),
    })).any
    fc.assert(
      fc.property(
        fc.array(
          fc.dictionary(
            word.map((name) => `x${name}`),
            value,
            { maxKeys: 5, noNullPrototype: true },
          ),
          { maxLength: 5 },
        ),
        (records) => {
          const { documents } = openAs(LOGTAIL, encode(records), { contentType: 'application/msgpack' })
          const lines = new TextDecoder().decode(documents).split('\n').filter(Boolean)
          expect(lines).toEqual(records.map((record) => JSON.stringify(record)))
        },
      ),
    )
  })

  it('of RFC 5424, counted or not', () => {
    const parameter = fc.tuple(word, text)
    const message = fc.record({
      host: word,
      app: word,
      id: word,
      data: fc.array(fc.tuple(word, fc.array(parameter, { maxLength: 3 })), { maxLength: 3 }),
      said: text.filter((said) => !/[\n\r\0]/.test(said) && !said.startsWith('\ufeff')),
    })
    const escaped = (value: string) => value.replace(/["\\\]]/g, '\\$&')
    fc.assert(
      fc.property(fc.array(message, { maxLength: 5 }), (messages) => {
        const sent = messages.map(({ host, app, id, data, said }) => {
          const elements = data.map(
            ([name, parameters]) =>
              `[${name}${parameters.map(([key, value]) => ` ${key}="${escaped(value)}"`).join('')}]`,
          )
          return `<13>1 2026-11-21T09:00:00Z x${host} x${app} - x${id} ${elements.join('') || '-'} :${said}`
        })
        const body = Buffer.concat(
          sent.flatMap((line) => [Buffer.from(`${Buffer.byteLength(line)} `), Buffer.from(line)]),
        )
        const documents = documentsOf(readAs(SYSLOG, body)).map((document) => JSON.parse(document))
        expect(documents).toMatchObject(
          messages.map(({ host, app, id, said }) => ({
            hostname: `x${host}`,
            app: `x${app}`,
            msgid: `x${id}`,
            message: `:${said}`,
          })),
        )
        for (const [index, { data }] of messages.entries())
          for (const [name, parameters] of data)
            for (const [key, value] of parameters)
              expect(
                JSON.stringify(documents[index].structured_data[name] ?? '') + JSON.stringify(documents[index]),
              ).toContain(`${JSON.stringify(key)}:${JSON.stringify(value)}`)
      }),
    )
  })

  it('of CSV, whatever its cells hold', () => {
    const rows = fc
      .integer({ min: 1, max: 4 })
      .chain((columns) =>
        fc
          .array(fc.array(text, { minLength: columns, maxLength: columns }), { maxLength: 5 })
          .map((cells) => ({ columns, cells })),
      )
    const quoted = (cell: string) => `"${cell.replaceAll('"', '""')}"`
    fc.assert(
      fc.property(rows, fc.constantFrom('\n', '\r\n'), ({ columns, cells }, end) => {
        const names = Array.from({ length: columns }, (_, index) => `c${index}`)
        const body = [names, ...cells].map((row) => row.map(quoted).join(',')).join(end)
        const lines = new TextDecoder().decode(openAs(CSV, body).documents).split('\n').filter(Boolean)
        expect(lines.map((line) => JSON.parse(line))).toEqual(
          cells.map((row) => Object.fromEntries(row.map((cell, index) => [`c${index}`, cell]))),
        )
      }),
    )
  })

  it('of a TCP connection, in whatever pieces it comes', () => {
    const message = fc.tuple(
      fc.constantFrom('counted', '\n', '\0'),
      text.filter((said) => !/[\n\r\0]/.test(said)),
    )
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 20 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 30 }),
        (messages, sizes) => {
          const sent = messages.map(([, said]) => `<13>${said}`)
          const stream = Buffer.concat(
            messages.map(([end], index) =>
              Buffer.from(
                end === 'counted' ? `${Buffer.byteLength(sent[index])} ${sent[index]}` : `${sent[index]}${end}`,
              ),
            ),
          )
          const splitter = new MessageSplitter()
          const found: string[] = []
          let at = 0
          for (let piece = 0; at < stream.length; piece++) {
            const size = sizes[piece % sizes.length]
            found.push(...splitter.push(stream.subarray(at, at + size)).map(String))
            at += size
          }
          expect([...found, ...splitter.end().map(String)]).toEqual(sent)
        },
      ),
    )
  })
})
