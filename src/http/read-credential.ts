import { CREDENTIAL_CHARACTERS_MAX } from '../limits/limits'

/** The bearer token, else the header of the operator's choice. Header names are matched in lower case. */
export function readCredential(headers: Headers, headerName: string): string | undefined {
  const bearer = /^bearer +(\S+)$/i.exec(headers.get('authorization')?.trim() ?? '')?.[1]
  const text = bearer ?? headers.get(headerName)?.trim()
  return text && text.length <= CREDENTIAL_CHARACTERS_MAX ? text : undefined
}
