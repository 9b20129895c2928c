import type { Env } from '../env'
import { errorFields } from '../log'
import type { RecordRuleFailure } from '../rules/record-rules/apply-record-rules'
import { tenantRules } from '../tenant-stub'
import { callerOf } from './caller'
import type { TenantRequest } from './handler'

/**
 * Tells the tenant's object of record rules that could not be asked about a batch, so that it switches them off. The batch is on
 * disk by then, and nothing that happens here is its client's concern.
 */
export async function tellFailedRules(
  request: TenantRequest,
  env: Env,
  failures: readonly RecordRuleFailure[],
): Promise<void> {
  for (const { rule: id, code, detail } of failures) {
    try {
      await tenantRules(env, request.tenantId).ask(callerOf(request), { what: 'fail', id, code, detail })
    } catch (error) {
      request.log.warn('record_rule_failed', { tenantId: request.tenantId, rule: id, ...errorFields(error) })
    }
  }
}
