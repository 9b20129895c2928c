import { HEROKU } from '../../formats/heroku'
import type { Dialect } from '../../http/dialect'
import type { Handler } from '../../http/handler'
import { takeLogs } from '../store-format'
import { anyCredential, refuseInText, SHIPPER_RULES } from './plain-dialect'

/** Logplex goes by the status alone, and has its key in the drain's address, which arrives as Basic. */
export const LOGPLEX: Dialect = { name: 'logplex', credential: anyCredential, refuse: refuseInText }

/** `POST /ingest/heroku`: a Logplex drain. A frame that comes again has the id of the first time. */
export const ingestHeroku: Handler = async (request, env) => {
  const frame = request.headers.get('logplex-frame-id')
  const batchId = frame !== null && /^[\w-]{1,128}$/.test(frame) ? `logplex:${frame}` : undefined
  await takeLogs(request, env, HEROKU, { ...SHIPPER_RULES, body: { mayBeEmpty: true }, batchId })
  return new Response(null, { status: 204 })
}
