import * as z from 'zod'
import type { Handler } from '../../http/handler'
import { readQuery } from '../../http/read-query'
import { rowAnswer } from '../directory-row'
import { readService } from './ask-registry'
import { toServiceAnswer } from './service-answer'

/** `GET /integration/services/:serviceId`: one service. How it is, is in /integration/health. */
export const showService: Handler = async (request, env) => {
  readQuery(request.url, z.strictObject({}))
  const service = await readService(request, env, request.params.serviceId)
  return rowAnswer(toServiceAnswer(service), { version: service.edition })
}
