import { LEVEL_FORM, TIME_FORM, TIME_SLOT } from '../blocks/block'
import { timeText } from '../blocks/document'
import { type ColumnCells, cellValue, type Table } from '../blocks/table'
import { LEVELS } from '../records/levels'
import { type CellTest, containsTest, EXISTS_TEST, NO_NUMBER, needlesOf, needleTest } from './cell-test'
import { passesAsNumber, passesAsText, scanColumn } from './column-scan'
import { columnsOfField, columnsOfText, columnsUnderField, type FieldColumn, type TableHead } from './field-columns'
import { type JsonLeaf, jsonLeaves, jsonPaths } from './json-leaves'
import { eitherMatches, type Mask } from './mask'
import { BLANK, type Term } from './term'

/** Bare text: the message and what says what went wrong. */
export const textTerm = (test: CellTest): Term => columnTerm(columnsOfText, test)

/** Looks at the cells of some columns; inside JSON at the values under a path that fits. */
export function columnTerm(fieldColumns: (table: TableHead) => FieldColumn[], test: CellTest): Term {
  return {
    ...BLANK,
    needles: () => needlesOf(test) ?? [],
    // Which rows have a cell is known from their shapes.
    columns: (table) =>
      fieldColumns(table).flatMap(({ column, inside }) => (test === EXISTS_TEST && !inside ? [] : [column])),
    evaluate: (table) =>
      fieldColumns(table).reduce(
        (mask: Mask, field) => (mask === true ? true : eitherMatches(mask, columnMask(table, field, test))),
        false,
      ),
  }
}

function columnMask(table: Table, field: FieldColumn, test: CellTest): Mask {
  const { column, shapes, inside } = field
  if (column < 0) return rebuiltMask(table, field, test)
  const rows = table.rowsOf(column)
  if (test === EXISTS_TEST && !inside && rows === undefined && shapes === undefined) return true
  const mask = new Uint8Array(table.rows)
  const shapeOf = shapes && table.shapeOf()
  let any = false
  const mark = (cell: number): void => {
    const row = rows === undefined ? cell : rows[cell]
    if (shapes !== undefined && shapeOf !== undefined && !shapes[shapeOf[row]]) return
    mask[row] = 1
    any = true
  }
  if (inside) scanJson(table, field, test, mark)
  else if (test === EXISTS_TEST) markAll(table, column, mark)
  else scanColumn(table.cells(column), table.columns[column].kind, test, mark)
  return any ? mask : false
}

/** The field stands in no column because documents rebuild it from the row's time or level. */
function rebuiltMask(table: Table, { column, shapes }: FieldColumn, test: CellTest): Mask {
  if (column === TIME_SLOT && !mayStandInTime(test)) return false
  const mask = new Uint8Array(table.rows)
  const shapeOf = table.shapeOf()
  const forms = table.shapes.map(({ slots }) => slots.find((slot) => slot.column === column)?.form)
  const passes = rebuiltTest(table, column, test)
  for (let row = 0; row < table.rows; row++) {
    const shape = shapeOf[row]
    const form = shapes === undefined || shapes[shape] ? forms[shape] : undefined
    if (form !== undefined && passes(row, form)) mask[row] = 1
  }
  return mask
}

function rebuiltTest(table: Table, column: number, test: CellTest): (row: number, form: number) => boolean {
  if (test === EXISTS_TEST) return () => true
  if (column === TIME_SLOT) {
    const times = table.times()
    const nanos = table.nanos()
    return (row, form) => {
      const text = timeText(times[row], nanos?.[row] ?? 0, form)
      const isNumber = form === TIME_FORM.epochMs || form === TIME_FORM.epochSeconds
      return isNumber ? passesAsNumber(text, test) : passesAsText(text, test)
    }
  }
  const levels = table.levels()
  const lower = LEVELS.map((level) => passesAsText(level, test))
  const upper = LEVELS.map((level) => passesAsText(level.toUpperCase(), test))
  return (row, form) => (form === LEVEL_FORM.upper ? upper : lower)[levels[row]]
}

/** Most texts that are looked for cannot stand in a time, which then need not be written for each row. */
const mayStandInTime = ({ needle }: CellTest): boolean =>
  needle === undefined || needle.every((byte) => TIME_BYTES.has(byte))

const TIME_BYTES: ReadonlySet<number> = new Set([...'0123456789-:.tz'].map((character) => character.charCodeAt(0)))

/** Every cell counts: which rows have one is known without reading any. */
function markAll(table: Table, column: number, mark: (cell: number) => void): void {
  const rows = table.rowsOf(column)
  const count = rows?.length ?? table.rows
  for (let cell = 0; cell < count; cell++) mark(cell)
}

function scanJson(table: Table, field: FieldColumn, test: CellTest, mark: (cell: number) => void): void {
  const { column, fits } = field
  const { name, system } = table.columns[column]
  const base = system && name === 'rest' ? '' : name
  const cells = table.cells(column)
  const passes =
    test === EXISTS_TEST
      ? (json: string) => jsonPaths(json, base).some(fits)
      : (json: string) => jsonLeaves(json, base).some((leaf) => fits(leaf.path) && leafPasses(leaf, test))
  const count = table.rowsOf(column)?.length ?? table.rows
  const mayPass = cellsWithNeedle(cells, count, test)
  for (let cell = 0; cell < count; cell++) if (mayPass?.[cell] !== 0 && passes(cellValue(cells, cell))) mark(cell)
}

/** The cells of JSON that can hold the test's needle, found natively; undefined when values may pass without it. */
function cellsWithNeedle(cells: ColumnCells, count: number, test: CellTest): Uint8Array | undefined {
  const { needle, number } = test
  const few = cells.form === 'text' && cells.cellsHolding ? cellsThatMayPass(cells.cellsHolding, test) : undefined
  if (few === undefined && (needle === undefined || needle.length === 0)) return undefined
  if (number !== undefined && number !== NO_NUMBER) return undefined
  const found = new Uint8Array(count)
  const mark = (cell: number): void => {
    found[cell] = 1
  }
  if (few !== undefined) for (const cell of few) mark(cell)
  else if (needle !== undefined) scanColumn(cells, 'json', needleTest(needle), mark)
  // What is escaped has other bytes.
  scanColumn(cells, 'json', ESCAPE_TEST, mark)
  return found
}

const ESCAPE_TEST = containsTest('\\')

function cellsThatMayPass(
  cellsHolding: (texts: readonly Uint8Array[]) => readonly number[] | undefined,
  test: CellTest,
): readonly number[] | undefined {
  const needles = needlesOf(test)
  return needles && cellsHolding(needles)
}

function leafPasses({ kind, text }: JsonLeaf, test: CellTest): boolean {
  if (kind === 'literal' && test.skipsLiterals) return false
  return kind === 'number' ? passesAsNumber(text, test) : passesAsText(text, test)
}

/** Values of any of the names. An object is there when it has a member. */
export function namedTerm(names: readonly string[], test: CellTest, exact?: Uint8Array): Term {
  const columnsOf = test === EXISTS_TEST ? columnsUnderField : columnsOfField
  const term = columnTerm((table) => columnsOf(table, names), test)
  return exact === undefined ? term : { ...term, exactValues: [{ names, value: exact }] }
}
