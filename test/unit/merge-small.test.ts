import { describe, expect, it } from 'vitest'
import { MERGE_SEGMENTS_MIN, SEGMENT_ROWS_MAX } from '../../src/limits/limits'
import { encodeErased } from '../../src/segments/erased-rows'
import { chooseForMerge, mergeSegments, type SmallSegment } from '../../src/segments/merge-small'
import type { SealedSegment } from '../../src/segments/seal'
import { documents, read, sealed, segmentTableOf } from '../support/read-back'
import { sampleLogs } from '../support/sample-logs'

const about = { shard: 0, class: 'standard' }
const startMs = Date.UTC(2026, 10, 21, 9)
const smallOf = (segment: SealedSegment, change: Partial<SmallSegment> = {}): SmallSegment => ({
  ...{ id: segment.id, hash: segment.hash, rows: segment.rows, bytes: segment.bytes.length, sealedMs: 0 },
  ...{ header: segment.headerBytes, mask: undefined, ...change },
})
const segmentOf = (count: number, seed = count) => {
  const [segment] = sealed([read(sampleLogs({ count, seed, startMs }).join('\n'))])
  return segment
}

describe('choosing', () => {
  const segment = segmentOf(20)
  const some = (count: number, change: Partial<SmallSegment> = {}) =>
    Array.from({ length: count }, (_, index) => smallOf(segment, { id: `seg_${index}`, ...change }))

  it('waits until there are enough', () => {
    expect(chooseForMerge(some(MERGE_SEGMENTS_MIN - 1))).toEqual([])
    expect(chooseForMerge(some(MERGE_SEGMENTS_MIN)).length).toBe(MERGE_SEGMENTS_MIN)
  })

  it('takes no more than fit into one segment, by rows, by bytes and decoded', () => {
    const rows = SEGMENT_ROWS_MAX / 4 - 1
    expect(chooseForMerge(some(20, { rows })).length).toBe(4)
    expect(chooseForMerge(some(20, { bytes: 349_000 })).length).toBe(4)
    const wide = segmentOf(8000)
    const chosen = chooseForMerge(some(20, { header: wide.headerBytes }))
    expect(chosen.length).toBeGreaterThanOrEqual(4)
    expect(chosen.length).toBeLessThan(10)
  })

  it('leaves segments alone that it cannot understand', () => {
    expect(chooseForMerge(some(20, { header: new Uint8Array(40) }))).toEqual([])
  })
})

describe('merging', () => {
  const source = ({ id, hash, bytes }: SealedSegment, mask?: string) => ({ id, hash, bytes, mask })

  it('makes one segment of the documents of all, without the erased ones', () => {
    const [left, right] = [segmentOf(30), segmentOf(31)]
    const mask = encodeErased(Uint8Array.from({ length: 30 }, (_, row) => (row === 4 ? 1 : 0)))
    const outcome = mergeSegments([source(left, mask), source(right)], about)
    if (!outcome.ok) throw new Error('it is not damaged')
    expect(outcome.segments.length).toBe(1)
    const kept = documents(segmentTableOf(left.bytes)).filter((_, row) => row !== 4)
    const expected = [...kept, ...documents(segmentTableOf(right.bytes))].sort()
    expect(documents(segmentTableOf(outcome.segments[0].bytes)).sort()).toEqual(expected)
  })

  it('makes nothing of segments that were erased whole', () => {
    const segment = segmentOf(3)
    const mask = encodeErased(new Uint8Array(3).fill(1))
    expect(mergeSegments([source(segment, mask)], about)).toEqual({ ok: true, segments: [] })
  })

  it('names what is missing, damaged, or another segment than the catalog means', () => {
    const [good, bad, other] = [segmentOf(5), segmentOf(6), segmentOf(7)]
    const sources = [
      source(good),
      { ...source(bad), bytes: bad.bytes.slice().fill(1, 40, 44) },
      { ...source(other), bytes: good.bytes },
      { ...source(good), id: 'seg_gone', bytes: undefined },
      { ...source(good), id: 'seg_mask', mask: 'AAAA' },
    ]
    expect(mergeSegments(sources, about)).toEqual({ ok: false, damaged: [bad.id, other.id, 'seg_gone', 'seg_mask'] })
  })
})
