import { type CompiledQuery, type Generated, Kysely, type RawBuilder, sql } from 'kysely'
import { D1Dialect } from 'kysely-d1'

/** The tables of schema.sql, where each column is explained. */
export interface ControlTables {
  tenant: {
    id: string
    name: string
    status: string
    plan: string
    payload_database: string
    settings_version: number
    created_ms: number
    limits: Generated<string>
    settings: Generated<string>
    settings_edition: Generated<number>
    contact_email: string | null
    delete_ms: number | null
    version: Generated<number>
  }
  domain: {
    host: string
    tenant_id: string
    status: string
    token_hash: string | null
    token_expires_ms: number | null
    proof: string | null
    proved_ms: number | null
    checked_ms: number | null
    lost_ms: number | null
    hostname_id: string | null
    contact_email: string | null
    config: Generated<string>
    created_ms: number
    version: Generated<number>
  }
  host_claim: {
    host: string
    tenant_id: string
    claimed_ms: number
  }
  api_key: {
    id: string
    tenant_id: string | null
    kind: string
    hash: string
    last4: string
    scopes: string
    status: string
    note: string
    created_ms: number
    expires_ms: number | null
    role: string | null
    filter: string | null
    origins: string | null
    addresses: string | null
    rotated_from: string | null
    created_by: string | null
    last_used_day: number | null
    version: Generated<number>
  }
  member: {
    id: string
    tenant_id: string
    email: string | null
    subject: string | null
    role: string
    filter: string | null
    status: string
    created_ms: number
    version: number
  }
  session: {
    id: string
    tenant_id: string
    hash: string
    csrf_hash: string
    principal_id: string
    role: string
    scopes: string
    filter: string | null
    status: string
    created_ms: number
    expires_ms: number
    version: number
  }
  erasure: {
    tenant_id: string
    name: string
    step: string
    begun_ms: number
    facts: Generated<string>
    done_ms: number | null
    certificate: string | null
  }
  signing_key: {
    purpose: string
    private_jwk: string
    public_jwk: string
    created_ms: number
  }
  segment: {
    tenant_id: string
    id: string
    shard: number
    day: number
    class: string
    rows: number
    bytes: number
    min_time_ms: number
    max_time_ms: number
    min_seq: number
    max_seq: number
    levels: number
    added: number
    removed: number | null
    removed_ms: number | null
    place: 'd1' | 'r2'
    archive_key: string | null
    archive_offset: number | null
    header: string
    hash: string
    sealed_ms: number
    mask: string | null
  }
  due: {
    tenant_id: string
    due_ms: number
  }
  cron_slot: {
    cron: string
    slot_ms: number
    position: string
    lease_ms: number
    done_ms: number | null
  }
}

/** The table of migrations/payload. */
export interface PayloadTables {
  payload_part: {
    tenant_id: string
    segment_id: string
    part: number
    data: string
  }
}

/** Speaks to the CONTROL database. */
export const controlDatabase = (d1: D1Database): Kysely<ControlTables> =>
  new Kysely<ControlTables>({ dialect: new D1Dialect({ database: d1 }) })

/** Speaks to a PAYLOAD database. */
export const payloadDatabase = (d1: D1Database): Kysely<PayloadTables> =>
  new Kysely<PayloadTables>({ dialect: new D1Dialect({ database: d1 }) })

/** D1 has no interactive transactions, so statements that must agree travel in one batch. */
export const runTogether = (d1: D1Database, queries: readonly CompiledQuery[]): Promise<D1Result[]> =>
  d1.batch(queries.map(({ sql, parameters }) => d1.prepare(sql).bind(...parameters)))

/** Any number of values as one parameter: D1 takes 100. For `in`. */
export const listed = (values: readonly string[]): RawBuilder<string> =>
  sql<string>`(SELECT value FROM json_each(${JSON.stringify(values)}))`

/** Where every query over the catalog starts, so that none can forget its tenant. */
export const segmentsOf = (db: Kysely<ControlTables>, tenantId: string) =>
  db.selectFrom('segment').where('tenant_id', '=', tenantId)
