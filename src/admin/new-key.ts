import { hashKey, KEY_SCOPES, mintKey } from '../http/api-key'
import { mintId } from '../http/mint-id'
import type { KeyRow } from '../tenant/directory-rows'
import { roleOfKind } from '../tenant/roles'

/** A new key: its text, to be shown once, and the row that is stored of it. */
export interface NewKey {
  /** Exists nowhere else. */
  readonly text: string
  readonly id: string
  readonly row: KeyRow
}

/** What may be said of a new key; its kind says the rest. */
export type KeyWishes = Pick<KeyRow, 'kind' | 'note'> & Partial<Omit<KeyRow, 'hash' | 'last4' | 'status' | 'createdMs'>>

/** Makes a key of a tenant. It holds once the tenant's object has added its row to the directory. */
export function newKey(wishes: KeyWishes, nowMs: number): NewKey {
  const { kind } = wishes
  const text = mintKey(kind, random())
  const role = roleOfKind(kind)
  const row: KeyRow = {
    scopes: [...KEY_SCOPES[kind]],
    role: role === 'operator' ? 'ingest' : role,
    ...wishes,
    hash: hashKey(text),
    last4: text.slice(-4),
    status: 'active',
    createdMs: nowMs,
  }
  return { text, id: mintId('key', nowMs, random()), row }
}

const random = (): Uint8Array => crypto.getRandomValues(new Uint8Array(32))
