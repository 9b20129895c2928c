/** The only place that makes keys of R2. They start with the tenant, so that no object can be read for another one. */
export const packKey = (
  tenantId: string,
  pack: { readonly day: number; readonly class: string; readonly hash: string },
) => `${tenantId}/${pack.day}/${pack.class}/${pack.hash}.pack`
