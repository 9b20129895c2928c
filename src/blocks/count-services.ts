import { BATCH_SERVICES_MAX } from '../limits/limits'
import { type Block, cellText, type TextCells } from './block'

/** Records of each service in a batch. */
export interface ServiceCounts {
  /** Each service once, in the order in which they came; at most BATCH_SERVICES_MAX of them. */
  readonly services: readonly (readonly [service: string, records: number])[]
  /** Records of the services that came after those. */
  readonly unlistedRecords: number
}

/**
 * Counts the records of each service over all blocks of a batch. Records without a service are not counted. It is done for
 * every batch, so it looks at bytes, and makes a text only of names that it has not met in the block.
 */
export function countServices(blocks: readonly Block[]): ServiceCounts {
  const counts = new Map<string, number>()
  let unlistedRecords = 0
  for (const { columns } of blocks) {
    for (const { name, system, cells } of columns) {
      if (!system || name !== 'service') continue
      for (const [service, records] of countCells(cells)) {
        const known = counts.get(service)
        if (known === undefined && counts.size >= BATCH_SERVICES_MAX) unlistedRecords += records
        else counts.set(service, (known ?? 0) + records)
      }
    }
  }
  return { services: [...counts], unlistedRecords }
}

/** A text that some cells have, by the first of them. */
interface Counted {
  readonly cell: number
  count: number
}

/** How many cells have each text, in the order of their first cells; a text may come more than once. */
function countCells(cells: TextCells): readonly (readonly [text: string, cells: number])[] {
  const byHash = new Map<number, Counted>()
  const found: Counted[] = []
  for (let cell = 0; cell < cells.count; cell++) {
    const hash = hashOf(cells, cell)
    const known = byHash.get(hash)
    if (known !== undefined && isSameCell(cells, cell, known.cell)) {
      known.count++
      continue
    }
    // Whoever makes up names of one hash gains nothing: each of their cells is counted by its text.
    const counted = { cell, count: 1 }
    found.push(counted)
    if (known === undefined) byHash.set(hash, counted)
  }
  return found.map(({ cell, count }) => [cellText(cells, cell), count])
}

function isSameCell({ bytes, ends }: TextCells, left: number, right: number): boolean {
  const from = left === 0 ? 0 : ends[left - 1] + 1
  const other = right === 0 ? 0 : ends[right - 1] + 1
  const length = ends[left] - from
  if (ends[right] - other !== length) return false
  for (let index = 0; index < length; index++) if (bytes[from + index] !== bytes[other + index]) return false
  return true
}

/** Of the length and the last bytes, in which names of services usually differ. */
function hashOf({ bytes, ends }: TextCells, cell: number): number {
  const from = cell === 0 ? 0 : ends[cell - 1] + 1
  const to = ends[cell]
  let hash = to - from
  for (let at = Math.max(from, to - HASHED_BYTES); at < to; at++) hash = Math.imul(hash, 31) + bytes[at]
  return hash
}

const HASHED_BYTES = 8
