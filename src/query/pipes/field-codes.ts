import { LEVEL_FORM, LEVEL_SLOT, type Shape } from '../../blocks/block'
import { timeText } from '../../blocks/document'
import { cellValue, type Table } from '../../blocks/table'
import { LEVELS } from '../../records/levels'
import type { FieldColumn } from '../field-columns'
import { type JsonLeaf, jsonLeaves } from '../json-leaves'
import type { Mask } from '../mask'
import { cellCoder, dictionaryText, NO_VALUE, TextCodes } from './cell-codes'
import { sourcesByShape } from './field-sources'
import { isLevelName, isTimeName } from './known-field'

export type Codes = Uint8Array | Uint16Array | Uint32Array

/** A small number for each row's value of a field, so that rows can be counted without looking at texts. */
export interface FieldCodes {
  /** One a row; what stands at rows that do not match means nothing. */
  readonly codes: Codes
  /** Codes are below this. Two of them may stand for the same value. */
  readonly count: number
  /** Null when the row has no value. */
  readonly textOf: (code: number) => string | null
}

/** The values of a field in the rows that match: texts as they were sent, the level's name, the time in ISO 8601. */
export function codesOfField(table: Table, name: string, mask: Mask): FieldCodes {
  if (isLevelName(name)) return { codes: table.levels(), count: LEVELS.length, textOf: (rank) => LEVELS[rank] }
  if (isTimeName(name)) return timeCodes(table, mask)
  const sources = sourcesByShape(table, name)
  return dictionaryCodes(table, sources) ?? textCodes(table, name, sources, mask)
}

function timeCodes(table: Table, mask: Mask): FieldCodes {
  const times = table.times()
  const codes = new Uint32Array(table.rows)
  const known = new Map<number, number>()
  const values: number[] = []
  for (let row = 0; row < table.rows; row++) {
    if (mask !== true && (mask === false || mask[row] === 0)) continue
    const code = known.get(times[row]) ?? values.push(times[row]) - 1
    known.set(times[row], code)
    codes[row] = code
  }
  return { codes, count: values.length, textOf: (code) => new Date(values[code]).toISOString() }
}

/** Where one dictionary has all values of the field, its codes are the codes. */
function dictionaryCodes(table: Table, sources: readonly (readonly FieldColumn[])[]): FieldCodes | undefined {
  const [first] = sources.flat()
  if (first === undefined || first.column < 0 || first.inside) return undefined
  if (sources.some((some) => some.length > 1 || (some.length === 1 && some[0].column !== first.column)))
    return undefined
  const cells = table.cells(first.column)
  if (cells.form !== 'dictionary') return undefined
  const { kind } = table.columns[first.column]
  const noValue = cells.values.count
  const textOf = (code: number): string | null => (code === noValue ? null : dictionaryText(cells, kind, code))
  const rows = table.rowsOf(first.column)
  const everyRowHas = sources.every((some) => some.length === 1)
  if (rows === undefined && everyRowHas) return { codes: cells.codes, count: noValue, textOf }
  const codes = new Uint16Array(table.rows).fill(noValue)
  const shapeOf = table.shapeOf()
  for (let cell = 0; cell < cells.codes.length; cell++) {
    const row = rows === undefined ? cell : rows[cell]
    if (sources[shapeOf[row]].length > 0) codes[row] = cells.codes[cell]
  }
  return { codes, count: noValue + 1, textOf }
}

/** The general case: every source is asked for the rows that got no value from a better one. */
function textCodes(table: Table, name: string, sources: readonly (readonly FieldColumn[])[], mask: Mask): FieldCodes {
  const texts = new TextCodes()
  const codes = new Uint32Array(table.rows)
  const shapeOf = table.shapeOf()
  const depth = sources.reduce((most, some) => Math.max(most, some.length), 0)
  for (let rank = 0; rank < depth; rank++) {
    for (const source of new Set(sources.flatMap((some) => some.slice(rank, rank + 1)))) {
      const asked = sources.map((some) => some[rank] === source)
      const { rows, codeOf } = readerOf(table, name, source, texts)
      const count = rows?.length ?? table.rows
      for (let cell = 0; cell < count; cell++) {
        const row = rows === undefined ? cell : rows[cell]
        if (mask !== true && (mask === false || mask[row] === 0)) continue
        if (codes[row] === NO_VALUE && asked[shapeOf[row]]) codes[row] = codeOf(cell)
      }
    }
  }
  return { codes, count: texts.texts.length, textOf: (code) => texts.texts[code] }
}

interface SourceReader {
  /** Row of each cell; undefined when every row has one. */
  readonly rows: Uint32Array | undefined
  readonly codeOf: (cell: number) => number
}

function readerOf(table: Table, field: string, source: FieldColumn, texts: TextCodes): SourceReader {
  if (source.column < 0) return { rows: undefined, codeOf: rebuiltCoder(table, source, texts) }
  const rows = table.rowsOf(source.column)
  const cells = table.cells(source.column)
  const { kind, name, system } = table.columns[source.column]
  if (!source.inside) return { rows, codeOf: cellCoder(cells, kind, texts) }
  const base = system && name === 'rest' ? '' : name
  const codeOf = (cell: number): number => {
    const text = leafText(jsonLeaves(cellValue(cells, cell), base), field, source)
    return text === undefined ? NO_VALUE : texts.codeOf(text)
  }
  return { rows, codeOf }
}

/** The field's value inside JSON: what stands under exactly this name, else the first that fits. */
function leafText(leaves: readonly JsonLeaf[], field: string, { fits }: FieldColumn): string | undefined {
  const values = leaves.filter(({ path, kind, text }) => fits(path) && !(kind === 'literal' && text === 'null'))
  return (values.find(({ path }) => path === field) ?? values[0])?.text
}

/** The text that a document rebuilds from the row's time or level. */
function rebuiltCoder(table: Table, { column }: FieldColumn, texts: TextCodes): (row: number) => number {
  const shapeOf = table.shapeOf()
  const forms = table.shapes.map((shape) => formOf(shape, column))
  if (column === LEVEL_SLOT) {
    const levels = table.levels()
    const nameOf = (rank: number, form: number): string =>
      form === LEVEL_FORM.upper ? LEVELS[rank].toUpperCase() : LEVELS[rank]
    return (row) => texts.codeOf(nameOf(levels[row], forms[shapeOf[row]]))
  }
  const times = table.times()
  const nanos = table.nanos()
  return (row) => texts.codeOf(timeText(times[row], nanos?.[row] ?? 0, forms[shapeOf[row]]))
}

const formOf = ({ slots }: Shape, column: number): number => slots.find((slot) => slot.column === column)?.form ?? 0
