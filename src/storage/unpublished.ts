import type { TenantObject } from '../../durable-objects/tenant'
import { decodeBlock } from '../blocks/block-bytes'
import { unpackedLength } from '../blocks/packed-block'
import { blockTable, type DocumentTable } from '../blocks/table'
import { PIECE_CACHE_BYTES_MAX } from '../limits/limits'
import type { SearchUnit } from '../query/units'
import { decodeHeader, sectionsOf, segmentTable } from '../segments/decode-segment'
import type { Caller, Refusal, Snapshot, UnpublishedPiece } from '../tenant/contract'
import { BoundedCache } from './bounded-cache'

/** A unit whose cells are in memory. */
export interface HeldUnit extends SearchUnit {
  readonly table: DocumentTable
}

/** Decoded pieces by tenant and id. A piece's bytes never change under its id. */
const pieces = new BoundedCache<HeldUnit>(PIECE_CACHE_BYTES_MAX)

/** The state of a tenant at one moment, and everything of it that the catalog does not have. */
export interface ReadSnapshot extends Omit<Snapshot, 'pieces' | 'more'> {
  readonly units: readonly HeldUnit[]
}

/** Asks the tenant's object for what is not published; only pieces that this isolate does not have travel. */
export async function readSnapshot(
  stub: Pick<DurableObjectStub<TenantObject>, 'snapshot'>,
  caller: Caller,
): Promise<
  | { readonly ok: true; readonly snapshot: ReadSnapshot; readonly audit?: number | undefined }
  | { readonly ok: false; readonly refusal: Refusal }
> {
  const prefix = `${caller.tenantId}/`
  // What is known now is held until the answer is here: the cache may drop it meanwhile.
  const held = new Map(pieces.keysUnder(prefix).map((key) => [key.slice(prefix.length), pieces.get(key)]))
  const units: HeldUnit[] = []
  let first: Snapshot | undefined
  let audit: number | undefined
  for (let from: number | undefined = 0; from !== undefined; ) {
    const outcome = await stub.snapshot(caller, [...held.keys()], from)
    if (!outcome.ok) return outcome
    const { snapshot }: { snapshot: Snapshot } = outcome
    // Pages are of one moment: if something moved in between, the whole is asked for again.
    if (first !== undefined && !isSameMoment(first, snapshot)) return readAgain(stub, caller, first, audit)
    first ??= snapshot
    audit ??= outcome.audit
    for (const piece of snapshot.pieces) units.push(held.get(piece.id) ?? keepPiece(prefix, piece))
    from = snapshot.more
  }
  if (first === undefined) throw new Error('a snapshot has at least one page')
  const { generation, nextSeq, cursorSecret, limits, isLeased } = first
  return { ok: true, snapshot: { generation, nextSeq, cursorSecret, limits, isLeased, units }, audit }
}

/** It is still the same read: it was held against the limits, and is told what they came to, once. */
async function readAgain(
  stub: Parameters<typeof readSnapshot>[0],
  caller: Caller,
  { limits, isLeased }: Snapshot,
  audit: number | undefined,
): ReturnType<typeof readSnapshot> {
  const outcome = await readSnapshot(stub, { ...caller, isCounted: true })
  return outcome.ok ? { ok: true, snapshot: { ...outcome.snapshot, limits, isLeased }, audit } : outcome
}

const isSameMoment = (left: Snapshot, right: Snapshot): boolean =>
  left.generation === right.generation && left.seals === right.seals

function keepPiece(prefix: string, piece: UnpublishedPiece): HeldUnit {
  if (piece.bytes === undefined) throw new Error(`the piece ${piece.id} came without its bytes`)
  const unit = toUnit(piece, piece.bytes)
  pieces.put(prefix + piece.id, unit, unpackedLength(piece.bytes))
  return unit
}

function toUnit({ id, kind, firstSeq, rows, minTime, maxTime }: UnpublishedPiece, bytes: Uint8Array): HeldUnit {
  if (kind === 'segment') {
    const located = decodeHeader(bytes)
    const { header } = located
    const table = segmentTable(header, sectionsOf(bytes, located))
    return { id, rows, minTime, maxTime, maxSeq: header.maxSeq, head: table, header, erased: undefined, table }
  }
  const table = blockTable(decodeBlock(bytes), firstSeq)
  return {
    id,
    rows,
    minTime,
    maxTime,
    maxSeq: firstSeq + rows - 1,
    head: table,
    header: undefined,
    erased: undefined,
    table,
  }
}
