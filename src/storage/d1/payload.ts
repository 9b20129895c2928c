import { PAYLOAD_PART_CHARACTERS_MAX } from '../../limits/limits'
import { listed, payloadDatabase, runTogether } from './database'

/** Bytes of a segment in one part: base64 makes four characters of three bytes. */
export const PART_BYTES = (PAYLOAD_PART_CHARACTERS_MAX / 4) * 3

/** Stores a segment's bytes. Storing it again changes nothing. */
export async function putPayload(
  payload: D1Database,
  tenantId: string,
  segmentId: string,
  bytes: Uint8Array,
): Promise<void> {
  const db = payloadDatabase(payload)
  const parts = Array.from({ length: Math.ceil(bytes.length / PART_BYTES) }, (_, part) => {
    const slice = bytes.subarray(part * PART_BYTES, (part + 1) * PART_BYTES)
    const data = Buffer.from(slice.buffer, slice.byteOffset, slice.length).toString('base64')
    return db
      .insertInto('payload_part')
      .values({ tenant_id: tenantId, segment_id: segmentId, part, data })
      .onConflict((conflict) => conflict.doNothing())
      .compile()
  })
  await runTogether(payload, parts)
}

/** A range of bytes of one segment. */
export interface PayloadRange {
  readonly segmentId: string
  readonly from: number
  readonly to: number
}

interface Piece {
  readonly segmentId: string
  readonly part: number
  /** Bytes within the part, aligned to 3. */
  readonly from: number
  readonly to: number
}

/** Ranges in one statement: their data together stays far below what D1 answers in one go. */
const PIECES_PER_STATEMENT = 24

/**
 * Reads ranges of segments: `substr` over base64, aligned to groups of 3 bytes, so that no payload is read whole. Answers
 * are in the order of the ranges; undefined where a segment is not there.
 */
export async function readPayloadRanges(
  payload: D1Database,
  tenantId: string,
  ranges: readonly PayloadRange[],
): Promise<(Uint8Array | undefined)[]> {
  const pieces = ranges.map(piecesOf)
  const flat = pieces.flat()
  const groups = Array.from({ length: Math.ceil(flat.length / PIECES_PER_STATEMENT) }, (_, group) =>
    flat.slice(group * PIECES_PER_STATEMENT, (group + 1) * PIECES_PER_STATEMENT),
  )
  const answers =
    groups.length === 0
      ? []
      : await payload.batch<{ n: number; data: string }>(groups.map((group) => statement(payload, tenantId, group)))
  const found: (string | undefined)[] = []
  for (const [index, { results }] of answers.entries()) {
    for (const { n, data } of results) found[index * PIECES_PER_STATEMENT + n] = data
  }
  let next = 0
  return ranges.map((range, index) => {
    const texts = pieces[index].map(() => found[next++])
    return assemble(range, pieces[index], texts)
  })
}

function piecesOf({ segmentId, from, to }: PayloadRange): Piece[] {
  const pieces: Piece[] = []
  for (let part = Math.floor(from / PART_BYTES); part * PART_BYTES < to; part++) {
    const start = Math.max(0, from - part * PART_BYTES)
    const end = Math.min(PART_BYTES, to - part * PART_BYTES)
    pieces.push({ segmentId, part, from: start - (start % 3), to: Math.min(PART_BYTES, Math.ceil(end / 3) * 3) })
  }
  return pieces
}

function statement(payload: D1Database, tenantId: string, pieces: readonly Piece[]): D1PreparedStatement {
  const wanted = JSON.stringify(
    pieces.map(({ segmentId, part, from, to }, n) => ({
      n,
      s: segmentId,
      p: part,
      a: (from / 3) * 4 + 1,
      l: ((to - from) / 3) * 4,
    })),
  )
  return payload
    .prepare(
      `SELECT w.value ->> 'n' AS n, substr(p.data, w.value ->> 'a', w.value ->> 'l') AS data
       FROM json_each(?2) AS w JOIN payload_part AS p
       ON p.tenant_id = ?1 AND p.segment_id = w.value ->> 's' AND p.part = w.value ->> 'p'`,
    )
    .bind(tenantId, wanted)
}

function assemble(
  range: PayloadRange,
  pieces: readonly Piece[],
  texts: readonly (string | undefined)[],
): Uint8Array | undefined {
  const bytes = new Uint8Array(range.to - range.from)
  let write = 0
  for (const [index, piece] of pieces.entries()) {
    const text = texts[index]
    if (text === undefined) return undefined
    const decoded = Buffer.from(text, 'base64')
    const skip = index === 0 ? range.from - piece.part * PART_BYTES - piece.from : 0
    const part = decoded.subarray(skip, skip + bytes.length - write)
    bytes.set(part, write)
    write += part.length
  }
  return write === bytes.length ? bytes : undefined
}

/** Whole segments, in the order asked for; undefined where one is not there. */
export const readPayloads = (
  payload: D1Database,
  tenantId: string,
  segments: readonly { readonly id: string; readonly bytes: number }[],
): Promise<(Uint8Array | undefined)[]> =>
  readPayloadRanges(
    payload,
    tenantId,
    segments.map(({ id, bytes }) => ({ segmentId: id, from: 0, to: bytes })),
  )

/** Segments whose parts one statement deletes: it has thirty seconds, and a part fills hundreds of pages. */
const DELETED_PER_STATEMENT = 100

/** Deletes segments' bytes. Deleting them again changes nothing. */
export async function deletePayloads(payload: D1Database, tenantId: string, ids: readonly string[]): Promise<void> {
  for (let at = 0; at < ids.length; at += DELETED_PER_STATEMENT) {
    await payloadDatabase(payload)
      .deleteFrom('payload_part')
      .where('tenant_id', '=', tenantId)
      .where('segment_id', 'in', listed(ids.slice(at, at + DELETED_PER_STATEMENT)))
      .execute()
  }
}

/** How many segments of a tenant there are, and in how many parts. */
export async function countPayloads(
  payload: D1Database,
  tenantId: string,
): Promise<{ readonly segments: number; readonly parts: number }> {
  return await payloadDatabase(payload)
    .selectFrom('payload_part')
    .select(({ fn }) => [fn.count<number>('segment_id').distinct().as('segments'), fn.countAll<number>().as('parts')])
    .where('tenant_id', '=', tenantId)
    .executeTakeFirstOrThrow()
}

/** Deletes some of a tenant's segments; answers whether there may be more. */
export async function deleteSomePayloads(payload: D1Database, tenantId: string, limit: number): Promise<boolean> {
  const rows = await payloadDatabase(payload)
    .selectFrom('payload_part')
    .select('segment_id')
    .distinct()
    .where('tenant_id', '=', tenantId)
    .limit(limit)
    .execute()
  await deletePayloads(
    payload,
    tenantId,
    rows.map(({ segment_id }) => segment_id),
  )
  return rows.length > 0
}
