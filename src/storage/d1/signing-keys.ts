import { controlDatabase } from './database'

/** A key pair as JWKs (RFC 8037), as JSON texts. */
export interface StoredKeyPair {
  readonly privateJwk: string
  readonly publicJwk: string
}

/** The service's key for a purpose, if it has one. */
export async function findSigningKey(control: D1Database, purpose: string): Promise<StoredKeyPair | undefined> {
  const row = await controlDatabase(control)
    .selectFrom('signing_key')
    .select(['private_jwk', 'public_jwk'])
    .where('purpose', '=', purpose)
    .executeTakeFirst()
  return row && { privateJwk: row.private_jwk, publicJwk: row.public_jwk }
}

/** Keeps a key for a purpose that has none; answers the one that there is now. */
export async function keepSigningKey(
  control: D1Database,
  purpose: string,
  made: StoredKeyPair,
  nowMs: number,
): Promise<StoredKeyPair> {
  await controlDatabase(control)
    .insertInto('signing_key')
    .values({ purpose, private_jwk: made.privateJwk, public_jwk: made.publicJwk, created_ms: nowMs })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  return (await findSigningKey(control, purpose)) ?? made
}
