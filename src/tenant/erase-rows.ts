import { createHash } from 'node:crypto'
import { decodeErased, encodeErased, eraseAlso } from '../segments/erased-rows'
import { change, settle, type WorkPorts } from './work'

/** What the catalog says of a live segment that some rows are to be erased of. */
export interface ErasableSegment {
  readonly id: string
  readonly hash: string
  readonly rows: number
  readonly mask: string | undefined
}

export interface ErasePorts extends WorkPorts {
  findLive(segmentId: string): Promise<ErasableSegment | undefined>
}

export type EraseOutcome =
  | { readonly ok: true; readonly erased: number }
  | { readonly ok: false; readonly why: 'no_such_segment' }

/**
 * Hides rows of a published segment from every reader, for good; merging leaves them out. A segment may have been merged
 * since it was looked up: whoever asks then looks the rows up again.
 */
export async function eraseRows(
  ports: ErasePorts,
  segmentId: string,
  rows: readonly number[],
  nowMs: number,
): Promise<EraseOutcome> {
  await settle(ports)
  const segment = await ports.findLive(segmentId)
  if (segment === undefined) return { ok: false, why: 'no_such_segment' }
  const before = segment.mask === undefined ? new Uint8Array(segment.rows) : decodeErased(segment.mask, segment.rows)
  const erased = eraseAlso(before, rows)
  const mask = encodeErased(erased)
  const count = erased.reduce((sum, row) => sum + row, 0)
  await change(
    ports,
    {
      what: 'erased',
      generation: ports.readState().generation + 1,
      atMs: nowMs,
      segment: { id: segment.id, hash: segment.hash },
      mask,
      rows: count,
      maskHash: createHash('sha256').update(mask).digest('hex'),
    },
    [],
  )
  return { ok: true, erased: count }
}
