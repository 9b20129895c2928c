import { NEW_RELIC } from '../../formats/new-relic'
import { type Dialect, headerCredential, queryCredential } from '../../http/dialect'
import type { Handler } from '../../http/handler'
import { takeLogs } from '../store-format'
import { anyCredential, jsonAnswer, SHIPPER_RULES } from './plain-dialect'

/** New Relic's clients have their key in one of two headers or in the address, and are told 403 where others are told 401. */
export const NEW_RELIC_LOGS: Dialect = {
  name: 'newrelic',
  credential: (request, config) =>
    headerCredential(request, 'x-license-key') ?? queryCredential(request, 'Api-Key') ?? anyCredential(request, config),
  refuse: ({ status, code, detail }) => jsonAnswer(status === 401 ? 403 : status, { error: { code, message: detail } }),
}

/** `POST /log/v1`: New Relic's Log API. */
export const ingestNewRelic: Handler = async (request, env) => {
  await takeLogs(request, env, NEW_RELIC, SHIPPER_RULES)
  return jsonAnswer(202, { requestId: crypto.randomUUID() })
}
