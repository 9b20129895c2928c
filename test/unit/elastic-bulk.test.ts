import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Bulk, claimOfElastic, openBulk, openDocument } from '../../src/formats/elastic/bulk'
import { bulkAnswer, itemError, refusedBulkAnswer } from '../../src/formats/elastic/bulk-answer'
import { BodyFailure, type Format } from '../../src/formats/format'
import type { ReadBatch } from '../../src/formats/read-batch'
import { BATCH_RECORDS_MAX } from '../../src/limits/limits'
import { blockTables, documentsOf, systemValue } from '../support/read-back'
import { readOpened } from '../support/read-format'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

const formatOf = (opened: Bulk['opened']): Format => ({ source: 'elastic', claims: claimOfElastic, open: () => opened })

const readBulk = (bulk: Bulk): ReadBatch => readOpened(formatOf(bulk.opened), bulk.opened)

/** Reads a bulk request; answers it with its documents and the places of what was not taken. */
function read(text: string, defaults: Parameters<typeof openBulk>[1] = {}) {
  const bulk = openBulk(bytes(text), defaults)
  const batch = readBulk(bulk)
  return {
    bulk,
    batch,
    documents: documentsOf(batch),
    rejected: batch.rejected.map(({ index, code }) => ({ index, code })),
  }
}

const lines = (...all: readonly string[]): string => `${all.join('\n')}\n`

describe('a bulk request', () => {
  it('becomes its documents as they were sent where nothing names them, with digits and spelling', () => {
    const documents = ['{"a":12345678901234567890,"b":"\\u00e9"}', '{"a":1.0,"a":[1,{"b":null}]}', '{}']
    const { documents: kept, batch } = read(lines(...documents.flatMap((one) => ['{"index":{}}', one])))
    expect(kept).toEqual(documents)
    expect(batch).toMatchObject({ received: 3, rejected: [] })
  })

  it('gives each document the index and the id of its action as its first members', () => {
    const text = lines(
      '{"index":{"_index":"a","_id":"ü\\""}}',
      '{"n":1}',
      '{"create":{"_index":"b"}}',
      '{}',
      '{"index":{}}',
      ' { "n" : 3 } ',
    )
    expect(read(text, { index: 'c' }).documents).toEqual([
      '{"_index":"a","_id":"ü\\"","n":1}',
      '{"_index":"b"}',
      '{"_index":"c","n":3}',
    ])
  })

  it('takes CRLF, a byte order mark, empty lines between items and no line end at the end', () => {
    const text = '\ufeff{"index":{"_index":"a"}}\r\n{"n":1}\r\n\r\n\n{"index":{"_index":"a"}}\r\n{"n":2}'
    expect(read(text).documents).toEqual(['{"_index":"a","n":1}', '{"_index":"a","n":2}'])
  })

  it('keeps what is good beside what is bad, each in its place', () => {
    const text = lines(
      ...['{"index":{"_index":"a"}}', '{"n":1'],
      ...['{"delete":{"_index":"a","_id":"1"}}'],
      ...['{"create":{"_index":"a"}}', '{"n":2}'],
      ...['{"update":{"_index":"a","_id":"1"}}', '{"doc":{"n":3}}'],
      ...['{"create":{"_index":"a"}}', '{"n":4} {"n":5}'],
      ...['{"create":{"_index":"a"}}', '[1]'],
      ...['{"create":{"_index":"a","_id":""}}', '{"n":6}'],
      ...['{"create":{"_index":"a"}}', '{"n":7}'],
      ...['{"index":{"_index":"a"}}'],
    )
    const { documents, rejected, batch } = read(text)
    expect(documents).toEqual(['{"_index":"a","n":2}', '{"_index":"a","n":7}'])
    expect(batch.received).toBe(9)
    expect(rejected).toEqual([
      { index: 0, code: 'invalid_json' },
      { index: 1, code: 'unsupported_action' },
      { index: 3, code: 'unsupported_action' },
      { index: 4, code: 'invalid_json' },
      { index: 5, code: 'invalid_json' },
      { index: 6, code: 'unsupported_action' },
      { index: 8, code: 'invalid_json' },
    ])
  })

  it('is refused as a whole, by its line, where a line should be an action and is none', () => {
    const good = ['{"index":{}}', '{"n":1}']
    for (const bad of ['{"n":2}', 'what?', '{"index":1}', '[]', '{"index":{}', '{"index":null}', '\u0000'])
      expect(() => read(lines(...good, bad, '{}')), bad).toThrow(/action\/metadata line \[3\]/)
    expect(() => openBulk(Uint8Array.of(0xff, 0x0a), {})).toThrow(BodyFailure)
  })

  it('takes what others put into an action, and the digits of an id that is a number', () => {
    const text = lines(
      '{"index":{"_index":"a","_type":"_doc","pipeline":"p"},"attempts":0}',
      '{}',
      '{"create":{"_id":12345678901234567890}}',
      '{}',
    )
    expect(read(text).documents).toEqual(['{"_index":"a"}', '{"_id":"12345678901234567890"}'])
  })

  it('reads actions that differ in the id alone as it reads any other', () => {
    const id = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 6 }).filter((text) => text.isWellFormed()),
      fc.stringMatching(/^[a-z"\\\\{}:,]{0,5}$/),
      fc.integer(),
    )
    const action = fc.oneof(
      fc.record({ create: fc.record({ _index: fc.constantFrom('a', 'b'), _id: id }) }),
      fc.record({ create: fc.record({ _id: id, _index: fc.constantFrom('a', 'ü') }) }),
      fc.record({ create: fc.record({ _id: id }), other: fc.record({ _id: id }) }),
      fc.record({ other: fc.record({ _id: id }), index: fc.record({ _id: id }) }),
    )
    fc.assert(
      fc.property(fc.array(action, { maxLength: 20 }), (actions) => {
        const one = (text: string) => openBulk(bytes(text), {}).actions[0]
        const texts = actions.map((each) => `${JSON.stringify(each)}\n{}\n`)
        if (texts.length === 0) return
        expect(openBulk(bytes(texts.join('')), {}).actions).toEqual(texts.map(one))
      }),
    )
  })

  it('knows time, level, service, message and trace by the names of the Elastic Common Schema', () => {
    const document = {
      ...{ '@timestamp': '2026-11-21T09:00:00.123Z', log: { level: 'warn' }, service: { name: 'shop' } },
      ...{ trace: { id: 'abc' }, span: { id: 'def' }, event: { original: 'as it was' } },
    }
    const { batch } = read(lines('{"index":{}}', JSON.stringify(document)))
    const [table] = blockTables(batch)
    expect(['service', 'message', 'trace_id', 'span_id'].map((name) => systemValue(table, name, 0))).toEqual([
      'shop',
      'as it was',
      'abc',
      'def',
    ])
    expect(batch.summaries[0].minTime).toBe(Date.UTC(2026, 10, 21, 9, 0, 0, 123))
  })

  it('stops at one more than a batch may hold, however small the items are', () => {
    const { bulk, batch } = read('{"delete":{}}\n'.repeat(BATCH_RECORDS_MAX * 2))
    expect(bulk.actions).toHaveLength(BATCH_RECORDS_MAX + 1)
    expect(batch.broken?.code).toBe('too_many_records')
  })

  it('keeps each good document in its place, whatever stands beside it', () => {
    const item = fc.record({
      action: fc.constantFrom('index', 'create', 'update', 'delete'),
      index: fc.option(
        fc.string({ unit: 'binary', maxLength: 8 }).filter((text) => text.isWellFormed()),
        { nil: undefined },
      ),
      document: fc.oneof(
        fc.json({ maxDepth: 3 }).map((value) => `{"v":${value}}`),
        fc.constantFrom('{"v":', '"x"', '{}x', '{"a":1}{"b":2}', ' ', '{"a":"\\q"}'),
      ),
    })
    fc.assert(
      fc.property(fc.array(item, { maxLength: 12 }), (items) => {
        const text = items
          .map(({ action, index, document }) =>
            [
              JSON.stringify({ [action]: { _index: index } }),
              ...(action === 'delete' ? [] : [document.replace(/\n/g, ' ')]),
            ].join('\n'),
          )
          .join('\n')
        if (text === '') return
        const { documents, rejected, batch, bulk } = read(text)
        const bad = new Set(rejected.map(({ index }) => index))
        const expected = items.flatMap(({ action, index, document }) => {
          if (action === 'update' || action === 'delete' || !isObject(document)) return []
          const own: object = JSON.parse(document)
          return [index === undefined ? own : { _index: index, ...own }]
        })
        expect(bulk.actions.map(({ name }) => name)).toEqual(items.map(({ action }) => action))
        expect(documents.map((one) => JSON.parse(one))).toEqual(expected)
        expect(batch.received).toBe(items.length)
        expect(bad.size + expected.length).toBe(items.length)
      }),
    )
  })
})

describe('ids', () => {
  const three = lines(
    ...['{"create":{"_index":"a","_id":"1"}}', '{"n":1}', '{"create":{"_index":"a","_id":"1"}}', '{"n":2}'],
    ...['{"index":{"_index":"a","_id":"1"}}', '{"n":3}', '{"create":{"_index":"b","_id":"1"}}', '{"n":4}'],
    ...['{"create":{"_index":"a"}}', '{"n":5}', '{"create":{"_index":"a","_id":"2"}}', '{"n":'],
    ...['{"create":{"_index":"a","_id":"2"}}', '{"n":7}'],
  )

  it('of create are taken once in a request, in each index by itself, and only by what is stored', () => {
    const { bulk, batch, documents, rejected } = read(three)
    expect(documents.map((one) => JSON.parse(one).n)).toEqual([1, 3, 4, 5, 7])
    expect(rejected).toEqual([
      { index: 1, code: 'known_id' },
      { index: 5, code: 'invalid_json' },
    ])
    expect(bulk.opened.ids?.taken(batch.rejected)).toEqual(['a\n1', 'b\n1', 'a\n2'])
    const later = [...batch.rejected, { index: 3, code: 'record_too_large', detail: '', at: 0 } as const]
    expect(bulk.opened.ids?.taken(later)).toEqual(['a\n1', 'a\n2'])
  })

  it('that are known leave their records out of the next reading, and no others', () => {
    const { bulk } = read(three)
    bulk.opened.ids?.leaveOut(['a\n1'])
    const again = readBulk(bulk)
    expect(documentsOf(again).map((one) => JSON.parse(one).n)).toEqual([3, 4, 5, 7])
    expect(bulk.opened.ids?.taken(again.rejected)).toEqual(['b\n1', 'a\n2'])
  })

  it('that are long are remembered by a hash of their own', () => {
    const long = (end: string): string => `{"create":{"_index":"a","_id":"${'x'.repeat(200)}${end}"}}`
    const { bulk, batch } = read(lines(long('1'), '{}', long('2'), '{}'))
    const taken = bulk.opened.ids?.taken(batch.rejected) ?? []
    expect(new Set(taken).size).toBe(2)
    for (const name of taken) expect(name).toMatch(/^[A-Za-z0-9+/]{43}=$/)
  })

  it('are taken of a single document too', () => {
    const action = { name: 'create', creates: true, index: 'a', id: '1', fault: undefined } as const
    const bulk = openDocument(bytes('{\n  "n": 1\n}\n'), action)
    const batch = readBulk(bulk)
    expect(documentsOf(batch)).toEqual(['{"_index":"a","_id":"1","n":1}'])
    expect(bulk.opened.ids?.taken(batch.rejected)).toEqual(['a\n1'])
    for (const bad of ['', '[]', '{"n":1}{"n":2}', '{'])
      expect(readBulk(openDocument(bytes(bad), action)).rejected, bad).toHaveLength(1)
  })
})

describe('the answer to a bulk request', () => {
  it('has an item for each action under its own name, and errors before the items', () => {
    const { bulk, batch } = read(
      lines(
        '{"create":{"_index":"a","_id":"7"}}',
        '{}',
        '{"index":{}}',
        '{"n":',
        '{"delete":{"_index":"a","_id":"1"}}',
      ),
    )
    const text = bulkAnswer({ actions: bulk.actions, rejected: batch.rejected, batchId: 'b', tookMs: 2.7 })
    expect(text).toMatch(
      /^{"took":2,"errors":true,"items":\[{"create":{"_index":"a","_id":"7","_version":1,"result":"created","status":201}}/,
    )
    expect(JSON.parse(text).items).toMatchObject([
      { create: { status: 201 } },
      {
        index: {
          status: 400,
          error: { type: 'document_parsing_exception', reason: expect.stringContaining('failed to parse') },
        },
      },
      { delete: { _id: '1', status: 400, error: { type: 'illegal_argument_exception' } } },
    ])
  })

  it('is what Fluent Bit and Vector look for when all is well, and the same for the same batch', () => {
    const { bulk } = read(lines('{"index":{}}', '{}', '{"index":{}}', '{}'))
    const outcome = { actions: bulk.actions, rejected: [], batchId: 'b', tookMs: 0 }
    const text = bulkAnswer(outcome)
    expect(text).toContain('"errors":false,"items":[')
    expect(bulkAnswer(outcome)).toBe(text)
    const ids = [...text.matchAll(/"_id":"([^"]+)"/g)].map(([, id]) => id)
    expect(new Set(ids).size).toBe(2)
  })

  it('tells of a limit item by item to those who want to hear it so', () => {
    const { bulk } = read(lines('{"index":{}}', '{}', '{"create":{}}', '{}'))
    const why = { status: 429, type: 'es_rejected_execution_exception', reason: 'wait' }
    expect(JSON.parse(refusedBulkAnswer(bulk.actions, why))).toMatchObject({
      errors: true,
      items: [
        { index: { status: 429, error: { type: 'es_rejected_execution_exception' } } },
        { create: { status: 429 } },
      ],
    })
  })

  it('names a conflict as such', () => {
    expect(itemError({ code: 'known_id', detail: 'known', at: 0 })).toMatchObject({
      status: 409,
      type: 'version_conflict_engine_exception',
    })
  })
})

function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}
