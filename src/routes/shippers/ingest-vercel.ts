import { createHmac, timingSafeEqual } from 'node:crypto'
import { VERCEL } from '../../formats/platform-logs'
import type { Dialect } from '../../http/dialect'
import type { Handler, TenantRequest } from '../../http/handler'
import { ApiError } from '../../http/problem'
import { credentialOf } from '../../http/read-credential'
import { takeLogs } from '../store-format'
import { anyCredential, jsonAnswer, SHIPPER_RULES } from './plain-dialect'

/** Vercel's drains, and their own error for a signature that does not fit (vercel.com/docs/drains/security). */
export const VERCEL_DRAIN: Dialect = {
  name: 'vercel',
  credential: anyCredential,
  refuse: ({ status, code, detail }, request) => verified(jsonAnswer(status, { code, error: detail }), request),
}

const VERIFY_CODE = /^[\w-]{1,128}$/

/**
 * `POST /ingest/vercel`: a drain. Its secret is the key that its Authorization header carries, so that the signature, over the
 * bytes as they were sent, is checked and no secret is kept. `?verify=` is the code by which Vercel knows that the address wants to be one.
 */
export const ingestVercel: Handler = async (request, env) => {
  const check = (sent: Uint8Array): void => checkSignature(request, sent)
  await takeLogs(request, env, VERCEL, { ...SHIPPER_RULES, body: { mayBeEmpty: true, check } })
  return verified(jsonAnswer(200, {}), request)
}

function checkSignature(request: TenantRequest, sent: Uint8Array): void {
  // An empty request is Vercel's question whether there is anybody.
  if (sent.length === 0) return
  const expected = createHmac('sha1', credentialOf(request) ?? '')
    .update(sent)
    .digest()
  const signature = Buffer.from(request.headers.get('x-vercel-signature') ?? '', 'hex')
  if (signature.length === expected.length && timingSafeEqual(signature, expected)) return
  throw new ApiError(
    'invalid_signature',
    'x-vercel-signature does not fit the body: set the secret of the drain to the key in its Authorization header.',
  )
}

/** The code stands in the address, which whoever makes the drain has written. */
function verified(response: Response, request: Request): Response {
  const code = new URL(request.url).searchParams.get('verify')
  if (code !== null && VERIFY_CODE.test(code)) response.headers.set('x-vercel-verify', code)
  return response
}
