import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DATADOG, datadogLevelRank } from '../../src/formats/datadog/datadog'
import { tagsText } from '../../src/formats/datadog/tags'
import { LEVELS } from '../../src/records/levels'
import { blockTables, documentsOf, RECEIVED_MS, systemValue } from '../support/read-back'
import { type AskedOf, readAs } from '../support/read-format'

function read(text: string, about?: AskedOf) {
  const batch = readAs(DATADOG, text, about)
  return { batch, documents: documentsOf(batch), rejected: batch.rejected.map(({ index, code }) => ({ index, code })) }
}

describe('logs of Datadog', () => {
  it('are an array, one log, or logs one after another, and kept as they were sent', () => {
    const logs = ['{"message":"a","n":12345678901234567890}', '{"message":"b"}']
    for (const text of [`[${logs.join(',')}]`, logs.join('\n'), logs.join(''), ` [ ${logs.join(' , ')} ] `])
      expect(read(text).documents).toEqual(logs)
    expect(read(logs[0]).documents).toEqual([logs[0]])
    expect(read('one\ntwo\n', { contentType: 'text/plain' }).documents).toEqual(['"one"', '"two"'])
  })

  it('that are none ask whether anybody is there', () => {
    for (const text of ['', ' ', '{}', '[]', ' [ ] \n', '{ }'])
      expect(read(text).batch, text).toMatchObject({ received: 0, rejected: [], broken: undefined })
  })

  it('get a field for each of their tags, unless they have tags already', () => {
    const logs = [
      '{"ddtags":"env:prod, url:http://x:1,canary,env:eu","message":"a"}',
      '{"ddtags":"env:prod, url:http://x:1,canary,env:eu","message":"b"}',
      '{"ddtags":"","message":"c"}',
      '{"tags":["own"],"ddtags":"a:b"}',
      '{"ddtags":["no","text"]}',
    ]
    const tags = '"tags":{"env":"prod","url":"http://x:1","canary":true,"env":"eu"}'
    expect(read(`[${logs.join(',')}]`).documents).toEqual([
      `{${tags},${logs[0].slice(1)}`,
      `{${tags},${logs[1].slice(1)}`,
      logs[2],
      logs[3],
      logs[4],
    ])
  })

  it('get from the address what they do not say themselves', () => {
    const parameters = { ddsource: 'browser', ddtags: 'env:prod', service: 'web', 'dd-api-key': 'secret' }
    expect(
      read('{"message":"a"}\n{"message":"b","service":"own","ddtags":"env:dev"}', { parameters }).documents,
    ).toEqual([
      '{"ddsource":"browser","ddtags":"env:prod","service":"web","tags":{"env":"prod"},"message":"a"}',
      '{"ddsource":"browser","tags":{"env":"dev"},"message":"b","service":"own","ddtags":"env:dev"}',
    ])
  })

  it('whose message is the text of an object have that object, with all its digits', () => {
    const inner = '{"msg":"naïve \\"x\\"","n":12345678901234567890,"level":"warn","date":1795255199000}'
    const { batch, documents } = read(
      JSON.stringify([{ message: inner, service: 'shop' }]).replace('"message":', '"message" : '),
    )
    expect(documents).toEqual([`{"message":${inner},"service":"shop"}`])
    const [table] = blockTables(batch)
    expect(systemValue(table, 'message', 0)).toBe('naïve "x"')
    expect(systemValue(table, 'service', 0)).toBe('shop')
    expect([table.levels()[0], table.times()[0]]).toEqual([3, 1_795_255_199_000])
  })

  it('whose message only looks like an object keep it as a text', () => {
    for (const message of ['{not json}', '{"a":1} and more', '{"a":"\ud800"}', '{}{}']) {
      const text = JSON.stringify({ message })
      expect(read(text).documents, message).toEqual([text])
    }
  })

  it('go by the first letter of a status that is no word of ours', () => {
    const ranks = {
      emergency: 'fatal',
      E: 'error',
      Errored: 'error',
      W: 'warn',
      n: 'info',
      OK: 'info',
      success: 'info',
      D: 'debug',
      verb: 'debug',
      A: 'fatal',
      critique: 'fatal',
    }
    for (const [word, level] of Object.entries(ranks)) expect(LEVELS[datadogLevelRank(word) ?? 0], word).toBe(level)
    expect(datadogLevelRank('200')).toBeUndefined()
    const { batch } = read('[{"message":"x","status":"Eek"}]')
    expect(blockTables(batch)[0].levels()[0]).toBe(4)
  })

  it('have the time that they say, by any of its names', () => {
    for (const name of ['timestamp', 'date']) {
      const { batch } = read(JSON.stringify({ message: 'x', [name]: RECEIVED_MS - 5000 }))
      expect(batch.summaries[0].minTime, name).toBe(RECEIVED_MS - 5000)
    }
  })

  it('that are broken cost themselves in a sequence, and all of it in an array', () => {
    const { documents, rejected } = read('{"message":"a","ddtags":"a:b"}\n{"message":\n{"message":"c"}')
    expect(documents).toEqual(['{"tags":{"a":"b"},"message":"a","ddtags":"a:b"}', '{"message":"c"}'])
    expect(rejected).toEqual([{ index: 1, code: 'invalid_json' }])
    const array = read('[{"message":"a","ddtags":"a:b"},7,{"message":"c"}]')
    expect(array.documents).toHaveLength(2)
    expect(array.rejected).toEqual([{ index: 1, code: 'invalid_json' }])
    for (const broken of [
      '[{"message":"a","ddtags":"a:b"},{"message":]',
      '[{"ddtags":"a:b"}',
      '[{"ddtags":"a:b"}] x',
      '[{"ddtags":"a:b"} {}]',
    ])
      expect(read(broken).batch.broken, broken).toBeDefined()
  })

  it('are read in time that grows with the body, however broken it is', () => {
    for (const piece of ['{"a":[\n', '{"message":"{\\"a\\":"\n', '{\n', '"\n'])
      expect(read(piece.repeat(20_000)).documents, piece).toEqual([])
  })

  it('keep all members beside what is added, whatever they are', () => {
    const log = fc.dictionary(
      fc.constantFrom('message', 'ddtags', 'service', 'a', 'b', 'status'),
      fc.oneof(fc.string(), fc.jsonValue({ maxDepth: 2 })),
    )
    fc.assert(
      fc.property(fc.array(log, { minLength: 1, maxLength: 6 }), (logs) => {
        const { documents, batch } = read(JSON.stringify(logs), { parameters: { ddsource: 'test' } })
        if (logs.length === 1 && Object.keys(logs[0]).length === 0 && batch.received === 0) return
        expect(batch.received).toBe(logs.length)
        for (const [index, document] of documents.entries()) {
          const { ddsource, tags: _tags, ...kept } = JSON.parse(document)
          expect(ddsource).toBe('test')
          expect(kept).toEqual({ ...logs[index], ...objectMessage(logs[index].message) })
        }
      }),
    )
  })
})

describe('tagsText', () => {
  it('is undefined for no tags', () => {
    for (const none of ['', ' , ,']) expect(tagsText(none)).toBeUndefined()
    expect(tagsText(':x')).toBe('{":x":true}')
  })
})

function objectMessage(message: unknown): object {
  if (typeof message !== 'string' || !message.startsWith('{')) return {}
  try {
    return { message: JSON.parse(message) }
  } catch {
    return {}
  }
}
