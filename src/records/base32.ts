/** Crockford's base32 in lower case: no i, l, o or u, and its order is that of the digits it stands for. */
export const BASE32 = '0123456789abcdefghjkmnpqrstvwxyz'

/** A whole number in that many digits. */
export function toBase32(value: number, digits: number): string {
  let text = ''
  let rest = value
  for (let digit = 0; digit < digits; digit++) {
    text = BASE32[rest % 32] + text
    rest = Math.floor(rest / 32)
  }
  return text
}

/** The number that digits of BASE32 stand for. */
export const fromBase32 = (text: string): number =>
  [...text].reduce((value, digit) => value * 32 + BASE32.indexOf(digit), 0)
