const BASE = 36
const TMIN = 1
const TMAX = 26
const SKEW = 38
const DAMP = 700
const FIRST_BIAS = 72
const FIRST_CODE_POINT = 128
const LAST_CODE_POINT = 0x10ffff

/**
 * The label that an A-label (`xn--…`, lower case) stands for (RFC 3492); a label without the prefix stands for itself.
 * Undefined where the digits are none. Whether the A-label is the one that IDNA would make of it is for the caller.
 */
export function toUnicodeLabel(label: string): string | undefined {
  if (!label.startsWith('xn--')) return label
  const encoded = label.slice('xn--'.length)
  const hyphen = encoded.lastIndexOf('-')
  const output = Array.from(hyphen > 0 ? encoded.slice(0, hyphen) : '', (character) => character.charCodeAt(0))
  const digits = encoded.slice(hyphen + 1)
  return digits !== '' && insertAll(output, digits) ? String.fromCodePoint(...output) : undefined
}

/** Puts the code points that the digits describe into their places; false where they describe none. */
function insertAll(output: number[], digits: string): boolean {
  let codePoint = FIRST_CODE_POINT
  let place = 0
  let bias = FIRST_BIAS
  let read = 0
  while (read < digits.length) {
    const number = readNumber(digits, read, bias)
    if (number === undefined) return false
    const length = output.length + 1
    bias = adaptedBias(number.value, length, place === 0 && codePoint === FIRST_CODE_POINT && read === 0)
    read = number.next
    place += number.value
    codePoint += Math.floor(place / length)
    place %= length
    if (codePoint > LAST_CODE_POINT) return false
    output.splice(place, 0, codePoint)
    place++
  }
  return true
}

/** A number of variable length; its thresholds depend on the numbers before it. */
function readNumber(digits: string, from: number, bias: number): { value: number; next: number } | undefined {
  let value = 0
  let weight = 1
  let read = from
  for (let position = BASE; read < digits.length; position += BASE) {
    const digit = digitOf(digits.charCodeAt(read++))
    if (digit === undefined) return undefined
    value += digit * weight
    if (value > Number.MAX_SAFE_INTEGER / BASE) return undefined
    const threshold = Math.min(TMAX, Math.max(TMIN, position - bias))
    if (digit < threshold) return { value, next: read }
    weight *= BASE - threshold
  }
  return undefined
}

function digitOf(code: number): number | undefined {
  if (code >= 0x61 && code <= 0x7a) return code - 0x61
  return code >= 0x30 && code <= 0x39 ? code - 0x30 + 26 : undefined
}

function adaptedBias(value: number, length: number, isFirst: boolean): number {
  let delta = isFirst ? Math.floor(value / DAMP) : Math.floor(value / 2)
  delta += Math.floor(delta / length)
  let bias = 0
  while (delta > ((BASE - TMIN) * TMAX) / 2) {
    delta = Math.floor(delta / (BASE - TMIN))
    bias += BASE
  }
  return bias + Math.floor(((BASE - TMIN + 1) * delta) / (delta + SKEW))
}
