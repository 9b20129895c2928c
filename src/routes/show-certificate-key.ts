import * as z from 'zod'
import { CertificateKey, findCertificateKey } from '../admin/sign-certificate'
import { askControl } from '../http/ask-control'
import type { Handler } from '../http/handler'
import { jsonAnswer } from './search-answer'

/** A JWK Set (RFC 7517). */
export const CertificateKeys = z.strictObject({
  keys: z.array(CertificateKey.extend({ kid: z.string(), alg: z.literal('EdDSA'), use: z.literal('sig') }).strict()),
})

/** `GET /admin/certificates/key`: the key that certificates are checked with. Whoever was given one may ask. */
export const showCertificateKey: Handler = async (request, env) => {
  const key = await askControl(request, () => findCertificateKey(env.CONTROL))
  return jsonAnswer({ keys: key ? [{ ...key, alg: 'EdDSA', use: 'sig' }] : [] })
}
