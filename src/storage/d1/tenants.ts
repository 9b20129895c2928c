import { controlDatabase } from './database'

/** What the control database knows of a tenant. */
export interface TenantRecord {
  readonly id: string
  readonly name: string
  readonly status: string
  readonly plan: string
  readonly settingsVersion: number
}

/** The first tenants in the order of their ids, and how many there are in all. */
export async function listTenants(
  control: D1Database,
  tenantsMax: number,
): Promise<{ readonly tenants: readonly TenantRecord[]; readonly count: number }> {
  const db = controlDatabase(control)
  const rows = await db
    .selectFrom('tenant')
    .select(['id', 'name', 'status', 'plan', 'settings_version as settingsVersion'])
    .orderBy('id')
    .limit(tenantsMax)
    .execute()
  if (rows.length < tenantsMax) return { tenants: rows, count: rows.length }
  const { count } = await db
    .selectFrom('tenant')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  return { tenants: rows, count }
}
