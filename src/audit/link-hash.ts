import { createHash } from 'node:crypto'

/**
 * The hash of an entry in a log of which each entry vouches for the one before: SHA-256 over the bytes (UTF-8) of the log's
 * domain, the hash of the entry before as it is written, and the entry's text; in lower-case hexadecimal.
 */
export const linkHash = (domain: string, before: string, text: string): string =>
  createHash('sha256').update(domain).update(before).update(text).digest('hex')
