import type { Env } from '../../env'
import { DATADOG } from '../../formats/datadog/datadog'
import type { Handler, TenantRequest } from '../../http/handler'
import { BATCH_RECORDS_MAX } from '../../limits/limits'
import { takeLogs } from '../store-format'
import { datadogResponse } from './datadog-dialect'

/** `POST /api/v2/logs` of Datadog: 202 once what can be kept is on disk. */
export const ingestDatadog: Handler = (request, env) => ingest(request, env, 202)

/** `POST /v1/input` of Datadog, whose clients wait for 200. */
export const ingestDatadogV1: Handler = (request, env) => ingest(request, env, 200)

async function ingest(request: TenantRequest, env: Env, status: number): Promise<Response> {
  await takeLogs(request, env, DATADOG, {
    strict: false,
    records: { name: 'BATCH_RECORDS_MAX', value: BATCH_RECORDS_MAX },
    hasNoIds: true,
    body: { mayBeEmpty: true },
  })
  return datadogResponse(status, {})
}

/** `GET /api/v1/validate` of Datadog: whether the key is good, which it is by now. */
export const validateDatadogKey: Handler = () => datadogResponse(200, { valid: true })
