import type { TemplateCells } from '../segments/template-cells'
import { type Template, TemplateReader } from '../segments/template-reader'
import { type CellTest, indexWithin } from './cell-test'
import { type Fit, needlePlaces, numberTest } from './template-needle'

/** What is asked of the numbers of a text. */
type NumbersTest = (reader: TemplateReader) => boolean

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
  const ways = templates.map((template) => wayOf(template, needle))
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
    if (way !== 'none' && (way === 'all' || way(reader))) {
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

function wayOf({ bytes }: Template, needle: Uint8Array): Way {
  const places = needlePlaces(bytes, needle)
  if (places === 'everywhere') return 'all'
  if (places === 'nowhere') return 'none'
  return places === 'unknown' ? MAYBE : anyFit(places)
}

/** Nothing can be said before the text is written out. */
const MAYBE: NumbersTest = () => true

function anyFit(fits: readonly Fit[]): NumbersTest {
  const tests = fits.map(allNumbers)
  return tests.length === 1 ? tests[0] : (reader) => tests.some((passes) => passes(reader))
}

function allNumbers(fit: Fit): NumbersTest {
  const tests = fit.map((own) => ({ place: own.place, passes: numberTest(own) }))
  const [{ place, passes }] = tests
  if (tests.length === 1) return (reader) => passes(reader.number(place))
  return (reader) => tests.every((own) => own.passes(reader.number(own.place)))
}
