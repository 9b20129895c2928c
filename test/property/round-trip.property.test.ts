import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mixedBatch, objectLine, objectSource, repeatingBatch, withoutSpace } from '../support/json-source'
import { type blockTables, documents, documentsOf, read, sealed, segmentTableOf } from '../support/read-back'

const batch = fc.oneof(repeatingBatch, mixedBatch)

/** `{"logs": […]}` as the whole of a body is a batch of logs, not a log. */
const isEnvelope = (body: string): boolean => /^\{"logs":\[(\]|\{.*\])\}$/s.test(withoutSpace(body))

/** Documents in the order in which they were sent, whatever their times. */
function bySeq(tables: ReturnType<typeof blockTables>): string[] {
  const rows = tables.flatMap((table) => documents(table).map((text, row) => ({ text, seq: table.seqs()[row] })))
  return rows.sort((left, right) => left.seq - right.seq).map(({ text }) => text)
}

describe('what you POST is what you GET', () => {
  it('gives back every document of an array byte for byte, but for white space', () => {
    fc.assert(
      fc.property(batch, (sources) => {
        const result = read(`[${sources.join(' ,\n')}]`)
        expect(result.rejected).toEqual([])
        expect(documentsOf(result)).toEqual(sources.map(withoutSpace))
      }),
      { numRuns: 400 },
    )
  })

  it('gives back the same from the segments they are sealed into', () => {
    fc.assert(
      fc.property(fc.array(batch, { minLength: 1, maxLength: 3 }), (batches) => {
        const segments = sealed(batches.map((sources) => read(`[${sources.join(',')}]`)))
        expect(bySeq(segments.map((segment) => segmentTableOf(segment.bytes)))).toEqual(
          batches.flat().map(withoutSpace),
        )
      }),
      { numRuns: 150 },
    )
  })

  it('reads one object', () => {
    fc.assert(
      fc.property(objectSource, (source) => {
        fc.pre(!isEnvelope(source))
        expect(documentsOf(read(source))).toEqual([withoutSpace(source)])
      }),
    )
  })

  it('reads {"logs": […]}', () => {
    fc.assert(
      fc.property(batch, (sources) => {
        expect(documentsOf(read(`{ "logs" :\n[${sources.join(',')}] }\n`))).toEqual(sources.map(withoutSpace))
      }),
    )
  })

  it('reads objects one after another', () => {
    const gap = fc.constantFrom('', ' ', '\n', '\r\n\t')
    fc.assert(
      fc.property(batch, gap, (sources, between) => {
        fc.pre(!isEnvelope(sources.join(between)))
        expect(documentsOf(read(sources.join(between)))).toEqual(sources.map(withoutSpace))
      }),
    )
  })

  it('reads one object a line, however lines end, with blank lines and a byte order mark', () => {
    const ending = fc.constantFrom('\n', '\r\n', '\n\n', '\r\n \r\n')
    const type = fc.constantFrom('application/x-ndjson', 'application/json', 'text/plain', '')
    fc.assert(
      fc.property(
        fc.array(objectLine, { minLength: 1, maxLength: 20 }),
        ending,
        type,
        fc.boolean(),
        (lines, end, kind, mark) => {
          fc.pre(!isEnvelope(lines.join(end)))
          const result = read(`${mark ? '\ufeff' : ''}${lines.join(end)}${end}`, kind)
          expect(documentsOf(result)).toEqual(lines.map(withoutSpace))
        },
      ),
    )
  })

  it('keeps lines of text as they are', () => {
    const line = fc
      .string({ unit: 'grapheme', minLength: 1 })
      .filter((text) => !/[\r\n]/.test(text) && text.trim() !== '')
    fc.assert(
      fc.property(
        fc.array(
          line.map((text) => text.toWellFormed()),
          { minLength: 1 },
        ),
        (lines) => {
          const result = read(`start\n${lines.join('\r\n')}`, 'text/plain')
          expect(documentsOf(result)).toEqual(['start', ...lines].map((text) => JSON.stringify(text)))
        },
      ),
    )
  })

  it('keeps the order of records with one time, through sealing too', () => {
    const records = Array.from({ length: 500 }, (_, index) => `{"n":${index},"time":"2026-11-21T09:00:0${index % 2}Z"}`)
    const [segment] = sealed([read(records.slice(0, 250).join('\n')), read(records.slice(250).join('\n'))])
    const even = records.filter((_, index) => index % 2 === 0)
    const odd = records.filter((_, index) => index % 2 === 1)
    expect(documents(segmentTableOf(segment.bytes))).toEqual([...even, ...odd])
  })
})
