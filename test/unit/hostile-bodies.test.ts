import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { axiomFormat } from '../../src/formats/axiom'
import { CSV } from '../../src/formats/csv'
import { openBulk } from '../../src/formats/elastic/bulk'
import { FIREHOSE } from '../../src/formats/firehose'
import type { Format } from '../../src/formats/format'
import { TAIL } from '../../src/formats/invocations/tail'
import { JOURNAL } from '../../src/formats/journal-export'
import { LOGFMT } from '../../src/formats/logfmt'
import { LOGPUSH } from '../../src/formats/logpush'
import { LOGTAIL } from '../../src/formats/logtail'
import { parseLabels } from '../../src/formats/loki/parse-labels'
import { NEW_RELIC } from '../../src/formats/new-relic'
import { SYSLOG } from '../../src/formats/syslog/syslog'
import { BATCH_RECORDS_MAX, CSV_COLUMNS_MAX, RECORD_BYTES_MAX } from '../../src/limits/limits'
import { documentsOf } from '../support/read-back'
import { openAs, readAs } from '../support/read-format'

const BULK: Format = { source: 'elastic', open: (body) => openBulk(body, { index: undefined, creates: false }).opened }

const delivery = (...contents: readonly (string | Uint8Array)[]): string =>
  JSON.stringify({ records: contents.map((content) => ({ data: Buffer.from(content).toString('base64') })) })

/** Each line opens what never ends, so that each is read on into those after it, as deep as anything may be. */
const ENDLESS = `{"a":[${'1,'.repeat(150)}\n`.repeat(8000)

/** Each line opens a cell that is closed on the next one, and the last is not. */
const UNCLOSED = 'x","y\n'.repeat(20_000)

describe('a body that is made to take long', () => {
  it.each([
    ['Axiom', axiomFormat('web', undefined), `{"n":1}\n${ENDLESS}`],
    ['New Relic', NEW_RELIC, `{"n":1}\n${ENDLESS}`],
    ['Logpush', LOGPUSH, `{"n":1}\n${ENDLESS}`],
    ['trace items', TAIL, `{"outcome":"ok","logs":[]}\n${ENDLESS}`],
    ['Firehose', FIREHOSE, delivery(`{"n":1}\n${ENDLESS}`)],
    ['CSV', CSV, `n,m\n1,2\n${UNCLOSED}`],
    ['Elasticsearch', BULK, `{"index":{}}\n{"n":1}\n${`{"index":{}}\n{"a":[${'1,'.repeat(150)}\n`.repeat(8000)}`],
  ])(
    'costs a few times its length in %s: what is good before it is kept, and the rest is told of',
    (_, format, body) => {
      const startedMs = performance.now()
      const batch = readAs(format, body)
      // A second on an idle machine; without the bound it takes minutes.
      expect(performance.now() - startedMs).toBeLessThan(20_000)
      expect(documentsOf(batch)).toHaveLength(1)
      expect(batch.received).toBe(batch.rejected.length + 1)
      expect(batch.rejected.at(-1)?.detail).toMatch(/not read|nested|deep|ends/)
    },
  )

  it('never costs a good row of a CSV beside a broken one', () => {
    const rows = Array.from({ length: 300 }, (_, n) => (n === 99 ? `"${n}` : `${n},x`))
    const batch = readAs(CSV, `n,m\n${rows.join('\n')}`)
    expect(batch.received).toBe(300)
    expect(batch.rejected.map(({ index }) => index)).toEqual([99])
  })
})

describe('a body that is made to take room', () => {
  const tooLong = 2 * RECORD_BYTES_MAX

  it('has no more columns of CSV than there may be', () => {
    expect(() => readAs(CSV, `${'a,'.repeat(CSV_COLUMNS_MAX)}a\n1\n`)).toThrow(/more than 10000 names/)
    const { rejected } = readAs(CSV, `a\n${','.repeat(tooLong)}\n`)
    expect(rejected).toMatchObject([
      { code: 'invalid_record', detail: `the row has ${tooLong + 1} cells and the header 1` },
    ])
  })

  it.each([
    ['logfmt', LOGFMT, `a=1 ${'b '.repeat(RECORD_BYTES_MAX)}`],
    ['syslog', SYSLOG, `<13>1 - h a p m [x${' y="z"'.repeat(tooLong / 6)}] m`],
    ['the journal', JOURNAL, 'A=1\n'.repeat(tooLong / 4)],
    [
      'Logpush',
      LOGPUSH,
      `{"Outcome":"ok","EventType":"fetch","ScriptName":"s","Logs":[${'{},'.repeat(tooLong / 3)}{}]}`,
    ],
    ['trace items', TAIL, `[{"outcome":"ok","logs":[${'{},'.repeat(tooLong / 3)}{}]}]`],
  ])('is refused before its record is taken apart in %s, and that record alone', (_, format, record) => {
    const batch = readAs(format, record)
    expect(batch.rejected).toMatchObject([{ index: 0, code: 'record_too_large' }])
    expect(batch.received).toBe(1)
  })

  it('is refused once where a message of CloudWatch has for all of its events what is too large for any', () => {
    const owner = 'x'.repeat(RECORD_BYTES_MAX)
    const message = { messageType: 'DATA_MESSAGE', owner, logEvents: Array.from({ length: 1000 }, () => ({})) }
    const { rejected, received } = readAs(FIREHOSE, delivery(JSON.stringify(message), '{"n":1}'))
    expect({ received, rejected }).toMatchObject({ received: 2, rejected: [{ index: 0, code: 'record_too_large' }] })
  })

  it('has no more records of Firehose than a batch may have, though none of them holds a log', () => {
    const empty = `{"data":"${gzipSync('').toString('base64')}"}`
    const body = `{"records":[${`${empty},`.repeat(BATCH_RECORDS_MAX)}${empty}]}`
    expect(() => openAs(FIREHOSE, body)).toThrow(/more than 50000 records/)
  })

  it('has no labels of Loki that are much larger than a record, which would be too much for their expression', () => {
    expect(parseLabels(`{a="${'x'.repeat(16 * RECORD_BYTES_MAX)}}`)).toBeUndefined()
    expect(parseLabels(`{a="${'x'.repeat(RECORD_BYTES_MAX / 2)}"}`)).toHaveLength(1)
  })

  it('may name the members of a map by numbers, each as MessagePack writes it', () => {
    const body = Uint8Array.from([0x84, 0x01, 0x02, 0xa1, 0x61, 0x03, 0xcc, 0xff, 0xc3, 0xc0, 0x04])
    const documents = documentsOf(readAs(LOGTAIL, body, { contentType: 'application/msgpack' }))
    expect(documents).toEqual(['{"1":2,"a":3,"255":true,"null":4}'])
  })
})
