/** Where a record stands in the total order of a shard: by time, then by sequence number. */
export interface Position {
  readonly ms: number
  readonly nanos: number
  readonly seq: number
}

/** Negative when `left` comes first. */
export const comparePositions = (left: Position, right: Position): number =>
  left.ms - right.ms || left.nanos - right.nanos || left.seq - right.seq
