import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ackIdOf, isAckId, parseChannel } from '../../src/formats/splunk/ack-id'
import { HEC_EVENTS, HEC_RAW } from '../../src/formats/splunk/splunk'
import { BATCH_RECORDS_MAX } from '../../src/limits/limits'
import { blockTables, documentsOf, RECEIVED_MS, systemValue } from '../support/read-back'
import { type AskedOf, readAs } from '../support/read-format'

function read(text: string, about?: AskedOf, format = HEC_EVENTS) {
  const batch = readAs(format, text, about)
  return { batch, documents: documentsOf(batch), rejected: batch.rejected.map(({ index, code }) => ({ index, code })) }
}

const SECONDS = RECEIVED_MS / 1000

describe('events of Splunk', () => {
  it('are read one after another with anything or nothing between them, or as an array, and kept as they were sent', () => {
    const events = ['{"event":"a","n":12345678901234567890}', '{"event":{"b":[1,2]},"nested":1.5e9}', '{"event":0}']
    for (const between of ['', '\n', ' ', ',', '\r\n\r\n', ', '])
      expect(read(events.join(between)).documents, JSON.stringify(between)).toEqual(events)
    expect(read(`[${events.join(',')}]\n`).documents).toEqual(events)
  })

  it('keep the fraction of their time to the nanosecond, as a number and as a text', () => {
    const text = `{"time":${SECONDS}.123456789,"event":"a"}{"time":"${SECONDS}.000000001","event":"b"}{"time":${SECONDS},"event":"c"}`
    const { batch } = read(text)
    const [table] = blockTables(batch)
    expect([0, 1, 2].map((row) => [table.times()[row], table.nanos()?.[row]])).toEqual([
      [RECEIVED_MS + 123, 456_789],
      [RECEIVED_MS, 1],
      [RECEIVED_MS, 0],
    ])
  })

  it('say of those after them what those do not say themselves', () => {
    const text = '{"host":"a","event":1}{"event":2,"source":"s"}{"host":"b","event":3}{"event":4}'
    expect(read(text).documents).toEqual([
      '{"host":"a","event":1}',
      '{"host":"a","event":2,"source":"s"}',
      '{"source":"s","host":"b","event":3}',
      '{"host":"b","source":"s","event":4}',
    ])
    expect(read('{"event":1}{"index":"own","event":2}', { parameters: { index: 'main', host: '' } }).documents).toEqual(
      ['{"index":"main","event":1}', '{"index":"own","event":2}'],
    )
  })

  it('that are bad cost only themselves, and each has its own code', () => {
    const text = [
      '{"event":"good"}',
      '{"host":"a"}',
      '{"event":""}',
      '{"event":null}',
      '{"event":"x","fields":{"a":{"b":1}}}',
      '{"event":"x","fields":[1]}',
      '{"event":"good","fields":{"a":["b"]}}',
      '{"event":"x"',
      'what?',
      '{"event":"x" "y"}{"event":"good too"}',
    ].join('\n')
    const { documents, rejected, batch } = read(text)
    expect(documents.map((one) => JSON.parse(one).event)).toEqual(['good', 'good', 'good too'])
    expect(batch.received).toBe(11)
    expect(rejected).toEqual([
      { index: 1, code: 'missing_event' },
      { index: 2, code: 'blank_event' },
      { index: 3, code: 'missing_event' },
      { index: 4, code: 'invalid_fields' },
      { index: 5, code: 'invalid_fields' },
      { index: 7, code: 'invalid_json' },
      { index: 8, code: 'invalid_json' },
      { index: 9, code: 'invalid_json' },
    ])
  })

  it('say what they mean inside the event too', () => {
    const { batch } = read(
      JSON.stringify({ event: { message: 'm', severity: 'error', trace_id: 't' }, source: 'shop' }) +
        JSON.stringify({ event: { line: 'from docker', status: 3 }, fields: { 'service.name': 'pay' } }),
    )
    const [table] = blockTables(batch)
    expect(systemValue(table, 'message', 0)).toBe('m')
    expect(systemValue(table, 'service', 0)).toBe('shop')
    expect(systemValue(table, 'trace_id', 0)).toBe('t')
    expect(systemValue(table, 'message', 1)).toBe('from docker')
    expect([...table.levels()]).toEqual([4, 2])
  })

  it('are read in time that grows with the body, however broken it is', () => {
    for (const piece of ['{', '{"a":', '[{', '{"a":[', '{x}', '"', '}', ','])
      expect(read(piece.repeat(100_000)).batch.rejected.length, piece).toBeLessThanOrEqual(BATCH_RECORDS_MAX + 1)
    expect(read('{"a":[\n'.repeat(20_000)).documents).toEqual([])
  })

  it('keep each good one in its place, whatever stands on the lines beside it', () => {
    const event = fc.oneof(
      fc.json({ maxDepth: 3 }).map((value) => `{"event":{"v":${value}}}`),
      fc.constantFrom('{"a":"h"}', '{"event":', 'x', '{"event":"\\q"}', '{"event":""}', '{"a":1,}'),
    )
    fc.assert(
      fc.property(fc.array(event, { maxLength: 12 }), (events) => {
        const { documents, rejected, batch } = read(events.join('\n'))
        const bad = new Set(rejected.map(({ index }) => index))
        const good = events.filter((_, index) => !bad.has(index))
        expect(documents.map((one) => JSON.parse(one))).toEqual(good.map((one) => JSON.parse(one)))
        expect(batch.received).toBe(events.length)
        for (const [index, text] of events.entries()) expect(bad.has(index), text).toBe(!text.startsWith('{"event":{'))
      }),
    )
  })
})

describe('raw lines of Splunk', () => {
  const about = { parameters: { host: 'web-1', sourcetype: 'nginx' } }

  it('become events with what the address says of them', () => {
    const { documents } = read('one "quoted"\r\n\n  {"a":12345678901234567890} \n{broken}', about, HEC_RAW)
    expect(documents).toEqual([
      '{"host":"web-1","sourcetype":"nginx","event":"one \\"quoted\\""}',
      '{"host":"web-1","sourcetype":"nginx","event":{"a":12345678901234567890}}',
      '{"host":"web-1","sourcetype":"nginx","event":"{broken}"}',
    ])
  })

  it('say their time and level at their beginning, unless that cannot be', () => {
    const { batch, documents } = read(
      '2026-11-21T09:59:00.5Z ERROR boom\n2020-01-01T00:00:00Z an old story\n',
      {},
      HEC_RAW,
    )
    expect(batch.rejected).toEqual([])
    expect(JSON.parse(documents[0])).toMatchObject({ time: '2026-11-21T09:59:00.500000000Z', severity: 'error' })
    expect(batch.summaries).toMatchObject([{ minTime: RECEIVED_MS - 59_500, maxTime: RECEIVED_MS }])
  })
})

describe('numbers of acknowledgements', () => {
  const owner = { tenantId: 'ten_a', channel: 'c' }

  it('are good for their tenant and channel only, and the same for the same batch', () => {
    fc.assert(
      fc.property(fc.string(), (batchId) => {
        const ackId = ackIdOf(owner, batchId)
        expect(Number.isSafeInteger(ackId)).toBe(true)
        expect(ackIdOf(owner, batchId)).toBe(ackId)
        expect(isAckId(owner, ackId)).toBe(true)
        expect(isAckId(owner, ackId + 1)).toBe(false)
      }),
    )
    const ids = Array.from({ length: 1000 }, (_, index) => ackIdOf(owner, `batch ${index}`))
    expect(new Set(ids).size).toBe(1000)
    expect(ids.filter((id) => isAckId({ ...owner, channel: 'd' }, id))).toEqual([])
    expect(ids.filter((id) => isAckId({ ...owner, tenantId: 'ten_b' }, id))).toEqual([])
  })

  it('are none of those that Splunk itself gives out, nor anything that is no number of ours', () => {
    for (let id = 0; id < 1000; id++) expect(isAckId(owner, id)).toBe(false)
    for (const id of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 60]) expect(isAckId(owner, id)).toBe(false)
  })

  it('belong to channels that are GUIDs in either case', () => {
    expect(parseChannel(' 0A1B2C3D-4e5f-4a6b-8c7d-9e0f1a2b3c4d ')).toBe('0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d')
    for (const bad of ['', 'x', '0a1b2c3d4e5f4a6b8c7d9e0f1a2b3c4d', '{0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d}'])
      expect(parseChannel(bad), bad).toBeUndefined()
  })
})
