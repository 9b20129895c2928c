import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bytesOfCell } from '../../src/blocks/block'
import { foldCells, indexPatch, restoreCell, restoreCells } from '../../src/blocks/case-patch'
import { caseFolds, foldText } from '../../src/records/fold'
import { cellsOf, textsOf } from '../support/cells'

/** Code points whose fold has another length in UTF-8: shorter, and longer. */
const MOVING = 'KÅſẞȺȾⱢⱭꭰᏸ'

const unit = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...'abcXYZ 09.éÉßİıςΣДдǅ😀𐐀𞤀漢\u0000\ufffd') },
  { weight: 2, arbitrary: fc.constantFrom(...MOVING) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }) },
)
const texts = fc.array(fc.string({ unit, maxLength: 20 }), { maxLength: 20 })

function expectRestored(texts: readonly string[]): void {
  const cells = cellsOf(texts)
  const before = cells.bytes.slice()
  const folded = foldCells(cells)
  expect(cells.bytes).toEqual(before)
  expect(textsOf(folded.cells)).toEqual(texts.map(foldText))
  const restored = restoreCells(folded)
  expect(textsOf(restored)).toEqual(texts)
  expect([...restored.bytes]).toEqual([...cells.bytes])
  expect([...restored.ends]).toEqual([...cells.ends])
  const index = indexPatch(folded.patch, cells.count)
  const single = texts.map((_, cell) =>
    new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      restoreCell(bytesOfCell(folded.cells, cell), folded.patch, index, cell),
    ),
  )
  expect(single).toEqual(texts)
}

describe('folded cells with their patch', () => {
  it('are any text again, all at once and one by one', () => {
    fc.assert(fc.property(texts, expectRestored), { numRuns: 500 })
  })

  it('are every code point that folding changes again', () => {
    const changed = [...caseFolds().keys()].map((codePoint) => String.fromCodePoint(codePoint))
    expectRestored(changed)
    expectRestored([changed.join(''), changed.join('x'), changed.toReversed().join('-')])
  })

  it('keep U+FFFD, the byte order mark and the ends of the code space', () => {
    expectRestored([
      '\ufffd',
      'A\ufffdB',
      '\ufeffA',
      '\u{10ffff}Z',
      '\u0000A',
      '\u007f',
      '\u0080É',
      '\ud7ffA',
      '\ue000A',
    ])
  })

  it('keep changes that are far apart, many, or in far cells', () => {
    const far = `A${'x'.repeat(300)}B${'y'.repeat(70_000)}C`
    expectRestored([far, ...Array.from({ length: 40_000 }, () => ''), 'Z', 'Q'.repeat(5000)])
  })

  it('need no patch where nothing has case', () => {
    expect(foldCells(cellsOf(['status 200', 'grüße', ''])).patch).toHaveLength(0)
    expectRestored([])
    expectRestored([''])
  })

  it('do not fold a Buffer in place', () => {
    const cells = cellsOf(['Hello', 'World'])
    const shared = { ...cells, bytes: Buffer.from(cells.bytes) }
    foldCells(shared)
    restoreCells(foldCells(shared))
    expect(textsOf(shared)).toEqual(['Hello', 'World'])
  })

  it('are refused rather than read forever when the patch is cut', () => {
    const folded = foldCells(cellsOf(['HELLO \u212a']))
    for (let length = 1; length < folded.patch.length; length++) {
      const cut = { ...folded, patch: folded.patch.subarray(0, length) }
      expect(() => restoreCells(cut), `${length}`).toThrow()
    }
  })
})
