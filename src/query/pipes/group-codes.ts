import type { Table } from '../../blocks/table'
import { countMatches, type Mask } from '../mask'
import { type Codes, codesOfField, type FieldCodes } from './field-codes'
import { DENSE_CODES_MAX } from './pipe-limits'

/** A value for each field that rows are grouped by. */
export type GroupValues = readonly (string | null)[]

/** A small number for each row's combination of values. */
export interface GroupCodes {
  readonly codes: Codes
  readonly count: number
  readonly valuesOf: (code: number) => GroupValues
}

/** The group of each row that matches. */
export const groupCodes = (table: Table, fields: readonly string[], mask: Mask): GroupCodes =>
  combineCodes(
    fields.map((field) => codesOfField(table, field, mask)),
    table.rows,
    mask,
  )

/** The codes of some fields as one code a row. */
export function combineCodes([first, ...others]: readonly FieldCodes[], rows: number, mask: Mask): GroupCodes {
  if (first === undefined) return { codes: new Uint8Array(rows), count: 1, valuesOf: () => [] }
  const groups: GroupCodes = { ...first, valuesOf: (code) => [first.textOf(code)] }
  return others.reduce((left, right) => combined(left, right, mask), groups)
}

function combined(left: GroupCodes, right: FieldCodes, mask: Mask): GroupCodes {
  const { codes, count, leftOf, rightOf } = pairCodes(left, right, mask)
  return { codes, count, valuesOf: (code) => [...left.valuesOf(leftOf(code)), right.textOf(rightOf(code))] }
}

/** A code for each pair of codes. */
export interface PairCodes {
  readonly codes: Codes
  readonly count: number
  readonly leftOf: (code: number) => number
  readonly rightOf: (code: number) => number
}

type Coded = Pick<FieldCodes, 'codes' | 'count'>

export const pairCodes = (left: Coded, right: Coded, mask: Mask): PairCodes =>
  left.count * right.count <= DENSE_CODES_MAX ? densePairs(left, right) : sparsePairs(left, right, mask)

function densePairs({ codes: leftCodes, count }: Coded, { codes: rightCodes, count: width }: Coded): PairCodes {
  const codes = new Uint16Array(leftCodes.length)
  for (let row = 0; row < codes.length; row++) codes[row] = leftCodes[row] * width + rightCodes[row]
  return {
    codes,
    count: count * width,
    leftOf: (code) => Math.floor(code / width),
    rightOf: (code) => code % width,
  }
}

/** Only pairs that occur get a code. */
function sparsePairs({ codes: leftCodes }: Coded, { codes: rightCodes, count: width }: Coded, mask: Mask): PairCodes {
  const codes = new Uint32Array(leftCodes.length)
  const known = new Map<number, number>()
  const pairs: number[] = []
  for (let row = 0; row < codes.length; row++) {
    if (mask !== true && (mask === false || mask[row] === 0)) continue
    const pair = leftCodes[row] * width + rightCodes[row]
    let code = known.get(pair)
    if (code === undefined) {
      code = pairs.push(pair) - 1
      known.set(pair, code)
    }
    codes[row] = code
  }
  return {
    codes,
    count: pairs.length,
    leftOf: (code) => Math.floor(pairs[code] / width),
    rightOf: (code) => pairs[code] % width,
  }
}

/** How many rows that match have each code. */
export function countCodes({ codes, count }: Coded, mask: Mask): Uint32Array {
  const counts = new Uint32Array(count)
  if (count === 1) counts[0] = countMatches(mask, codes.length)
  else if (mask === true) for (let row = 0; row < codes.length; row++) counts[codes[row]]++
  else if (mask !== false) for (let row = 0; row < codes.length; row++) counts[codes[row]] += mask[row]
  return counts
}
