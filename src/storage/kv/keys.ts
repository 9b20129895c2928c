/**
 * Every key of KV. They start with the tenant, so that no value can be read for another one; only the two look-ups that
 * find the tenant cannot. The number is the version of the value: a new shape gets new keys, and old ones run out.
 */

/** Where the tenant of a host is remembered. */
export const hostKey = (host: string): string => `host/1/${host}`

/** Where a credential is remembered, by the hash of its text. */
export const apiKeyKey = (hash: string): string => `key/1/${hash}`

/** Where half of a hot segment is kept: the columns that nearly every query reads, or the rest. */
export const segmentKey = (tenantId: string, segmentId: string, half: 'core' | 'rest'): string =>
  `${tenantId}/segment/1/${segmentId}/${half}`
