import { type SigningKey, signatureOf } from './signing-secret'

/** What is signed: the same id for every attempt, the time of this one, and the bytes of the body. */
export interface SignedMessage {
  readonly id: string
  readonly sentMs: number
  readonly body: string
}

/** The headers of an attempt (Standard Webhooks 1.0.0), with one signature for each key: during a rotation there are two. */
export async function signedHeaders(
  keys: readonly SigningKey[],
  { id, sentMs, body }: SignedMessage,
): Promise<Record<string, string>> {
  const timestamp = `${Math.floor(sentMs / 1000)}`
  const content = `${id}.${timestamp}.${body}`
  const signatures = await Promise.all(keys.map((key) => signatureOf(key, content)))
  return {
    'content-type': 'application/json',
    'user-agent': 'Sluice-Webhooks/1.0',
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.join(' '),
  }
}
