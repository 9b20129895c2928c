import * as z from 'zod'
import type { Handler } from '../../http/handler'
import { readQuery } from '../../http/read-query'
import { jsonAnswer } from '../search-answer'
import { changeKnown } from './ask-registry'

/** `DELETE /integration/services/:serviceId`: forgets a service, its key, and how it was. Its logs stay. */
export const removeService: Handler = async (request, env) => {
  readQuery(request.url, z.strictObject({}))
  const { serviceId: id } = request.params
  await changeKnown(request, env, { id, askOf: ({ edition }) => ({ ask: 'remove', id, edition }) })
  return jsonAnswer({ removed: id })
}
