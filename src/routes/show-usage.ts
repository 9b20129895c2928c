import { callerOf, refusalError } from '../http/caller'
import type { Handler } from '../http/handler'
import { imbalance, rejectedTotal, totalOf } from '../tenant/ledger'
import { tenantStub } from '../tenant-stub'

/** `GET /admin/usage`: the tenant's account. It adds up at every moment: `imbalance` is always 0. */
export const showUsage: Handler = async (request, env) => {
  const outcome = await tenantStub(env, request.tenantId).usage(callerOf(request))
  if (!outcome.ok) throw refusalError(outcome.refusal)
  const { ledger, journalRows, journalBytes, sealedSegments, sealedBytes, generation } = outcome.usage
  const total = totalOf(ledger)
  const body = {
    ...total,
    rejected_total: rejectedTotal(total),
    imbalance: imbalance(total),
    bytes_in: total.bytesIn,
    bytes_stored: ledger.bytesStored,
    keys: ledger.keys,
    operations: ledger.operations,
    journal: { rows: journalRows, bytes: journalBytes },
    unpublished: { segments: sealedSegments, bytes: sealedBytes },
    generation,
  }
  return new Response(`${JSON.stringify(body)}\n`, {
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store, private' },
  })
}
