import * as z from 'zod'
import { documentIn } from '../admin/sign-certificate'
import { askControl } from '../http/ask-control'
import type { Handler } from '../http/handler'
import { ApiError } from '../http/problem'
import { readQuery } from '../http/read-query'
import { findErasure } from '../storage/d1/erasures'
import { ERASURE_STEPS } from '../tenant/erase-tenant'
import { ErasureCertificate } from '../tenant/erasure-certificate'
import { jsonAnswer } from './search-answer'

/** The answer of GET /admin/tenants/:tenant/certificate. */
export const ErasureAnswer = z.strictObject({
  tenant_id: z.string(),
  name: z.string(),
  status: z.enum(['erasing', 'erased']),
  next_step: z.enum(ERASURE_STEPS).nullable(),
  begun_at: z.iso.datetime(),
  finished_at: z.iso.datetime().nullable(),
  certificate: ErasureCertificate.nullable(),
  jws: z.string().nullable().meta({
    description:
      'The same document, signed: a compact JWS (RFC 7515) with EdDSA. The key: GET /admin/certificates/key.',
  }),
})

/** `GET /admin/tenants/:tenant/certificate`: how far erasing a tenant has come, and the certificate when it is done. */
export const getErasure: Handler = async (request, env) => {
  readQuery(request.url, z.strictObject({}))
  const erasure = await askControl(request, () => findErasure(env.CONTROL, request.params.tenant))
  if (erasure === undefined) throw new ApiError('not_found')
  const { tenantId, name, step, begunMs, doneMs, certificate } = erasure
  const isDone = doneMs !== undefined
  return jsonAnswer({
    ...{ tenant_id: tenantId, name, status: isDone ? 'erased' : 'erasing', next_step: isDone ? null : step },
    begun_at: new Date(begunMs).toISOString(),
    finished_at: isDone ? new Date(doneMs).toISOString() : null,
    certificate: certificate === undefined ? null : documentIn(certificate),
    jws: certificate ?? null,
  })
}
