import type { Caller, Refusal } from '../../src/tenant/contract'

/**
 * What the tenant no longer allows. Hints about keys and domains may be a minute old everywhere else; a row here holds from
 * the next request on. Kept in memory too, since the object is its only writer.
 */
export class Denied {
  readonly #rows: Map<string, string>

  constructor(sql: SqlStorage) {
    const rows = sql.exec<{ what: string; why: string }>('SELECT what, why FROM denied').toArray()
    this.#rows = new Map(rows.map(({ what, why }) => [what, why]))
  }

  find({ keyId, host }: Caller): Refusal | undefined {
    if (this.#rows.size === 0) return undefined
    if (this.#rows.has('tenant')) return { kind: 'tenant_suspended' }
    if (this.#rows.has(`key ${keyId}`)) return { kind: 'key_revoked' }
    return this.#rows.has(`host ${host}`) ? { kind: 'domain_moved' } : undefined
  }
}
