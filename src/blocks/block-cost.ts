import type { ReadSlot } from './record-reader'

/** What a cell takes beside its bytes: where it ends, and the byte that ends it. */
export const CELL_COST = 5

/** The frame of a block, and the system columns that any record may bring. */
export const BLOCK_COST = 2048

/** What a row takes beside its cells: time, nanoseconds, level, shape, source. */
const ROW_COST = 40

/** What a member takes in the header beside its names. */
const SLOT_COST = 192

/** At most how many bytes a record takes in an encoded block whose header has its shape. */
export function rowCost(bytes: number, cells: number, sources: readonly (string | undefined)[] | undefined): number {
  let cost = ROW_COST + bytes + cells * CELL_COST
  // A source stands in the header as JSON in JSON: its escapes are escaped again.
  if (sources !== undefined) for (const source of sources) if (source !== undefined) cost += source.length * 3 + 16
  return cost
}

/** At most how many bytes a new shape and its columns take in the header. */
export function headerCost(parts: readonly string[], slots: readonly ReadSlot[]): number {
  const paths = slots.map((slot) => slot.path)
  return BLOCK_COST + Buffer.byteLength(JSON.stringify([parts, paths, paths])) + slots.length * SLOT_COST
}
