import { type Selectable, sql } from 'kysely'
import { ARCHIVE_SEGMENTS_MAX, MERGE_SEGMENTS_MAX } from '../../limits/limits'
import type { ExpirableSegment, PackMember } from '../../segments/change'
import { SMALL, type SmallSegment } from '../../segments/merge-small'
import { packedBytes } from '../../segments/pack-directory'
import type { Expiry } from '../../segments/retention'
import type { ErasableSegment } from '../../tenant/erase-rows'
import type { CatalogGroup, HeldPack } from '../../tenant/work'
import { isColumnPack } from '../r2/keys'
import { type ControlTables, controlDatabase, listed, segmentsOf } from './database'

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
): Promise<ExpirableSegment[]> {
  const rows = await liveOf(control, tenantId)
    .select(EXPIRABLE)
    .where((where) =>
      where.or(
        expiries.map((expiry) =>
          where.and([
            ...(expiry.class === undefined ? [] : [where('class', '=', expiry.class)]),
            where('max_time_ms', '<', expiry.beforeMs),
          ]),
        ),
      ),
    )
    .orderBy('max_time_ms')
    .limit(limit)
    .execute()
  return rows.map(toExpirable)
}

/** Segments beyond one, by id, that hold records from before a time: what may have expired in part. */
export async function readExpirable(
  control: D1Database,
  tenantId: string,
  page: { readonly beforeMs: number; readonly after: string; readonly limit: number },
): Promise<ExpirableSegment[]> {
  const rows = await liveOf(control, tenantId)
    .select(EXPIRABLE)
    .where('min_time_ms', '<', page.beforeMs)
    .where('id', '>', page.after)
    .orderBy('id')
    .limit(page.limit)
    .execute()
  return rows.map(toExpirable)
}

const EXPIRABLE = [
  ...(['id', 'hash', 'rows', 'bytes', 'sealed_ms', 'mask', 'place', 'archive_key', 'archive_offset'] as const),
]

const toExpirable = (
  row: Pick<Selectable<ControlTables['segment']>, (typeof EXPIRABLE)[number]>,
): ExpirableSegment => ({
  ...{ id: row.id, hash: row.hash, rows: row.rows, bytes: row.bytes, place: row.place, sealedMs: row.sealed_ms },
  mask: row.mask ?? undefined,
  archiveKey: row.archive_key ?? undefined,
  offset: row.archive_offset ?? 0,
})

/** What a tenant stores, by retention class. */
export async function readStoredByClass(
  control: D1Database,
  tenantId: string,
): Promise<{ readonly class: string; readonly segments: number; readonly rows: number; readonly bytes: number }[]> {
  return await liveOf(control, tenantId)
    .select(({ fn }) => [
      'class',
      fn.countAll<number>().as('segments'),
      fn.sum<number>('rows').as('rows'),
      fn.sum<number>('bytes').as('bytes'),
    ])
    .groupBy('class')
    .orderBy('class')
    .execute()
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

/** A tenant with segments, and what decides how long it keeps them. */
export interface TenantWithSegments {
  readonly tenantId: string
  /** The last record of the segment whose last record is the oldest. */
  readonly oldestMs: number
  /** Absent for a tenant that D1 does not know. */
  readonly terms: TenantTermsText | undefined
}

interface TenantTermsText {
  readonly plan: string
  /** JSON. */
  readonly limits: string
  readonly settings: string
}

/** Tenants beyond `after`, by id, that have segments. */
export async function readTenantsWithSegments(
  control: D1Database,
  page: { readonly after: string; readonly limit: number },
): Promise<TenantWithSegments[]> {
  const rows = await controlDatabase(control)
    .selectFrom('segment')
    .leftJoin('tenant', 'tenant.id', 'segment.tenant_id')
    .select(({ fn }) => ['tenant_id', 'plan', 'limits', 'settings', fn.min('max_time_ms').as('oldest')])
    .where('removed', 'is', null)
    .where('tenant_id', '>', page.after)
    .groupBy('tenant_id')
    .orderBy('tenant_id')
    .limit(page.limit)
    .execute()
  return rows.map(({ tenant_id, oldest, plan, limits, settings }) => ({
    tenantId: tenant_id,
    oldestMs: oldest,
    terms: plan === null || limits === null || settings === null ? undefined : { plan, limits, settings },
  }))
}
