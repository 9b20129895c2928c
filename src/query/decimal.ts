const DECIMAL = /^([-+]?)(?=\.?\d)(\d*)\.?(\d*)(?:e([-+]?\d+))?$/i

/** Is this a number in plain digits, perhaps with an exponent, and without a unit? */
export const isDecimal = (text: string): boolean => DECIMAL.test(text)

/**
 * Compares two decimals digit by digit, because a double cannot tell 9007199254740993 from its neighbour. Negative when
 * `left` is less; 5, 5.0 and 50e-1 are equal.
 */
export function compareDecimals(left: string, right: string): number {
  const one = readDecimal(left)
  const other = readDecimal(right)
  if (one.sign !== other.sign) return one.sign - other.sign
  if (one.exponent !== other.exponent) return one.exponent < other.exponent ? -one.sign : one.sign
  if (one.digits === other.digits) return 0
  return one.digits < other.digits ? -one.sign : one.sign
}

/** sign × 0.digits × 10^exponent, with no zero at either end of the digits. */
interface Decimal {
  readonly sign: number
  readonly digits: string
  readonly exponent: number
}

const ZERO: Decimal = { sign: 0, digits: '', exponent: 0 }

function readDecimal(text: string): Decimal {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = DECIMAL.exec(text) ?? []
  const all = whole + fraction
  let first = 0
  while (all[first] === '0') first++
  let end = all.length
  while (end > first && all[end - 1] === '0') end--
  if (first === end) return ZERO
  return {
    sign: sign === '-' ? -1 : 1,
    digits: all.slice(first, end),
    exponent: Number(exponent) + whole.length - first,
  }
}
