import { DIRECTORY_KINDS } from '../../src/tenant/directory-rows'
import type { HeldFacts } from '../../src/tenant/erase-tenant'
import { totalOf } from '../../src/tenant/ledger'
import type { Holdings } from './holdings'

/** What the object holds of its tenant, for the certificate of its end. */
export function heldFacts(sql: SqlStorage, { state, sealed, directory }: Holdings): HeldFacts {
  const { journalRows, ledger } = state.read()
  return {
    bytes: sql.databaseSize,
    unsealedRecords: journalRows,
    unpublished: sealed.list().map(({ id, rows, hash }) => ({ id, rows, hash })),
    recordsStored: totalOf(ledger).stored,
    directory: Object.fromEntries(DIRECTORY_KINDS.map((kind) => [kind, directory.count(kind)])),
  }
}
