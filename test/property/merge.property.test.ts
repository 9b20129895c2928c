import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeBlock } from '../../src/blocks/block-bytes'
import { blockTable } from '../../src/blocks/table'
import { boundColumns } from '../../src/segments/bound-columns'
import { decodeHeader, sectionsOf, segmentRows } from '../../src/segments/decode-segment'
import { journalInput, type MergeInput, mergeRows, type SortedRows } from '../../src/segments/merge'
import { sealRows } from '../../src/segments/seal'
import { objectSource, repeatingBatch, withoutSpace } from '../support/json-source'
import { documents, numbered, RECEIVED_MS, read, sealed, segmentTableOf, systemValue } from '../support/read-back'

const DAY_MS = 86_400_000
const ABOUT = { shard: 0, class: 'standard' }

/** A record of the test: its instant in nanoseconds, and its document. */
interface Sent {
  readonly at: bigint
  readonly source: string
}

const instant = fc.oneof(
  fc.bigInt(0n, 3n * 86_400_000_000_000n),
  // Many records with one time, and some that differ only below the millisecond.
  fc.constantFrom(0n, 1n, 999_999n, 1_000_000n, 86_399_999_999_999n, 86_400_000_000_000n, 172_800_000_000_000n),
)

const firstDayNs = BigInt(Math.floor(RECEIVED_MS / DAY_MS) - 2) * 86_400_000_000_000n

const document = fc.oneof(
  { weight: 1, arbitrary: objectSource },
  { weight: 3, arbitrary: repeatingBatch.map((sources) => sources[0]) },
)

const sent: fc.Arbitrary<Sent> = fc.tuple(instant, document).map(([offset, source]) => {
  const at = firstDayNs + offset
  const seconds = new Date(Number(at / 1_000_000_000n) * 1000).toISOString().slice(0, -5)
  const time = `${seconds}.${String(at % 1_000_000_000n).padStart(9, '0')}Z`
  return { at, source: `{"timestamp":"${time}","document":${source}}` }
})

const batches = fc.array(fc.array(sent, { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 5 })

const posted = (sources: readonly (readonly Sent[])[]) =>
  sources.map((batch) => read(batch.map(({ source }) => source).join('\n')))

const inputsOf = (sources: readonly (readonly Sent[])[]): MergeInput[] =>
  numbered(posted(sources)).map(({ firstSeq, bytes }) => journalInput(decodeBlock(bytes), firstSeq))

/** What must come out: all records by time, those of one time as they came. */
function inOrder(records: readonly Sent[]): string[] {
  const order = records.map((record, seq) => ({ ...record, seq }))
  order.sort((left, right) => Number(left.at - right.at) || left.seq - right.seq)
  return order.map(({ source }) => withoutSpace(source))
}

const documentsIn = (rows: SortedRows): string[] => documents(blockTable({ ...rows, receivedMs: 0 }, 1))

const rowsIn = (segment: Uint8Array): SortedRows => {
  const located = decodeHeader(segment)
  return segmentRows(located.header, sectionsOf(segment, located))
}

describe('merging', () => {
  it('gives exactly all records, by time, nanosecond and sequence number', () => {
    fc.assert(
      fc.property(batches, (sources) => {
        const rows = mergeRows(inputsOf(sources))
        expect(documentsIn(rows)).toEqual(inOrder(sources.flat()))
        expect([...rows.seqs].sort((left, right) => left - right)).toEqual(sources.flat().map((_, index) => index + 1))
      }),
      { numRuns: 80 },
    )
  })

  it('gives exactly the selected records', () => {
    fc.assert(
      fc.property(batches, fc.infiniteStream(fc.boolean()), (sources, choice) => {
        const chosen = sources.flat().map(() => choice.next().value === true)
        const selection = Uint32Array.from([...chosen.keys()].filter((index) => chosen[index]))
        const rows = mergeRows(inputsOf(sources), selection)
        expect(documentsIn(rows)).toEqual(inOrder(sources.flat().filter((_, index) => chosen[index])))
      }),
      { numRuns: 40 },
    )
  })
})

describe('bounding columns', () => {
  const bounds = fc.record({ columns: fc.integer({ min: 11, max: 30 }), slots: fc.integer({ min: 0, max: 30 }) })

  it('changes no record, and leaves no more columns and members than there may be', () => {
    fc.assert(
      fc.property(batches, bounds, (sources, most) => {
        const bounded = mergeRows(boundColumns(inputsOf(sources), most))
        expect(documentsIn(bounded)).toEqual(inOrder(sources.flat()))
        expect(bounded.columns.length).toBeLessThanOrEqual(most.columns)
        const inColumns = bounded.shapes.filter(({ slots }) => slots[0]?.path !== '' || slots.length !== 1)
        expect(inColumns.reduce((sum, { slots }) => sum + slots.length, 0)).toBeLessThanOrEqual(most.slots)
      }),
      { numRuns: 80 },
    )
  })

  it('keeps the system columns of records that it keeps whole, and common shapes as they are', () => {
    const rare = Array.from({ length: 50 }, (_, n) => `{"message":"rare ${n}","service":"s${n % 2}","key${n}":${n}}`)
    const common = Array.from({ length: 60 }, (_, n) => `{"message":"common ${n}","n":${n}}`)
    const inputs = numbered([read(rare.join('\n')), read(common.join('\n'))]).map(({ firstSeq, bytes }) =>
      journalInput(decodeBlock(bytes), firstSeq),
    )
    const table = blockTable({ ...mergeRows(boundColumns(inputs, { columns: 20, slots: 1000 })), receivedMs: 0 }, 1)
    expect(documents(table)).toEqual([...rare, ...common])
    expect(table.columns.map(({ name }) => name)).toContain('n')
    expect(Array.from({ length: 50 }, (_, row) => systemValue(table, 'message', row))).toEqual(
      rare.map((_, n) => `rare ${n}`),
    )
    expect(systemValue(table, 'service', 1)).toBe('s1')
  })

  it('makes sealing as fast for members that never repeat as for others', () => {
    const batch = (first: number): string[] =>
      Array.from({ length: 1000 }, (_, n) => `{"message":"m","key ${first + n}":${n}}`)
    const records = Array.from({ length: 10 }, (_, index) => batch(index * 1000))
    const batches = records.map((lines) => read(lines.join('\n')))
    const started = performance.now()
    const [segment] = sealed(batches)
    expect(performance.now() - started).toBeLessThan(5000)
    expect(documents(segmentTableOf(segment.bytes))).toEqual(records.flat())
    expect(decodeHeader(segment.bytes).header.columns.length).toBeLessThanOrEqual(1000)
  })
})

describe('sealing', () => {
  it('makes segments of one day each, in order, which hold every record', () => {
    fc.assert(
      fc.property(batches, (sources) => {
        const segments = sealed(posted(sources))
        expect(segments.flatMap(({ bytes }) => documents(segmentTableOf(bytes)))).toEqual(inOrder(sources.flat()))
        for (const segment of segments) {
          const { times, seqs } = rowsIn(segment.bytes)
          expect([...new Set(times.map((ms) => Math.floor(ms / DAY_MS)))]).toEqual([segment.day])
          expect([times[0], times[times.length - 1]]).toEqual([segment.minTime, segment.maxTime])
          expect([Math.min(...seqs), Math.max(...seqs)]).toEqual([segment.minSeq, segment.maxSeq])
        }
      }),
      { numRuns: 40 },
    )
  })

  it('names a segment by its content: sealing the same again gives the same bytes', () => {
    fc.assert(
      fc.property(batches, (sources) => {
        const first = sealed(posted(sources))
        const second = sealed(posted(sources))
        expect(second.map(({ id, hash }) => [id, hash])).toEqual(first.map(({ id, hash }) => [id, hash]))
        expect(new Set(first.map(({ id }) => id)).size).toBe(first.length)
      }),
      { numRuns: 10 },
    )
  })

  it('merges segments again without a change to any record', () => {
    fc.assert(
      fc.property(batches, (sources) => {
        const small = numbered(posted(sources)).flatMap(({ firstSeq, bytes }) =>
          sealRows([journalInput(decodeBlock(bytes), firstSeq)], ABOUT),
        )
        const inputs = small.map(({ bytes }) => {
          const rows = rowsIn(bytes)
          return { block: rows, seqs: rows.seqs, received: rows.received }
        })
        const merged = sealRows(inputs, ABOUT)
        expect(merged.flatMap(({ bytes }) => documents(segmentTableOf(bytes)))).toEqual(inOrder(sources.flat()))
      }),
      { numRuns: 25 },
    )
  })

  it('cuts what is too large for one segment, and loses nothing', () => {
    const records = Array.from(
      { length: 40_000 },
      (_, index) => `{"timestamp":${1_795_168_800_000 + index},"n":${index}}`,
    )
    const segments = sealed([read(records.join('\n'))])
    expect(segments.length).toBeGreaterThan(1)
    expect(segments.reduce((sum, { rows }) => sum + rows, 0)).toBe(records.length)
    expect(segments.flatMap(({ bytes }) => documents(segmentTableOf(bytes))).sort()).toEqual(records.sort())
  })
})
