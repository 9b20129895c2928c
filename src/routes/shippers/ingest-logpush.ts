import { LOGPUSH } from '../../formats/logpush'
import type { Dialect } from '../../http/dialect'
import type { Handler } from '../../http/handler'
import { takeLogs } from '../store-format'
import { anyCredential, jsonAnswer, PLAIN, SHIPPER_RULES } from './plain-dialect'

/** Cloudflare shows the text of an answer to whoever makes the job. */
export const LOGPUSH_JOB: Dialect = { name: 'logpush', credential: anyCredential, refuse: PLAIN.refuse }

/** `POST /ingest/logpush`: the batches of a job, and the upload by which Cloudflare tests the address, which is no log. */
export const ingestLogpush: Handler = async (request, env) => {
  const { receipt } = await takeLogs(request, env, LOGPUSH, { ...SHIPPER_RULES, body: { mayBeEmpty: true } })
  return jsonAnswer(200, { accepted: receipt.accepted, rejected: receipt.rejected })
}
