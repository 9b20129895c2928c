import { randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { hashKey, KEY_SCOPES, type KeyKind, mintKey } from '../../src/http/api-key'
import { mintId } from '../../src/http/mint-id'
import { type Ready, Server, type StartOptions } from './server'

export type Tenant = Pick<NonNullable<Ready['tenant']>, 'id' | 'domain' | 'ingestKey' | 'queryKey' | 'adminKey'>

/** A server with acme, as everybody has it, and a second tenant. */
export async function startWithTwoTenants(options: StartOptions = {}): Promise<{ server: Server; globex: Tenant }> {
  const first = await Server.start(options)
  await first.stop()
  const globex = addTenant(first.data, 'globex')
  return { server: await Server.start({ ...options, data: first.data }), globex }
}

/** Writes a tenant with a domain and keys into the CONTROL database of a server that is not running. */
function addTenant(data: string, name: string): Tenant {
  const id = mintId('ten', Date.now(), randomBytes(32))
  const domain = `${name}.localhost`
  const control = openControl(data)
  control
    .prepare(
      `INSERT INTO tenant (id, name, status, plan, payload_database, settings_version, created_ms)
       VALUES (?, ?, 'active', 'standard', 'PAYLOAD', 0, ?)`,
    )
    .run(id, name, Date.now())
  control
    .prepare("INSERT INTO domain (host, tenant_id, status, created_ms) VALUES (?, ?, 'active', ?)")
    .run(domain, id, Date.now())
  control.prepare('INSERT INTO host_claim (host, tenant_id, claimed_ms) VALUES (?, ?, ?)').run(domain, id, Date.now())
  const tenant = {
    id,
    domain,
    ingestKey: addKey(control, id, 'ing'),
    queryKey: addKey(control, id, 'rd'),
    adminKey: addKey(control, id, 'adm'),
  }
  control.close()
  return tenant
}

function addKey(control: DatabaseSync, tenantId: string, kind: KeyKind): string {
  const text = mintKey(kind, randomBytes(32))
  control
    .prepare(
      `INSERT INTO api_key (id, tenant_id, kind, hash, last4, scopes, status, note, created_ms)
       VALUES (?, ?, ?, ?, ?, ?, 'active', 'test', ?)`,
    )
    .run(
      mintId('key', Date.now(), randomBytes(32)),
      tenantId,
      kind,
      hashKey(text),
      text.slice(-4),
      KEY_SCOPES[kind].join(' '),
      Date.now(),
    )
  return text
}

/** The CONTROL database of a server that is not running. Miniflare names files by hashes; it is the one with tenants. */
export function openControl(data: string): DatabaseSync {
  const folder = path.join(data, 'd1', 'miniflare-D1DatabaseObject')
  const files = readdirSync(folder).filter((file) => file.endsWith('.sqlite') && file !== 'metadata.sqlite')
  for (const file of files) {
    const database = new DatabaseSync(path.join(folder, file))
    if (database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'tenant'").get() !== undefined) return database
    database.close()
  }
  throw new Error(`no database below ${folder} has tenants`)
}
