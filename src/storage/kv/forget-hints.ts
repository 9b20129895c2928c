import type { ChangedRow } from '../../tenant/publish-directory'
import { deleteHints } from './hints'
import { apiKeyKey, hostKey, sessionKey, settingsKey } from './keys'

/** Takes away what KV remembers of rows of a tenant's directory. What is left of it is old, and says so by its version. */
export const forgetHints = (kv: KVNamespace, tenantId: string, rows: readonly ChangedRow[]): Promise<void> =>
  deleteHints(kv, [...new Set(rows.flatMap((row) => hintKeysOf(tenantId, row)))])

function hintKeysOf(tenantId: string, { kind, id, value }: ChangedRow): string[] {
  const { hash } = value ?? {}
  switch (kind) {
    case 'tenant':
    case 'settings':
      return [settingsKey(tenantId)]
    case 'domain':
      return [hostKey(id)]
    case 'key':
      return typeof hash === 'string' ? [apiKeyKey(hash)] : []
    case 'session':
      return typeof hash === 'string' ? [sessionKey(hash)] : []
    case 'member':
      return []
  }
}
