import { requireFullSight } from '../http/access'
import { refusalError } from '../http/caller'
import type { Handler } from '../http/handler'
import { withFreshHints } from '../http/with-fresh-hints'
import { type Account, imbalance, type Operations, rejectedTotal, totalOf } from '../tenant/ledger'
import { tenantStub } from '../tenant-stub'
import { jsonAnswer } from './search-answer'

/** `GET /admin/usage`: the tenant's account. It adds up at every moment: `imbalance` is always 0. */
export const showUsage: Handler = async (request, env) => {
  const stub = tenantStub(env, request.tenantId)
  const outcome = await withFreshHints(request, async (caller) => stub.usage(caller))
  if (!outcome.ok) throw refusalError(outcome.refusal)
  // Only now: the object may have had the caller proved again, with a filter that is newer.
  requireFullSight(request)
  const { ledger, journalRows, journalBytes, sealedSegments, sealedBytes, generation } = outcome.usage
  const total = totalOf(ledger)
  return jsonAnswer({
    ...accountAnswer(total),
    rejected_total: rejectedTotal(total),
    imbalance: imbalance(total),
    bytes_stored: ledger.bytesStored,
    sampled_by_rule: ledger.sampledBy ?? {},
    keys: Object.fromEntries(Object.entries(ledger.keys).map(([id, account]) => [id, accountAnswer(account)])),
    operations: operationsAnswer(ledger.operations),
    journal: { rows: journalRows, bytes: journalBytes },
    unpublished: { segments: sealedSegments, bytes: sealedBytes },
    generation,
  })
}

const accountAnswer = ({ bytesIn, ...counts }: Account): object => ({ ...counts, bytes_in: bytesIn })

const operationsAnswer = ({ requests, rowsWritten, kvWrites, d1RowsWritten, archiveWrites }: Operations): object => ({
  requests,
  rows_written: rowsWritten,
  kv_writes: kvWrites,
  d1_rows_written: d1RowsWritten,
  archive_writes: archiveWrites,
})
