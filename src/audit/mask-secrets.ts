import { createRedactor, DEFAULT_KINDS, secretKeyKind } from '../records/redact/redact'
import type { Json } from '../tenant/directory-rows'

const redactor = createRedactor({ kinds: DEFAULT_KINDS })

/** Hashes of secrets: who has them could try guesses at leisure. */
const HASHES: readonly string[] = ['hash', 'csrfHash', 'tokenHash']

/** A value without what grants access: by the names of its members, and by what its texts look like. */
export function maskSecrets(value: Json): Json {
  if (typeof value === 'string') return maskText(value)
  if (value === null || typeof value !== 'object') return value
  if (isList(value)) return value.map(maskSecrets)
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, maskMember(name, member)]))
}

/** A text without the secrets that are in it. */
export const maskText = (text: string): string => redactor.redactText(text) ?? text

function maskMember(name: string, value: Json): Json {
  const kind = HASHES.includes(name) ? 'secret' : secretKeyKind(name)
  return kind === undefined || value === null ? maskSecrets(value) : redactor.placeholder(kind)
}

const isList = (value: object): value is readonly Json[] => Array.isArray(value)
