import type { DocumentTable } from '../blocks/table'
import type { SegmentHeader } from '../segments/segment'
import type { TableHead } from './field-columns'

/** A block or segment that a query may have to look at, as far as it is known without reading its cells. */
export interface SearchUnit {
  readonly id: string
  readonly rows: number
  readonly minTime: number
  readonly maxTime: number
  readonly maxSeq: number
  readonly head: TableHead
  /** Statistics and token filters; only segments have them. */
  readonly header: SegmentHeader | undefined
  /** One byte a row, 1 where it was erased and does not exist for anybody; undefined when none was. */
  readonly erased: Uint8Array | undefined
}

/** Which parts of a unit to read: columns, TIME_SLOT, LEVEL_SLOT and SEQ_PART, or everything. */
export interface LoadRequest {
  readonly unit: SearchUnit
  readonly columns: readonly number[] | 'all'
}

/** Sequence numbers, as a part of a unit. */
export const SEQ_PART = -3

/** When the rows were received, as a part of a unit. */
export const RECEIVED_PART = -4

/** Reads the parts of units. */
export interface UnitLoader {
  /** In the order of the requests; undefined where a unit cannot be read. */
  load(requests: readonly LoadRequest[]): Promise<(DocumentTable | undefined)[]>
  /** One token filter of each unit; undefined where it cannot be read. */
  loadFilters(
    requests: readonly { readonly unit: SearchUnit; readonly section: number }[],
  ): Promise<(Uint8Array | undefined)[]>
  /** Bytes read from stores so far. */
  bytesRead(): number
}
