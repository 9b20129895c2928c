import { type CompiledQuery, type Kysely, type Selectable, sql } from 'kysely'
import * as z from 'zod'
import {
  DIRECTORY_KINDS,
  type DirectoryKind,
  type DirectoryRow,
  type JsonObject,
  SETTINGS_ID,
} from '../../tenant/directory-rows'
import type { ChangedRow, UnpublishedDirectory } from '../../tenant/publish-directory'
import { roleOfKind } from '../../tenant/roles'
import { type ControlTables, controlDatabase, runTogether } from './database'

const Claimed = z.object({ host: z.string() })
const Known = z.object({ settings_version: z.number() })

/**
 * Writes what has changed of a tenant's directory, in one batch: D1 has all of it or nothing. It can be repeated, and a
 * batch that comes late changes nothing: each statement asks whether D1 knows of a later version of the tenant.
 */
export async function putDirectory(
  control: D1Database,
  tenantId: string,
  { version, rows }: UnpublishedDirectory,
): Promise<void> {
  const db = controlDatabase(control)
  const statements = DIRECTORY_KINDS.flatMap((kind) =>
    statementsFor(
      db,
      { tenantId, version },
      kind,
      rows.filter((row) => row.kind === kind),
    ),
  )
  const bump = db
    .updateTable('tenant')
    .set({ settings_version: version })
    .where('id', '=', tenantId)
    .where('settings_version', '<', version)
  await runTogether(control, [...statements, bump.compile()])
}

/** A batch's tenant, and the version that D1 will have after it. */
interface Publication {
  readonly tenantId: string
  readonly version: number
}

function statementsFor(
  db: Kysely<ControlTables>,
  publication: Publication,
  kind: DirectoryKind,
  rows: readonly ChangedRow[],
): CompiledQuery[] {
  if (rows.length === 0) return []
  const there = rows.filter(({ value }) => value !== undefined)
  const gone = rows.filter(({ value }) => value === undefined).map(({ id }) => id)
  return [
    ...(gone.length > 0 ? REMOVE[kind](publication, JSON.stringify(gone)).map((query) => query.compile(db)) : []),
    ...(there.length > 0 ? PUT[kind](publication, JSON.stringify(there)).map((query) => query.compile(db)) : []),
  ]
}

/** True when D1 knows of no later version: the condition of every statement. */
const isLatest = ({ tenantId, version }: Publication) =>
  sql`EXISTS (SELECT 1 FROM tenant AS known WHERE known.id = ${tenantId} AND known.settings_version <= ${version})`

/** A member of a row's value, in SQL over `json_each`. */
const member = (name: string) => sql.raw(`value ->> '$.value.${name}'`)

/** A member that is a list or an object, as JSON. */
const memberJson = (name: string) => sql.raw(`value -> '$.value.${name}'`)

/** A list of words as a text with spaces. */
const memberWords = (name: string) =>
  sql.raw(`(SELECT coalesce(group_concat(word.value, ' '), '') FROM json_each(entry.value, '$.value.${name}') AS word)`)

const rowId = sql.raw(`value ->> '$.id'`)
const rowVersion = sql.raw(`value ->> '$.version'`)

/** Inserts all rows of a kind by one statement, however many there are, or updates those that are there. */
function upsert(
  table: string,
  publication: Publication,
  rowsJson: string,
  options: { readonly key: string; readonly columns: Readonly<Record<string, ReturnType<typeof sql.raw>>> },
) {
  const names = ['tenant_id', ...Object.keys(options.columns)]
  const updated = Object.keys(options.columns).filter((name) => !options.key.split(', ').includes(name))
  return sql`INSERT INTO ${sql.table(table)} (${sql.raw(names.join(', '))})
    SELECT ${publication.tenantId}, ${sql.join(Object.values(options.columns))}
    FROM json_each(${rowsJson}) AS entry WHERE ${isLatest(publication)}
    ON CONFLICT (${sql.raw(options.key)}) DO UPDATE SET ${sql.raw(updated.map((name) => `${name} = excluded.${name}`).join(', '))}
    WHERE ${sql.table(table)}.tenant_id = excluded.tenant_id`
}

const remove = (table: string, key: string, publication: Publication, idsJson: string) =>
  sql`DELETE FROM ${sql.table(table)} WHERE tenant_id = ${publication.tenantId}
    AND ${sql.ref(key)} IN (SELECT value FROM json_each(${idsJson})) AND ${isLatest(publication)}`

type Statements = (publication: Publication, json: string) => ReturnType<typeof upsert>[]

/** How the rows of each kind that are there get into D1. */
const PUT: Readonly<Record<DirectoryKind, Statements>> = {
  tenant: (publication, rows) => [
    sql`UPDATE tenant SET (name, status, plan, limits, contact_email, delete_ms, version) =
      (SELECT ${member('name')}, ${member('status')}, ${member('plan')}, ${memberJson('limits')},
        ${member('contactEmail')}, ${member('deleteMs')}, ${rowVersion} FROM json_each(${rows}) AS entry)
      WHERE id = ${publication.tenantId} AND settings_version <= ${publication.version}`,
  ],
  settings: (publication, rows) => [
    sql`UPDATE tenant SET (settings, settings_edition) =
      (SELECT ${sql.raw(`value -> '$.value'`)}, ${rowVersion} FROM json_each(${rows}) AS entry)
      WHERE id = ${publication.tenantId} AND settings_version <= ${publication.version}`,
  ],
  key: (publication, rows) => [
    upsert('api_key', publication, rows, {
      key: 'id',
      columns: {
        id: rowId,
        kind: member('kind'),
        hash: member('hash'),
        last4: member('last4'),
        scopes: memberWords('scopes'),
        status: member('status'),
        note: member('note'),
        created_ms: member('createdMs'),
        expires_ms: member('expiresMs'),
        role: member('role'),
        filter: member('filter'),
        origins: memberJson('origins'),
        addresses: memberJson('addresses'),
        rotated_from: member('rotatedFrom'),
        created_by: member('createdBy'),
        version: rowVersion,
      },
    }),
  ],
  domain: (publication, rows) => [
    upsert('domain', publication, rows, {
      key: 'host, tenant_id',
      columns: {
        host: rowId,
        status: member('status'),
        token_hash: member('tokenHash'),
        token_expires_ms: member('tokenExpiresMs'),
        proof: member('proof'),
        proved_ms: member('provedMs'),
        checked_ms: member('checkedMs'),
        lost_ms: member('lostMs'),
        hostname_id: member('hostnameId'),
        contact_email: member('contactEmail'),
        config: memberJson('config'),
        created_ms: member('createdMs'),
        version: rowVersion,
      },
    }),
  ],
  member: (publication, rows) => [
    upsert('member', publication, rows, {
      key: 'id',
      columns: {
        id: rowId,
        email: member('email'),
        subject: member('subject'),
        role: member('role'),
        filter: member('filter'),
        status: member('status'),
        created_ms: member('createdMs'),
        version: rowVersion,
      },
    }),
  ],
  session: (publication, rows) => [
    upsert('session', publication, rows, {
      key: 'id',
      columns: {
        id: rowId,
        hash: member('hash'),
        csrf_hash: member('csrfHash'),
        principal_id: member('principalId'),
        role: member('role'),
        scopes: memberWords('scopes'),
        filter: member('filter'),
        status: member('status'),
        created_ms: member('createdMs'),
        expires_ms: member('expiresMs'),
        version: rowVersion,
      },
    }),
  ],
}

/** How the rows of each kind that are gone leave D1. The tenant and its settings go by another way, when all of it goes. */
const REMOVE: Readonly<Record<DirectoryKind, Statements>> = {
  tenant: () => [],
  settings: () => [],
  key: (publication, ids) => [remove('api_key', 'id', publication, ids)],
  domain: (publication, ids) => [
    remove('domain', 'host', publication, ids),
    remove('host_claim', 'host', publication, ids),
  ],
  member: (publication, ids) => [remove('member', 'id', publication, ids)],
  session: (publication, ids) => [remove('session', 'id', publication, ids)],
}

/** What D1 has of a tenant's directory, and at which version. */
export interface StoredDirectory {
  readonly version: number
  /** False while only the name of the tenant is taken. */
  readonly isMade: boolean
  readonly rows: readonly DirectoryRow[]
}

/** Reads the whole directory: for an object that has none of its own, because its tenant is older than that. */
export async function readStoredDirectory(control: D1Database, tenantId: string): Promise<StoredDirectory | undefined> {
  const db = controlDatabase(control)
  // Tenants of that age have no members and sessions.
  const [tenant, keys, domains] = await Promise.all([
    db.selectFrom('tenant').selectAll().where('id', '=', tenantId).executeTakeFirst(),
    db.selectFrom('api_key').selectAll().where('tenant_id', '=', tenantId).execute(),
    db.selectFrom('domain').selectAll().where('tenant_id', '=', tenantId).execute(),
  ])
  if (tenant === undefined) return undefined
  const rows = [...tenantRows(tenant), ...keys.map(keyRow), ...domains.map(domainRow)]
  return { version: tenant.settings_version, isMade: tenant.status !== RESERVED, rows }
}

/** The status of a tenant of which only the name is taken. */
const RESERVED = 'reserved'

/**
 * Takes a name for a tenant that is about to be made; answers the id of the tenant that has it. Whoever comes second, or
 * comes again, learns the id of the first.
 */
export async function reserveTenant(
  control: D1Database,
  tenant: { readonly id: string; readonly name: string; readonly plan: string },
  nowMs: number,
): Promise<string> {
  const db = controlDatabase(control)
  await db
    .insertInto('tenant')
    .values({
      ...tenant,
      status: RESERVED,
      payload_database: 'PAYLOAD',
      settings_version: 0,
      created_ms: nowMs,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  const row = await db.selectFrom('tenant').select('id').where('name', '=', tenant.name).executeTakeFirstOrThrow()
  return row.id
}

/**
 * Claims hosts for a tenant; answers those that are another tenant's, and the version of the tenant that D1 has. A claim can
 * be taken over from a tenant for which the host does not route, once it has had HOST_CLAIM_MS for that.
 */
export async function claimHosts(
  control: D1Database,
  claim: {
    readonly tenantId: string
    readonly hosts: readonly string[]
    readonly staleMs: number
    readonly nowMs: number
  },
): Promise<{ readonly taken: readonly string[]; readonly version: number }> {
  const { tenantId, staleMs, nowMs } = claim
  const db = controlDatabase(control)
  const hosts = JSON.stringify(claim.hosts)
  const isRouted = sql`EXISTS (SELECT 1 FROM domain WHERE domain.host = host_claim.host
    AND domain.tenant_id = host_claim.tenant_id AND domain.status IN ('active', 'suspended'))`
  const take = sql`INSERT INTO host_claim (host, tenant_id, claimed_ms)
    SELECT value, ${tenantId}, ${nowMs} FROM json_each(${hosts}) WHERE true
    ON CONFLICT (host) DO UPDATE SET tenant_id = excluded.tenant_id, claimed_ms = excluded.claimed_ms
    WHERE host_claim.tenant_id = excluded.tenant_id OR (host_claim.claimed_ms <= ${staleMs} AND NOT ${isRouted})`
  const find = db
    .selectFrom('host_claim')
    .select('host')
    .where('host', 'in', sql<string>`(SELECT value FROM json_each(${hosts}))`)
    .where('tenant_id', '!=', tenantId)
  const known = db.selectFrom('tenant').select('settings_version').where('id', '=', tenantId)
  const [, others, versions] = await runTogether(control, [take.compile(db), find.compile(), known.compile()])
  return {
    taken: others.results.map((row) => Claimed.parse(row).host),
    version: Known.parse(versions.results.at(0) ?? { settings_version: 0 }).settings_version,
  }
}

function tenantRows(tenant: Stored<'tenant'>): DirectoryRow[] {
  const { id, version, settings, settings_edition } = tenant
  const value = without({
    name: tenant.name,
    status: tenant.status,
    plan: tenant.plan,
    limits: JSON.parse(tenant.limits),
    contactEmail: tenant.contact_email,
    payloadDatabase: tenant.payload_database,
    createdMs: tenant.created_ms,
    deleteMs: tenant.delete_ms,
  })
  return [
    { kind: 'tenant', id, version, value },
    { kind: 'settings', id: SETTINGS_ID, version: settings_edition, value: JSON.parse(settings) },
  ]
}

const keyRow = (key: Stored<'api_key'>): DirectoryRow => ({
  kind: 'key',
  id: key.id,
  version: key.version,
  value: without({
    kind: key.kind,
    hash: key.hash,
    last4: key.last4,
    scopes: key.scopes.split(' '),
    role: key.role ?? roleOfKind(key.kind),
    filter: key.filter,
    origins: listOf(key.origins),
    addresses: listOf(key.addresses),
    expiresMs: key.expires_ms,
    rotatedFrom: key.rotated_from,
    note: key.note,
    status: key.status,
    createdMs: key.created_ms,
    createdBy: key.created_by,
  }),
})

/** A domain as D1 has it, as a row of a directory. */
export const domainRow = (domain: Stored<'domain'>): DirectoryRow => ({
  kind: 'domain',
  id: domain.host,
  version: domain.version,
  value: without({
    status: domain.status,
    tokenHash: domain.token_hash,
    tokenExpiresMs: domain.token_expires_ms,
    proof: domain.proof,
    provedMs: domain.proved_ms,
    checkedMs: domain.checked_ms,
    lostMs: domain.lost_ms,
    hostnameId: domain.hostname_id,
    contactEmail: domain.contact_email,
    config: JSON.parse(domain.config),
    createdMs: domain.created_ms,
  }),
})

type Stored<Table extends keyof ControlTables> = Selectable<ControlTables[Table]>

const listOf = (json: string | null) => (json === null ? null : JSON.parse(json))

/** What D1 has as NULL a row does not have. */
const without = (value: Readonly<Record<string, unknown>>): JsonObject =>
  JSON.parse(JSON.stringify(value, (_, member) => member ?? undefined))
