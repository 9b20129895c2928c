import * as z from 'zod'
import type { Handler } from '../../http/handler'
import { readJson } from '../../http/read-json'
import { readQuery } from '../../http/read-query'
import { ADMIN_BODY_BYTES_MAX } from '../../limits/limits'
import { rowAnswer } from '../directory-row'
import { changeKnown, requireOutside } from './ask-registry'
import { sealApiKey } from './create-service'
import { toServiceAnswer } from './service-answer'
import { ServiceEdit } from './service-body'

/** `PATCH /integration/services/:serviceId`: changes a service. Its name stays: that is what its records are known by. */
export const changeService: Handler = async (request, env) => {
  readQuery(request.url, z.strictObject({}))
  const edit = await readJson(request, ServiceEdit, ADMIN_BODY_BYTES_MAX)
  if (edit.serviceUrl !== undefined) requireOutside(request, edit.serviceUrl)
  const { serviceId: id } = request.params
  const { serviceUrl: url, healthEndpoint, version, capabilities } = edit
  const apiKey = edit.apiKey === null ? null : await sealApiKey(request, id, edit.apiKey)
  const patch = { url, healthEndpoint, version, capabilities, apiKey }
  const { services } = await changeKnown(request, env, {
    id,
    askOf: ({ edition }) => ({ ask: 'change', id, edition, patch }),
  })
  const [changed] = services
  if (changed === undefined) throw new Error('a service that was changed is missing')
  return rowAnswer(toServiceAnswer(changed.service), { version: changed.service.edition })
}
