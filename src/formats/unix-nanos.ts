/** A count of nanoseconds since 1970, as seconds and what is beyond them. */
export interface UnixNanos {
  readonly seconds: number
  readonly nanos: number
}

const NANOS = 1_000_000_000

/** Out of the halves of an unsigned 64-bit number. No digit goes through a double. */
export function unixNanosOf(high: number, low: number): UnixNanos {
  // About right; what is wrong of it shows in the remainder, which is exact in 32 bits.
  const seconds = Math.floor((high * 2 ** 32 + low) / NANOS)
  const nanos = (low - Math.imul(seconds % 2 ** 32, NANOS)) >>> 0
  if (nanos < NANOS) return { seconds, nanos }
  return nanos < 2 * NANOS
    ? { seconds: seconds + 1, nanos: nanos - NANOS }
    : { seconds: seconds - 1, nanos: nanos + NANOS - 2 ** 32 }
}

/** Out of decimal digits; undefined for what is no such count, or is one past the year 5000. */
export function readUnixNanos(bytes: Uint8Array, from: number, to: number): UnixNanos | undefined {
  const length = to - from
  if (length < 1 || length > DIGITS_MAX) return undefined
  let seconds = 0
  let nanos = 0
  for (let at = from; at < to; at++) {
    const digit = bytes[at] - 0x30
    if (!(digit >= 0 && digit <= 9)) return undefined
    if (to - at > 9) seconds = seconds * 10 + digit
    else nanos = nanos * 10 + digit
  }
  return { seconds, nanos }
}

const DIGITS_MAX = 20
