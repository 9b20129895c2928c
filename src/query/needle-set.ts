import type { TextCells } from '../blocks/block'

/**
 * Needles that are looked for in a column all at once, in any letter case. Two bytes at a time are looked up in a small table:
 * which needles may begin so, and which may go on so. Where both are of the same needles, these are compared.
 */
export interface NeedleSet {
  readonly needles: readonly Uint8Array[]
  /** The number of each needle, by its array: compiled tests keep theirs. */
  readonly numberOf: ReadonlyMap<Uint8Array, number>
  /** By the slot of two bytes: buckets of needles that may begin so (high half), and go on so (low half). */
  /** Where in each needle the bytes begin by which it is found. */
  readonly offsets: readonly number[]
  /** By the slot of two bytes, the buckets of the needles that are found by what begins so, as bits. */
  readonly begins: Uint32Array
  /** The same by the two bytes after these. */
  readonly goesOn: Uint32Array
  readonly buckets: readonly (readonly number[])[]
}

/** The cells in which each needle stands, in order. */
export type FoundNeedles = readonly (readonly number[])[]

/** Two pairs of bytes, at odd places too, are what a needle is found by. */
const NEEDLE_BYTES_MIN = 4

/** More would share buckets, and be compared in vain; those beyond are looked for one by one. */
const NEEDLES_MAX = 512

const BUCKETS = 32
const SLOTS = 4096

/** Text in which the table leads to more comparisons than one for so many bytes is searched needle by needle. */
const BYTES_PER_COMPARISON = 16
const COMPARISONS_MIN = 64

/** Folded to `s` and `k`, and the only ones beside capitals that become ASCII. */
const LONG_S = Buffer.from('\u017f')
const KELVIN = Buffer.from('\u212a')

/** Which of these needles, folded, can be looked for together: those of ASCII, of four bytes or more. */
export function needleSetOf(wanted: Iterable<Uint8Array>): NeedleSet {
  const numbers = new Map<string, number>()
  const numberOf = new Map<Uint8Array, number>()
  const needles: Uint8Array[] = []
  for (const needle of wanted) {
    if (needle.length < NEEDLE_BYTES_MIN || needle.some((byte) => byte >= 0x80)) continue
    const text = String.fromCharCode(...needle)
    if (needles.length === NEEDLES_MAX && !numbers.has(text)) continue
    const number = numbers.get(text) ?? needles.push(needle) - 1
    numbers.set(text, number)
    numberOf.set(needle, number)
  }
  const set = {
    needles,
    numberOf,
    offsets: needles.map(tellingOffset),
    begins: new Uint32Array(SLOTS),
    goesOn: new Uint32Array(SLOTS),
  }
  return { ...set, buckets: bucketsOf(set) }
}

/** Needles that are found by the same bytes share a bucket. */
function bucketsOf(set: Omit<NeedleSet, 'buckets'>): number[][] {
  const buckets = Array.from({ length: BUCKETS }, (): number[] => [])
  const bucketOf = new Map<string, number>()
  for (const [number, needle] of set.needles.entries()) {
    const clue = needle.subarray(set.offsets[number], set.offsets[number] + NEEDLE_BYTES_MIN + 1)
    const text = String.fromCharCode(...clue)
    const bucket = bucketOf.get(text) ?? bucketOf.size % BUCKETS
    bucketOf.set(text, bucket)
    buckets[bucket].push(number)
    enter(set, clue, 1 << bucket)
  }
  return buckets
}

/** Where the bytes begin by which a needle is found: those that stand in other texts least often. */
function tellingOffset(needle: Uint8Array): number {
  let best = 0
  let bestRarity = Number.NEGATIVE_INFINITY
  for (let offset = 0; offset + NEEDLE_BYTES_MIN < Math.max(needle.length, NEEDLE_BYTES_MIN + 1); offset++) {
    const rarity = rarityOf(String.fromCharCode(...needle.subarray(offset, offset + NEEDLE_BYTES_MIN + 1)))
    if (rarity <= bestRarity) continue
    bestRarity = rarity
    best = offset
  }
  return best
}

/** The characters of logs, the most frequent ones first. */
const BY_FREQUENCY = ' etaoisnr0123456789ldcumpfghwybv-.:/="_'

/** What logs say all the time. */
const ORDINARY =
  'get /api/v1/orders request processed for user in ms with status error: connection timeout failed to service response ' +
  'from the database message admin login password token role event started stopped completed http/1.1'

function rarityOf(text: string): number {
  const letters = [...text].map((letter) => BY_FREQUENCY.indexOf(letter))
  const rarity = letters.reduce((sum, rank) => sum + (rank < 0 ? BY_FREQUENCY.length : rank), 0)
  const isOrdinary = ORDINARY.includes(text.slice(0, 4)) || ORDINARY.includes(text.slice(1))
  return isOrdinary ? rarity / 4 : rarity
}

/** Enters what a needle is found by as it stands at an even place, and at an odd one. */
function enter({ begins, goesOn }: Pick<NeedleSet, 'begins' | 'goesOn'>, clue: Uint8Array, bucket: number): void {
  const [first, second, third, fourth] = clue
  for (const slot of slotsOf(first, second)) begins[slot] |= bucket
  for (const slot of slotsOf(third, fourth)) goesOn[slot] |= bucket
  if (clue.length > NEEDLE_BYTES_MIN) {
    for (const slot of slotsOf(second, third)) begins[slot] |= bucket
    for (const slot of slotsOf(fourth, clue[4])) goesOn[slot] |= bucket
    return
  }
  // Its last byte stands alone: what comes before its first may be anything.
  for (const before of ANY_LOW) for (const slot of slotsOf(before, first)) begins[slot] |= bucket
  for (const slot of slotsOf(second, third)) goesOn[slot] |= bucket
}

/** A byte for each value of the bits that slots are made of. */
const ANY_LOW = Array.from({ length: 64 }, (_, low) => low)

const slotsOf = (low: number, high: number): number[] =>
  inBothCases(low).flatMap((left) => inBothCases(high).map((right) => slotOf(left | (right << 8))))

const inBothCases = (byte: number): readonly number[] => (isLower(byte) ? [byte, byte - 0x20] : [byte])

const isLower = (byte: number): boolean => byte >= 0x61 && byte <= 0x7a

const slotOf = (pair: number): number => (pair & 0x3f) | ((pair >>> 2) & 0xfc0)

/** Looks for the needles in cells as they were sent. Undefined when that cannot be told in a short time. */
export function findNeedles(set: NeedleSet, cells: TextCells): FoundNeedles | undefined {
  const { bytes } = cells
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  if (whole.includes(LONG_S) || whole.includes(KELVIN)) return undefined
  const places = candidatePlaces(set, bytes)
  return places && comparedAt(set, cells, places)
}

/** Where a needle may go on with a pair of bytes. */
interface Place {
  /** The number of the pair. */
  readonly pair: number
  /** The buckets of the needles that may. */
  readonly buckets: number
}

/** The loop is what the whole search costs: two bytes a turn, none of which waits for the one before. */
function candidatePlaces({ begins, goesOn }: NeedleSet, bytes: Uint8Array): Place[] | undefined {
  const words = wordsOf(bytes)
  const limit = bytes.length / BYTES_PER_COMPARISON + COMPARISONS_MIN
  const places: Place[] = []
  let before = 0
  for (let pair = 0; pair < words.length; pair++) {
    const slot = (words[pair] & 0x3f) | ((words[pair] >>> 2) & 0xfc0)
    const buckets = before & goesOn[slot]
    if (buckets !== 0 && places.push({ pair, buckets }) > limit) return undefined
    before = begins[slot]
  }
  return places
}

function comparedAt(set: NeedleSet, { bytes, ends }: TextCells, places: readonly Place[]): FoundNeedles {
  const found = set.needles.map((): number[] => [])
  let cell = 0
  for (const { pair, buckets } of places) {
    // What it is found by began in the pair before, or between that and the one before it.
    for (let at = Math.max(0, pair * 2 - 3); at < pair * 2; at++) {
      while (ends[cell] < at) cell++
      for (let rest = buckets; rest !== 0; rest &= rest - 1)
        markOfBucket(set, 31 - Math.clz32(rest & -rest), bytes, at, cell, found)
    }
    while (cell > 0 && ends[cell - 1] >= pair * 2 - 1) cell--
  }
  return found
}

function markOfBucket(
  { buckets, needles, offsets }: NeedleSet,
  bucket: number,
  bytes: Uint8Array,
  at: number,
  cell: number,
  found: readonly number[][],
): void {
  const numbers = buckets[bucket]
  for (let index = 0; index < numbers.length; index++) {
    const number = numbers[index]
    if (!standsAt(bytes, at - offsets[number], needles[number])) continue
    const cells = found[number]
    if (cells.length === 0 || cells[cells.length - 1] < cell) cells.push(cell)
  }
}

/** A last odd byte is the end of a cell, and of no needle. */
function wordsOf(bytes: Uint8Array): Uint16Array {
  const aligned = bytes.byteOffset % 2 === 0 ? bytes : new Uint8Array(bytes)
  return new Uint16Array(aligned.buffer, aligned.byteOffset, aligned.length >>> 1)
}

function standsAt(bytes: Uint8Array, start: number, needle: Uint8Array): boolean {
  for (let at = 0; at < needle.length; at++) {
    const byte = bytes[start + at]
    if (byte !== needle[at] && !(byte + 0x20 === needle[at] && isLower(needle[at]))) return false
  }
  return true
}

/** The cells in which one of the needles stands, in order; undefined when one of them was not looked for. */
export function cellsWithNeedle(
  { numberOf }: NeedleSet,
  found: FoundNeedles,
  needles: readonly Uint8Array[],
): readonly number[] | undefined {
  let cells: readonly number[] = []
  for (const needle of needles) {
    const number = numberOf.get(needle)
    if (number === undefined) return undefined
    const own = found[number]
    if (own.length === 0) continue
    cells = cells.length === 0 ? own : [...new Set([...cells, ...own])].sort((left, right) => left - right)
  }
  return cells
}
