import { LOGTAIL } from '../../formats/logtail'
import type { Dialect } from '../../http/dialect'
import type { Handler } from '../../http/handler'
import { takeLogs } from '../store-format'
import { anyCredential, SHIPPER_RULES, textAnswer } from './plain-dialect'

/**
 * Better Stack's statuses: 403 for every credential that does not do, 406 for every body that cannot be read. A limit is 503: its client
 * for Python drops what is answered 429 and sends again what is answered 5xx, and its others send both again (logtail-python's
 * flusher.py, logtail-js' retry.ts).
 */
export const BETTER_STACK: Dialect = {
  name: 'logtail',
  credential: anyCredential,
  refuse: ({ status, detail }) => textAnswer(STATUSES[status] ?? status, detail),
}

const STATUSES: Readonly<Record<number, number>> = { 400: 406, 401: 403, 404: 403, 415: 406, 422: 406, 429: 503 }

/** `POST /`: where the clients of Better Stack send, whatever host they are given. */
export const ingestLogtail: Handler = async (request, env) => {
  await takeLogs(request, env, LOGTAIL, SHIPPER_RULES)
  return new Response(null, { status: 202 })
}
