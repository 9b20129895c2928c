import { expect, it } from 'vitest'
import { SNAPSHOT_PAGE_BYTES } from '../../src/limits/limits'
import { type JournalEntry, pagesOf } from '../../src/tenant/snapshot'
import { randomIntegers } from '../support/sample-logs'

function journal(seed: number): JournalEntry[] {
  const random = randomIntegers(seed)
  const rowsMax = [3, 300, 3000][random(3)]
  const bytesMax = [1000, 100_000, 2_000_000][random(3)]
  let firstSeq = 1
  return Array.from({ length: random(200) }, () => {
    const rows = 1 + random(rowsMax)
    const unpackedSize = 1 + random(bytesMax)
    const entry = { firstSeq, rows, size: 1 + random(unpackedSize), unpackedSize, minTime: 0, maxTime: 0 }
    firstSeq += rows
    return entry
  })
}

const bytesOf = (entries: readonly JournalEntry[]): number =>
  entries.reduce((sum, { unpackedSize }) => sum + unpackedSize, 0)

it('puts the whole journal into pages that fit an answer, however large its records are', () => {
  for (let seed = 1; seed <= 300; seed++) {
    const entries = journal(seed)
    const pages = pagesOf(entries)
    expect(pages.flatMap((page) => page.entries)).toEqual(entries)
    for (const page of pages.filter((one) => one.entries.length > 1))
      expect(bytesOf(page.entries), `seed ${seed}`).toBeLessThanOrEqual(SNAPSHOT_PAGE_BYTES)
  }
})

it('changes only the last page when records come', () => {
  for (let seed = 1; seed <= 100; seed++) {
    const entries = journal(seed)
    const pages = pagesOf(entries)
    const before = pagesOf(entries.slice(0, Math.ceil(entries.length / 2))).slice(0, -1)
    expect(pages.slice(0, before.length), `seed ${seed}`).toEqual(before)
  }
})
