/**
 * The only place that makes keys of R2. They start with the tenant, so that no object can be read for another one. How they
 * end says how the object is laid out.
 */
export const packKey = (
  tenantId: string,
  pack: { readonly day: number; readonly class: string; readonly hash: string },
) => `${tenantId}/${pack.day}/${pack.class}/${pack.hash}${COLUMNS_SUFFIX}`

/** True when columns of many segments stand side by side in the object; older ones (`.pack`) hold whole segments. */
export const isColumnPack = (key: string): boolean => key.endsWith(COLUMNS_SUFFIX)

const COLUMNS_SUFFIX = '.columns'

/** What all keys of a tenant begin with. */
export const tenantPrefix = (tenantId: string): string => `${tenantId}/`
