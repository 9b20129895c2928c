import { describe, expect, it } from 'vitest'
import { decodeBlock } from '../../src/blocks/block-bytes'
import { blockTable } from '../../src/blocks/table'
import { decodeHeader, isIntact } from '../../src/segments/decode-segment'
import { readForeign } from '../support/foreign-reader'
import {
  frozenPath,
  frozenRecords,
  frozenText,
  NEWEST,
  newBlock,
  newSegment,
  ODD_RECORDS,
  readFrozen,
} from '../support/frozen'
import { documents, segmentTableOf } from '../support/read-back'

/*
 * `vitest run --project node test/format/frozen-segment.test.ts -u` writes the files of the newest version again. Only for a
 * has yet: afterwards a change is a new version with files of its own, and these stay.
 */
describe('stored bytes', () => {
  it.each([1, NEWEST])('of version %i are read as the records that they were made of', (version) => {
    const segment = readFrozen('segment', version)
    expect(segment[4]).toBe(version)
    expect(isIntact(segment)).toBe(true)
    expect(documents(segmentTableOf(segment))).toEqual(frozenRecords())
    expect(documents(blockTable(decodeBlock(readFrozen('block', version)), 1))).toEqual(ODD_RECORDS)
  })

  it('are what the same records are written as today', async () => {
    await expect(frozenText(newBlock())).toMatchFileSnapshot(frozenPath('block'))
    await expect(frozenText(newSegment().bytes)).toMatchFileSnapshot(frozenPath('segment'))
  })

  it.each([1, NEWEST])('of version %i can be read by whoever has read docs/segment-format.md', (version) => {
    const { documents: read, filtersHold } = readForeign(Buffer.from(readFrozen('segment', version)))
    expect(read).toEqual(frozenRecords())
    expect(filtersHold).toBe(true)
  })

  it('hold every encoding', () => {
    const { header } = decodeHeader(readFrozen('segment'))
    const encodings = header.columns.map(({ as }) => {
      if (as.form === 'dictionary') return `dictionary ${as.width}`
      if (as.form === 'hex') return `hex ${as.layout}`
      return as.form === 'integers' ? `integers ${as.part.mode}` : as.form
    })
    expect(new Set(encodings)).toEqual(
      new Set([
        'text',
        'template',
        'dictionary 1',
        'dictionary 2',
        'hex plain',
        'hex uuid',
        'integers base',
        'integers delta',
      ]),
    )
    expect(new Set(header.columns.map(({ kind }) => kind))).toEqual(new Set(['string', 'number', 'literal', 'json']))
    expect(new Set(header.sections.map(([, , , codec]) => codec))).toEqual(new Set([0, 1]))
    expect(header.columns.some(({ filter }) => filter !== undefined)).toBe(true)
    expect(header.columns.some(({ sources }) => sources !== undefined)).toBe(true)
    expect(header.columns.some(({ name }) => name === 'rest')).toBe(true)
    expect([header.nanos, header.shapeOf, header.services].map((part) => part !== undefined)).toEqual([
      true,
      true,
      true,
    ])
  })
})
