import { packSection, unpackSection } from './codec'

/** The rows of a segment that were erased: one byte a row, 1 where it was. */
export type ErasedRows = Uint8Array

/** As the catalog keeps it: base64 of the codec's number and the packed bit set. */
export function encodeErased(erased: ErasedRows): string {
  const bits = new Uint8Array(Math.ceil(erased.length / 8))
  for (let row = 0; row < erased.length; row++) if (erased[row] === 1) bits[row >> 3] |= 1 << (row & 7)
  const { codec, bytes } = packSection(bits)
  return Buffer.concat([Uint8Array.of(codec), bytes]).toString('base64')
}

/** Throws when it is damaged: what was erased must not come back. */
export function decodeErased(text: string, rows: number): ErasedRows {
  const stored = new Uint8Array(Buffer.from(text, 'base64'))
  const bits = unpackSection(stored[0], stored.slice(1), Math.ceil(rows / 8))
  return Uint8Array.from({ length: rows }, (_, row) => (bits[row >> 3] >> (row & 7)) & 1)
}

/** The rows erased before, and these. Rows that the segment does not have are left out. */
export function eraseAlso(before: ErasedRows, rows: readonly number[]): ErasedRows {
  const erased = before.slice()
  for (const row of rows) if (row >= 0 && row < erased.length) erased[row] = 1
  return erased
}
