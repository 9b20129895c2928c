import { createHash } from 'node:crypto'

/** Whose acknowledgement it is: it is told to nobody else. */
export interface AckOwner {
  readonly tenantId: string
  /** In lower case. */
  readonly channel: string
}

/** A channel of Splunk's indexer acknowledgement: a GUID of the client's choice. In lower case; undefined when it is none. */
export function parseChannel(text: string): string | undefined {
  const channel = text.trim().toLowerCase()
  return /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/.test(channel) ? channel : undefined
}

/**
 * The number under which a client asks whether a batch is durable. Nothing has to be kept for it: what was answered 200 is on disk, so
 * the number only has to prove that it was given out for a batch of this channel. The same batch always gets the same number; it has
 * 53 bits, as many as clients in JavaScript can read. It is no secret: it tells its owner what he was told already.
 */
export function ackIdOf(owner: AckOwner, batchId: string): number {
  const nonce = digestOf([owner.tenantId, owner.channel, batchId]).readUIntBE(0, 6) % NONCES
  return nonce * CHECKS + checkOf(owner, nonce)
}

/** Whether the number was given out for a batch of this channel, all of which is durable. */
export function isAckId(owner: AckOwner, ackId: number): boolean {
  if (!Number.isSafeInteger(ackId) || ackId < CHECKS) return false
  return checkOf(owner, Math.floor(ackId / CHECKS)) === ackId % CHECKS
}

/** 35 bits: among a thousand batches in flight two have the same once in 70,000 times. */
const NONCES = 2 ** 35

/** 18 bits: a number that was made up is taken for one of ours once in 260,000 times. */
const CHECKS = 2 ** 18

const checkOf = ({ tenantId, channel }: AckOwner, nonce: number): number =>
  digestOf([tenantId, channel, String(nonce), 'ack']).readUInt32BE(0) % CHECKS

const digestOf = (parts: readonly string[]): Buffer => createHash('sha256').update(parts.join('\n')).digest()
