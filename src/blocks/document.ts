import { LEVELS } from '../records/levels'
import { LEVEL_FORM, LEVEL_SLOT, type Shape, TIME_FORM, TIME_SLOT } from './block'
import { quoteJson } from './json-text'

/** What is needed of a row to write its document again. */
export interface DocumentRow {
  readonly ms: number
  readonly nanos: number
  readonly levelRank: number
  readonly shape: Shape
  /** The JSON source of the row's cell in a column; strings without their quotes. */
  readonly source: (column: number) => string
}

/** The document as it was sent, without insignificant white space. */
export function documentText(row: DocumentRow): string {
  const { parts, slots } = row.shape
  let text = parts[0]
  for (let index = 0; index < slots.length; index++) {
    const { column, form } = slots[index]
    if (column === TIME_SLOT) text += timeText(row.ms, row.nanos, form)
    else if (column === LEVEL_SLOT) text += levelText(row.levelRank, form)
    else text += row.source(column)
    text += parts[index + 1]
  }
  return text
}

/** A string cell's JSON source without its quotes. */
export const stringSource = (text: string): string => quoteJson(text).slice(1, -1)

/** A time as it was sent, by its TIME_FORM. */
export function timeText(ms: number, nanos: number, form: number): string {
  if (form === TIME_FORM.epochMs) return String(ms)
  if (form === TIME_FORM.epochSeconds) return String(ms / 1000)
  const iso = new Date(ms).toISOString()
  if (form === TIME_FORM.isoMs) return iso
  if (form === TIME_FORM.iso) return `${iso.slice(0, -5)}Z`
  const digits = String(nanos).padStart(6, '0')
  return `${iso.slice(0, -1)}${form === TIME_FORM.isoMicros ? digits.slice(0, 3) : digits}Z`
}

const levelText = (rank: number, form: number): string =>
  form === LEVEL_FORM.upper ? LEVELS[rank].toUpperCase() : LEVELS[rank]
