import type { PublishableSegment } from '../../segments/publish'
import { controlDatabase, segmentsOf } from './database'

/** Adds a segment to the catalog. Adding it again changes nothing. */
export async function putSegmentRow(
  control: D1Database,
  tenantId: string,
  segment: PublishableSegment,
  row: SegmentRow,
): Promise<void> {
  await insertSegment(controlDatabase(control), tenantId, segment, row).execute()
}

/** What the catalog says of a segment beside its summary. */
export interface SegmentRow {
  readonly bytes: number
  readonly header: Uint8Array
  readonly added: number
}

/** The statement that adds a segment, unless it is there. */
export const insertSegment = (
  db: ReturnType<typeof controlDatabase>,
  tenantId: string,
  segment: PublishableSegment,
  row: SegmentRow,
) =>
  db
    .insertInto('segment')
    .values({
      tenant_id: tenantId,
      id: segment.id,
      shard: segment.shard,
      day: segment.day,
      class: segment.class,
      rows: segment.rows,
      bytes: row.bytes,
      min_time_ms: segment.minTime,
      max_time_ms: segment.maxTime,
      min_seq: segment.minSeq,
      max_seq: segment.maxSeq,
      levels: segment.levels,
      added: row.added,
      removed: null,
      removed_ms: null,
      place: 'd1',
      archive_key: null,
      archive_offset: null,
      header: Buffer.from(row.header).toString('base64'),
      hash: segment.hash,
      sealed_ms: segment.sealedMs,
      mask: null,
    })
    .onConflict((conflict) => conflict.doNothing())

/** A segment as the catalog knows it. */
export interface CatalogSegment {
  readonly id: string
  readonly rows: number
  readonly bytes: number
  readonly minTime: number
  readonly maxTime: number
  readonly levels: number
  readonly class: string
  readonly place: 'd1' | 'r2'
  readonly archiveKey: string | undefined
  readonly archiveOffset: number
  readonly header: Uint8Array
  /** The rows that were erased, as the catalog keeps them. */
  readonly mask: string | undefined
}

/** All segments that are part of a generation. The answer for a generation never changes. */
export async function readCatalog(
  control: D1Database,
  tenantId: string,
  generation: number,
): Promise<CatalogSegment[]> {
  const rows = await segmentsOf(controlDatabase(control), tenantId)
    .select([
      'id',
      'rows',
      'bytes',
      'min_time_ms',
      'max_time_ms',
      'levels',
      'class',
      'place',
      'archive_key',
      'archive_offset',
      'header',
      'mask',
    ])
    .where('added', '<=', generation)
    .where((where) => where.or([where('removed', 'is', null), where('removed', '>', generation)]))
    .execute()
  return rows.map((row) => ({
    id: row.id,
    rows: row.rows,
    bytes: row.bytes,
    minTime: row.min_time_ms,
    maxTime: row.max_time_ms,
    levels: row.levels,
    class: row.class,
    place: row.place,
    archiveKey: row.archive_key ?? undefined,
    archiveOffset: row.archive_offset ?? 0,
    header: new Uint8Array(Buffer.from(row.header, 'base64')),
    mask: row.mask ?? undefined,
  }))
}

/** Says when a tenant's object has work that is overdue, for the sweep. */
export async function putDue(control: D1Database, tenantId: string, dueMs: number): Promise<void> {
  await controlDatabase(control)
    .insertInto('due')
    .values({ tenant_id: tenantId, due_ms: dueMs })
    .onConflict((conflict) => conflict.column('tenant_id').doUpdateSet({ due_ms: dueMs }))
    .execute()
}

/** The object has no work left. */
export async function deleteDue(control: D1Database, tenantId: string): Promise<void> {
  await controlDatabase(control).deleteFrom('due').where('tenant_id', '=', tenantId).execute()
}

/** Tenants whose objects have overdue work, the longest overdue first. */
export async function readOverdue(control: D1Database, nowMs: number, limit: number): Promise<string[]> {
  const rows = await controlDatabase(control)
    .selectFrom('due')
    .select('tenant_id')
    .where('due_ms', '<=', nowMs)
    .orderBy('due_ms')
    .limit(limit)
    .execute()
  return rows.map((row) => row.tenant_id)
}
