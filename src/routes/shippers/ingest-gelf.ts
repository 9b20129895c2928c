import { GELF } from '../../formats/gelf'
import type { Dialect } from '../../http/dialect'
import type { Handler } from '../../http/handler'
import { takeLogs } from '../store-format'
import { anyCredential, refuseInText, SHIPPER_RULES } from './plain-dialect'

/** Senders of GELF go by the status. */
export const GELF_INPUT: Dialect = { name: 'gelf', credential: anyCredential, refuse: refuseInText }

/** `POST /gelf`: Graylog's input for GELF over HTTP. */
export const ingestGelf: Handler = async (request, env) => {
  await takeLogs(request, env, GELF, SHIPPER_RULES)
  return new Response(null, { status: 202 })
}
