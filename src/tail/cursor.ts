/** The one shard that there is. It stands in every cursor from the first day. */
const SHARD = 0

const CURSOR = /^0-(0|[1-9]\d{0,14})$/

/** Where a tail is: everything up to this sequence number was looked at. It grants nothing, so it is not signed. */
export const tailCursor = (seq: number): string => `${SHARD}-${seq}`

/** The sequence number that a cursor says; undefined when it is none of ours. */
export function parseTailCursor(text: string): number | undefined {
  const seq = CURSOR.exec(text)?.[1]
  return seq === undefined ? undefined : Number(seq)
}
