import { CREDENTIAL_CHARACTERS_MAX } from '../limits/limits'
import type { TenantRequest } from './handler'

/** The credential of a request: where its protocol has one, else where all requests have theirs. */
export function credentialOf(request: TenantRequest): string | undefined {
  const { config, dialect, headers } = request
  return dialect?.credential(request, config) ?? readCredential(headers, config.API_KEY_HEADER)
}

/** The bearer token, else the header of the operator's choice. Header names are matched in lower case. */
export function readCredential(headers: Headers, headerName: string): string | undefined {
  const bearer = /^bearer +(\S+)$/i.exec(headers.get('authorization')?.trim() ?? '')?.[1]
  const text = bearer ?? headers.get(headerName)?.trim()
  return text && text.length <= CREDENTIAL_CHARACTERS_MAX ? text : undefined
}
