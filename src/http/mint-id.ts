/** Crockford's base32 in lower case: no i, l, o or u, and its order is that of the digits it stands for. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
const TIME_CHARACTERS = 10
const RANDOM_CHARACTERS = 16

/** An id of ours: what it is of, 50 bits of time so that ids sort by age, and 80 random bits. */
export function mintId(prefix: 'ten' | 'key' | 'req', nowMs: number, random: Uint8Array): string {
  if (random.length < RANDOM_CHARACTERS) throw new RangeError(`an id needs ${RANDOM_CHARACTERS} random bytes`)
  const tail = Array.from(random.subarray(0, RANDOM_CHARACTERS), (byte) => ALPHABET[byte % 32])
  return `${prefix}_${timeText(nowMs)}${tail.join('')}`
}

function timeText(nowMs: number): string {
  const digits = Array.from({ length: TIME_CHARACTERS }, (_, index) => Math.floor(nowMs / 32 ** index) % 32)
  return digits
    .reverse()
    .map((digit) => ALPHABET[digit])
    .join('')
}
