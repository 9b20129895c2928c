import { type CompiledQuery, sql } from 'kysely'
import type { CatalogEdit } from '../../segments/change'
import { insertSegment } from './catalog'
import { controlDatabase, listed, runTogether } from './database'

/** Changes the catalog in one batch. Doing it again changes nothing. */
export async function editCatalog(control: D1Database, tenantId: string, edit: CatalogEdit): Promise<void> {
  await runTogether(control, queriesOf(control, tenantId, edit))
}

function queriesOf(control: D1Database, tenantId: string, edit: CatalogEdit): CompiledQuery[] {
  const db = controlDatabase(control)
  const { generation, atMs, added, removed, moved, masked } = edit
  const rows = db.updateTable('segment').where('tenant_id', '=', tenantId)
  const queries: CompiledQuery[] = added.map(({ segment, bytes, header }) =>
    insertSegment(db, tenantId, segment, { bytes, header, added: generation }).compile(),
  )
  if (removed.length > 0) {
    const leaving = rows.where('id', 'in', listed(removed)).where('removed', 'is', null)
    queries.push(leaving.set({ removed: generation, removed_ms: atMs }).compile())
  }
  if (moved) {
    const ids = moved.places.map(({ id }) => id)
    const places = JSON.stringify(moved.places)
    const offset = sql<number>`(SELECT value ->> 'offset' FROM json_each(${places}) WHERE value ->> 'id' = segment.id)`
    queries.push(
      rows
        .where('id', 'in', listed(ids))
        .set({ place: 'r2', archive_key: moved.key, archive_offset: offset })
        .compile(),
    )
  }
  if (masked) queries.push(rows.where('id', '=', masked.id).set({ mask: masked.mask }).compile())
  return queries
}

/** Deletes rows of segments that no reader can see any more. */
export async function deleteSegmentRows(control: D1Database, tenantId: string, ids: readonly string[]): Promise<void> {
  await controlDatabase(control)
    .deleteFrom('segment')
    .where('tenant_id', '=', tenantId)
    .where('id', 'in', listed(ids))
    .where('removed', 'is not', null)
    .execute()
}
