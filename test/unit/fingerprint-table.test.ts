import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FingerprintTable } from '../../src/tenant/fingerprint-table'

describe('FingerprintTable', () => {
  it('names every row that a text was added with, whatever else is in it', () => {
    const entry = fc.record({ text: fc.string(), row: fc.integer({ min: 1, max: 0xffffffff }) })
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 2000 }), fc.integer(), (entries, seed) => {
        const table = new FingerprintTable(seed)
        for (const { text, row } of entries) table.add(text, row)
        expect(table.count).toBe(entries.length)
        for (const { text, row } of entries) expect(table.rowsOf(text)).toContain(row)
      }),
      { numRuns: 30 },
    )
  })

  it('names a row for next to none of the texts that were not added', () => {
    const table = new FingerprintTable(7)
    for (let n = 0; n < 100_000; n++) table.add(`id-${n}`, n + 1)
    let wrong = 0
    for (let n = 0; n < 100_000; n++) wrong += table.rowsOf(`other-${n}`).length
    // A hundred thousand of four thousand million fingerprints are taken: two or three of these are wrong.
    expect(wrong).toBeLessThan(20)
  })
})
