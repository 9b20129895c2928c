import type { Handler } from '../../http/handler'
import { API_V1_INGEST_RECORDS_MAX } from '../../limits/limits'
import { storeLogs } from '../ingest-logs'
import { refuseUnknown } from './row-parameters'
import { SERVICE_NAMES } from './service-name'

/** `POST /api/v1/logs/ingest`: one log, over the ordinary way in. */
export const ingestLog: Handler = (request, env) => {
  refuseUnknown(new URL(request.url).searchParams)
  const records = { name: 'API_V1_INGEST_RECORDS_MAX', value: API_V1_INGEST_RECORDS_MAX }
  return storeLogs(request, env, { strict: false, records, serviceNames: SERVICE_NAMES })
}
