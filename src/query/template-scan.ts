import type { TemplateCells } from '../segments/template-cells'
import { type Template, TemplateReader } from '../segments/template-reader'
import { type CellTest, indexWithin } from './cell-test'
import { type Fit, needlePlaces, numberTest } from './template-needle'

/** What is asked of the numbers of a text. */
type NumbersTest = () => boolean

/** How the texts of one template are tested. */
type Way = 'all' | 'none' | NumbersTest

/**
 * Calls `mark` for every cell that passes, in order. Most cells are decided by their template and numbers; only what may pass
 * and is not yet decided is written out, one cell at a time.
 */
export function scanTemplates(
  cells: TemplateCells,
  test: CellTest,
  needle: Uint8Array,
  restore: (cell: number, text: Uint8Array) => Uint8Array,
  mark: (cell: number) => void,
): void {
  const reader = new TemplateReader(cells)
  const { templates } = reader
  const ways = templates.map((template) => wayOf(template, needle, reader))
  if (ways.every((way) => way === 'none')) return
  if (test.needleIsEnough && ways.every((way) => way === 'all' || way === 'none')) {
    markByTemplate(cells.codes, ways, mark)
    return
  }
  const isOpen = ways.map((way) => !test.needleIsEnough || way === MAYBE)
  const { codes } = cells
  const passesWritten = (template: Template, cell: number, isHeld: boolean): boolean => {
    const end = reader.write(template, 0)
    const { bytes } = reader
    if (!isHeld && indexWithin(bytes, needle, 0, end) < 0) return false
    return test.needleIsEnough || test.text(bytes, 0, end, () => restore(cell, bytes.subarray(0, end)))
  }
  for (let cell = 0; cell < codes.length; cell++) {
    const code = codes[cell]
    const way = ways[code]
    if (way !== 'none' && (way === 'all' || way())) {
      if (!isOpen[code] || passesWritten(templates[code], cell, way !== MAYBE)) mark(cell)
    }
    reader.skip(templates[code])
  }
}

/** No text and no value has to be looked at. */
function markByTemplate(codes: Uint16Array, ways: readonly Way[], mark: (cell: number) => void): void {
  const passes = Uint8Array.from(ways, (way) => (way === 'all' ? 1 : 0))
  for (let cell = 0; cell < codes.length; cell++) if (passes[codes[cell]] === 1) mark(cell)
}

function wayOf({ bytes }: Template, needle: Uint8Array, reader: TemplateReader): Way {
  const places = needlePlaces(bytes, needle)
  if (places === 'everywhere') return 'all'
  if (places === 'nowhere') return 'none'
  return places === 'unknown' ? MAYBE : anyFit(places, reader)
}

/** Nothing can be said before the text is written out. */
const MAYBE: NumbersTest = () => true

function anyFit(fits: readonly Fit[], reader: TemplateReader): NumbersTest {
  const tests = fits.map((fit) => allNumbers(fit, reader))
  return tests.length === 1 ? tests[0] : () => tests.some((passes) => passes())
}

function allNumbers(fit: Fit, reader: TemplateReader): NumbersTest {
  const tests = fit.map((own) => {
    const read = reader.numberAt(own.place)
    const passes = numberTest(own)
    return () => passes(read())
  })
  return tests.length === 1 ? tests[0] : () => tests.every((passes) => passes())
}
