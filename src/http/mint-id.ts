import { BASE32, toBase32 } from '../records/base32'

const TIME_CHARACTERS = 10
const RANDOM_CHARACTERS = 16

/** An id of ours: what it is of, 50 bits of time so that ids sort by age, and 80 random bits. */
export function mintId(
  prefix: 'ten' | 'key' | 'mem' | 'ses' | 'req' | 'rul' | 'svc' | 'whk' | 'evt',
  nowMs: number,
  random: Uint8Array,
): string {
  if (random.length < RANDOM_CHARACTERS) throw new RangeError(`an id needs ${RANDOM_CHARACTERS} random bytes`)
  const tail = Array.from(random.subarray(0, RANDOM_CHARACTERS), (byte) => BASE32[byte % 32])
  return `${prefix}_${toBase32(nowMs, TIME_CHARACTERS)}${tail.join('')}`
}
