import type { TextCells } from '../blocks/block'

/**
 * A Bloom filter over the whole, folded values of a column: answers "surely not here" for an exact value. Ten bits a value
 * and six probes err about once in a hundred times.
 * Source: Bloom, "Space/Time Trade-offs in Hash Coding with Allowable Errors", 1970; double hashing after Kirsch and Mitzenmacher.
 */
const BITS_PER_VALUE = 10
const PROBES = 6

export function buildTokenFilter(cells: TextCells): Uint8Array {
  const filter = new Uint8Array(Math.ceil((cells.count * BITS_PER_VALUE) / 8) + 1)
  const bits = filter.length * 8
  let start = 0
  for (let cell = 0; cell < cells.count; cell++) {
    const end = cells.ends[cell]
    addHash(filter, bits, hashBytes(cells.bytes, start, end))
    start = end + 1
  }
  return filter
}

function addHash(filter: Uint8Array, bits: number, hash: number): void {
  const step = secondHash(hash)
  for (let probe = 0, at = hash; probe < PROBES; probe++, at = (at + step) >>> 0) {
    const bit = at % bits
    filter[bit >>> 3] |= 1 << (bit & 7)
  }
}

/** False means that no cell has exactly this folded value. */
export function mayHold(filter: Uint8Array, value: Uint8Array): boolean {
  const bits = filter.length * 8
  const hash = hashBytes(value, 0, value.length)
  const step = secondHash(hash)
  for (let probe = 0, at = hash; probe < PROBES; probe++, at = (at + step) >>> 0) {
    const bit = at % bits
    if ((filter[bit >>> 3] & (1 << (bit & 7))) === 0) return false
  }
  return true
}

/** FNV-1a with a final mix (murmur3's), 32 bits. */
export function hashBytes(bytes: Uint8Array, from: number, to: number): number {
  let hash = 0x811c9dc5
  for (let at = from; at < to; at++) hash = Math.imul(hash ^ bytes[at], 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

const secondHash = (hash: number): number => (Math.imul(hash, 0x9e3779b1) | 1) >>> 0
