import { sql } from 'kysely'
import { ARCHIVE_SEGMENTS_MAX, MERGE_SEGMENTS_MAX } from '../../limits/limits'
import type { LeavingSegment, PackMember } from '../../segments/change'
import { SMALL, type SmallSegment } from '../../segments/merge-small'
import { packedBytes } from '../../segments/pack-directory'
import type { Expiry } from '../../segments/retention'
import type { ErasableSegment } from '../../tenant/erase-rows'
import type { CatalogGroup, HeldPack } from '../../tenant/work'
import { isColumnPack } from '../r2/keys'
import { controlDatabase, listed, segmentsOf } from './database'

type Group = Pick<CatalogGroup, 'day' | 'class'>

const liveOf = (control: D1Database, tenantId: string) =>
  segmentsOf(controlDatabase(control), tenantId).where('removed', 'is', null)

const inD1 = (control: D1Database, tenantId: string, group: Group) =>
  liveOf(control, tenantId).where('place', '=', 'd1').where('day', '=', group.day).where('class', '=', group.class)

/** Base64 makes four characters of three bytes. */
const SMALL_HEADER_CHARACTERS = (SMALL.headerBytes / 3) * 4

/** What the tenant has in D1, by day and class, the oldest first. */
export async function readGroups(control: D1Database, tenantId: string, coldBeforeMs: number): Promise<CatalogGroup[]> {
  const rows = await liveOf(control, tenantId)
    .where('place', '=', 'd1')
    .select(({ fn }) => ['day', 'class', fn.countAll<number>().as('count'), fn.max('sealed_ms').as('newest')])
    .select(({ fn }) => fn.sum<number>('bytes').as('bytes'))
    .select([
      sql<number>`sum(rows < ${SMALL.rows} AND bytes < ${SMALL.bytes} AND length(header) < ${SMALL_HEADER_CHARACTERS})`.as(
        'small',
      ),
      sql<number>`sum(iif(sealed_ms <= ${coldBeforeMs}, bytes, 0))`.as('cold_bytes'),
    ])
    .groupBy(['day', 'class'])
    .orderBy('day')
    .execute()
  return rows.map((row) => ({
    day: row.day,
    class: row.class,
    small: row.small,
    inD1: row.count,
    bytes: row.bytes,
    coldBytes: row.cold_bytes,
    newestSealedMs: row.newest,
  }))
}

/** Small segments of a group, the smallest first. */
export async function readSmall(control: D1Database, tenantId: string, group: Group): Promise<SmallSegment[]> {
  const rows = await inD1(control, tenantId, group)
    .select(['id', 'hash', 'rows', 'bytes', 'sealed_ms', 'header', 'mask'])
    .where('rows', '<', SMALL.rows)
    .where('bytes', '<', SMALL.bytes)
    .where(sql<number>`length(header)`, '<', SMALL_HEADER_CHARACTERS)
    .orderBy('rows')
    .orderBy('id')
    .limit(MERGE_SEGMENTS_MAX)
    .execute()
  return rows.map((row) => ({
    id: row.id,
    hash: row.hash,
    rows: row.rows,
    bytes: row.bytes,
    sealedMs: row.sealed_ms,
    header: new Uint8Array(Buffer.from(row.header, 'base64')),
    mask: row.mask ?? undefined,
  }))
}

/** Segments of a group that were sealed long enough ago, the oldest first. */
export async function readCold(
  control: D1Database,
  tenantId: string,
  group: Group,
  coldBeforeMs: number,
): Promise<PackMember[]> {
  return inD1(control, tenantId, group)
    .select(['id', 'hash', 'bytes'])
    .where('sealed_ms', '<=', coldBeforeMs)
    .orderBy('min_time_ms')
    .orderBy('id')
    .limit(ARCHIVE_SEGMENTS_MAX)
    .execute()
}

/** Segments all of whose records have expired, the oldest first. */
export async function readExpired(
  control: D1Database,
  tenantId: string,
  expiries: readonly Expiry[],
  limit: number,
): Promise<LeavingSegment[]> {
  const rows = await liveOf(control, tenantId)
    .select(['id', 'hash', 'place', 'archive_key'])
    .where((where) =>
      where.or(
        expiries.map((expiry) =>
          where.and([where('class', '=', expiry.class), where('max_time_ms', '<', expiry.beforeMs)]),
        ),
      ),
    )
    .orderBy('max_time_ms')
    .limit(limit)
    .execute()
  return rows.map(({ id, hash, place, archive_key }) => ({ id, hash, place, archiveKey: archive_key ?? undefined }))
}

/** What is left of these archive objects. */
export async function readPacks(control: D1Database, tenantId: string, keys: readonly string[]): Promise<HeldPack[]> {
  const rows = await segmentsOf(controlDatabase(control), tenantId)
    .select(['id', 'hash', 'bytes', 'day', 'class', 'archive_key', 'archive_offset', 'removed'])
    .where('archive_key', 'in', listed(keys))
    .orderBy('min_time_ms')
    .orderBy('id')
    .execute()
  return keys.flatMap((key) => {
    const own = rows.filter(({ archive_key }) => archive_key === key)
    const [first] = own
    if (first === undefined) return []
    const ends = own.map(({ bytes, archive_offset }) =>
      isColumnPack(key) ? packedBytes(archive_offset ?? 0) : (archive_offset ?? 0) + bytes,
    )
    const live = own
      .filter(({ removed }) => removed === null)
      .map(({ id, hash, bytes, archive_offset }) => ({ id, hash, bytes, offset: archive_offset ?? 0 }))
    return [{ key, day: first.day, class: first.class, bytes: Math.max(...ends), live }]
  })
}

/** Headers of segments, in the order of the ids; undefined where the catalog has no row. */
export async function readHeaders(
  control: D1Database,
  tenantId: string,
  ids: readonly string[],
): Promise<(Uint8Array | undefined)[]> {
  const rows = await segmentsOf(controlDatabase(control), tenantId)
    .select(['id', 'header'])
    .where('id', 'in', listed(ids))
    .execute()
  const headers = new Map(rows.map(({ id, header }) => [id, new Uint8Array(Buffer.from(header, 'base64'))]))
  return ids.map((id) => headers.get(id))
}

/** Which of these ids have a row, live or not. */
export async function findRows(
  control: D1Database,
  tenantId: string,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set()
  const rows = await segmentsOf(controlDatabase(control), tenantId)
    .select('id')
    .where('id', 'in', listed(ids))
    .execute()
  return new Set(rows.map(({ id }) => id))
}

/** Which of these archive objects a row names, live or not. */
export async function findNamedObjects(
  control: D1Database,
  tenantId: string,
  keys: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await segmentsOf(controlDatabase(control), tenantId)
    .select('archive_key')
    .distinct()
    .where('archive_key', 'in', listed(keys))
    .execute()
  return new Set(rows.flatMap(({ archive_key }) => archive_key ?? []))
}

/** A segment that readers see now. */
export async function findLive(
  control: D1Database,
  tenantId: string,
  segmentId: string,
): Promise<ErasableSegment | undefined> {
  const row = await liveOf(control, tenantId)
    .select(['id', 'hash', 'rows', 'mask'])
    .where('id', '=', segmentId)
    .executeTakeFirst()
  return row && { ...row, mask: row.mask ?? undefined }
}

/** Tenants beyond `after` that have segments all of whose records have expired, by id. */
export async function readExpiringTenants(
  control: D1Database,
  expiries: readonly Expiry[],
  page: { readonly after: string; readonly limit: number },
): Promise<string[]> {
  const rows = await controlDatabase(control)
    .selectFrom('segment')
    .select('tenant_id')
    .distinct()
    .where('removed', 'is', null)
    .where('tenant_id', '>', page.after)
    .where((where) =>
      where.or(
        expiries.map((expiry) =>
          where.and([where('class', '=', expiry.class), where('max_time_ms', '<', expiry.beforeMs)]),
        ),
      ),
    )
    .orderBy('tenant_id')
    .limit(page.limit)
    .execute()
  return rows.map(({ tenant_id }) => tenant_id)
}
