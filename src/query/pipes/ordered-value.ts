import { levelRank } from '../../records/levels'
import { parseQuantity } from '../quantity'
import { isLevelName } from './known-field'

/** A value of a field, and the number by which it is put in order, if it has one. */
export interface OrderedValue {
  readonly text: string | null
  readonly number: number | undefined
}

/** How values of a field are ordered: levels by severity, everything else as numbers where it is one. */
export function orderedValues(field: string): (text: string | null) => OrderedValue {
  const numberOf = isLevelName(field) ? levelRank : parseQuantity
  return (text) => ({ text, number: text === null ? undefined : numberOf(text) })
}

/** Numbers come before texts. Values that are missing come last in both directions. */
export function compareValues(left: OrderedValue, right: OrderedValue, descending = false): number {
  if (left.text === null || right.text === null) return Number(left.text === null) - Number(right.text === null)
  const ascending = compareNumbers(left.number, right.number) || compareTexts(left.text, right.text)
  return descending ? -ascending : ascending
}

function compareNumbers(left: number | undefined, right: number | undefined): number {
  if (left === undefined || right === undefined) return Number(left === undefined) - Number(right === undefined)
  return left - right
}

function compareTexts(left: string, right: string): number {
  if (left === right) return 0
  return left < right ? -1 : 1
}
