import { WAYS_IN } from '../../formats/ways-in'
import type { Handler } from '../../http/handler'
import { ApiError } from '../../http/problem'
import { receiptResponse } from '../ingest-logs'
import { takeLogs } from '../store-format'
import { SHIPPER_RULES } from './plain-dialect'

/** `POST /ingest/:kind`: logs in the format that the address names, for senders that have one and no protocol. */
export const ingestKind: Handler = async (request, env) => {
  const { kind } = request.params
  if (!Object.hasOwn(WAYS_IN, kind))
    throw new ApiError('not_found', `There is no way in of this kind; there are ${Object.keys(WAYS_IN).join(', ')}.`)
  const { receipt, replayed } = await takeLogs(request, env, WAYS_IN[kind], SHIPPER_RULES)
  return receiptResponse(receipt, replayed)
}
