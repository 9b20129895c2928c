import * as z from 'zod'
import type { Handler } from '../../http/handler'
import { readQuery } from '../../http/read-query'
import { jsonAnswer } from '../search-answer'
import { askRegistry } from './ask-registry'
import { toServiceAnswer } from './service-answer'

/** `GET /integration/services`: the services that the tenant works with, those of the installation first. */
export const listRegisteredServices: Handler = async (request, env) => {
  readQuery(request.url, z.strictObject({}))
  const { services } = await askRegistry(request, env, { ask: 'list' })
  return jsonAnswer({ data: services.map(({ service }) => toServiceAnswer(service)) })
}
