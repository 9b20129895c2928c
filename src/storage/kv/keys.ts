/**
 * Every key of KV. They start with the tenant, so that no value can be read for another one; only the look-ups that
 * find the tenant cannot. The number is the version of the value: a new shape gets new keys, and old ones run out.
 */

/** Where the tenant of a host is remembered. */
export const hostKey = (host: string): string => `host/2/${host}`

/** Where a credential is remembered, by the hash of its text. */
export const apiKeyKey = (hash: string): string => `key/2/${hash}`

/** Where a browser's session is remembered, by the hash of its secret. */
export const sessionKey = (hash: string): string => `session/1/${hash}`

/** Where a tenant's status, plan and settings are remembered. */
export const settingsKey = (tenantId: string): string => `${tenantId}/settings/1`

/** Where the columns of a hot segment are kept that nearly every query reads. */
export const segmentCoreKey = (tenantId: string, segmentId: string): string => `${tenantId}/segment/1/${segmentId}/core`

/** What all keys begin with that can be found by the tenant. */
export const tenantPrefix = (tenantId: string): string => `${tenantId}/`
