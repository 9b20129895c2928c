const OFFSET_BASIS = 0x811c9dc5
const PRIME = 0x01000193
const TWO_TO_32 = 2 ** 32

/** The beginning of a hash, for what is hashed with the same text before it. FNV-1a, 32 bits. */
export function hashText(text: string): number {
  let hash = OFFSET_BASIS
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), PRIME)
  return hash
}

/** A number from 0 up to 1, the same for the same trace id whatever its letter case. */
export function sampleOfTrace(traceId: Uint8Array): number {
  let hash = OFFSET_BASIS
  for (const byte of traceId) hash = Math.imul(hash ^ (byte >= 0x41 && byte <= 0x5a ? byte + 32 : byte), PRIME)
  return toFraction(hash)
}

/** A number from 0 up to 1 for the record at a place of a batch, whose name `begun` is the hash of. */
export function sampleOfPlace(begun: number, place: number): number {
  let hash = begun
  for (let shift = 0; shift < 32; shift += 8) hash = Math.imul(hash ^ ((place >>> shift) & 0xff), PRIME)
  return toFraction(hash)
}

/** The last step of MurmurHash3: FNV leaves its upper bits nearly alike for texts that differ at their end. */
function toFraction(hash: number): number {
  let mixed = hash ^ (hash >>> 16)
  mixed = Math.imul(mixed, 0x85ebca6b)
  mixed ^= mixed >>> 13
  mixed = Math.imul(mixed, 0xc2b2ae35)
  mixed ^= mixed >>> 16
  return (mixed >>> 0) / TWO_TO_32
}
