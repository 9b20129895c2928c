/**
 * Which rows may hold a text: a hash table of 32-bit fingerprints, eight bytes for each text and as many that are free. It can only
 * err on one side: where it names no row the text is in none, and a row that it names has to be looked at. That some of it was taken
 * back by storage does no harm.
 */
export class FingerprintTable {
  readonly #seed: number
  /** Pairs of a fingerprint and a row; no row is 0. */
  #pairs = new Uint32Array(FIRST_PAIRS * 2)
  #count = 0

  /** `seed` makes that nobody knows which texts have the same fingerprint. */
  constructor(seed: number) {
    this.#seed = seed >>> 0
  }

  /** How many texts have been added. */
  get count(): number {
    return this.#count
  }

  add(text: string, row: number): void {
    if ((this.#count + 1) * 4 > this.#pairs.length) this.#grow()
    put(this.#pairs, this.#fingerprint(text), row)
    this.#count++
  }

  /** Rows that may hold the text. */
  rowsOf(text: string): number[] {
    const fingerprint = this.#fingerprint(text)
    const pairs = this.#pairs
    const mask = pairs.length / 2 - 1
    const rows: number[] = []
    for (let slot = fingerprint & mask; pairs[slot * 2 + 1] !== 0; slot = (slot + 1) & mask) {
      if (pairs[slot * 2] === fingerprint) rows.push(pairs[slot * 2 + 1])
    }
    return rows
  }

  #grow(): void {
    const before = this.#pairs
    this.#pairs = new Uint32Array(before.length * 2)
    for (let at = 0; at < before.length; at += 2) {
      if (before[at + 1] !== 0) put(this.#pairs, before[at], before[at + 1])
    }
  }

  /** FNV-1a over UTF-16 units, and the last steps of MurmurHash3, so that the low bits depend on all of it. */
  #fingerprint(text: string): number {
    let hash = this.#seed ^ 0x811c9dc5
    for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
    return (hash ^ (hash >>> 16)) >>> 0
  }
}

const FIRST_PAIRS = 1024

function put(pairs: Uint32Array, fingerprint: number, row: number): void {
  const mask = pairs.length / 2 - 1
  let slot = fingerprint & mask
  while (pairs[slot * 2 + 1] !== 0) slot = (slot + 1) & mask
  pairs[slot * 2] = fingerprint
  pairs[slot * 2 + 1] = row
}
