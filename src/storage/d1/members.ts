import { sql } from 'kysely'
import * as z from 'zod'
import { controlDatabase } from './database'

/** What the front door knows of the person that a token is of: also that they are no member, as of which version. */
export const MemberRecord = z.object({
  member: z
    .object({
      id: z.string(),
      /** Absent until their first sign-in, when they were invited by their address. */
      subject: z.string().optional(),
      role: z.string(),
      /** In the query language. */
      filter: z.string().optional(),
      status: z.string(),
      /** The version that last changed the row. */
      version: z.int().min(0),
    })
    .optional(),
  version: z.int().min(0),
})
export type MemberRecord = z.infer<typeof MemberRecord>

/** Who it is that looks in: `<issuer id>:<sub>`, and the address that their issuer has verified. */
export interface Person {
  readonly subject: string
  readonly email: string | undefined
}

/** Finds the member that a person is. An address only counts until it is bound to a subject. */
export async function findMember(
  control: D1Database,
  tenantId: string,
  { subject, email }: Person,
): Promise<MemberRecord | undefined> {
  const rows = await controlDatabase(control)
    .selectFrom('tenant')
    .leftJoin('member', (join) =>
      join
        .onRef('member.tenant_id', '=', 'tenant.id')
        .on((on) =>
          on.or([
            on('member.subject', '=', subject),
            on.and([on('member.subject', 'is', null), on('member.email', '=', email ?? '')]),
          ]),
        ),
    )
    .select(['member.id', 'member.subject', 'member.role', 'member.filter', 'member.status', 'member.version'])
    .select('tenant.settings_version')
    .where('tenant.id', '=', tenantId)
    .execute()
  const row = rows.find((found) => found.subject === subject) ?? rows.at(0)
  if (row === undefined) return undefined
  const { settings_version: version, id, role, status } = row
  if (id === null || role === null || status === null) return { version }
  const { subject: bound, filter } = row
  const said = { ...(bound !== null && { subject: bound }), ...(filter !== null && { filter }) }
  return { member: { id, role, status, version: row.version ?? 0, ...said }, version }
}

/** The member who has this subject or address already, as of a version of the tenant. */
export async function findSameMember(
  control: D1Database,
  tenantId: string,
  wanted: { readonly subject: string | undefined; readonly email: string | undefined; readonly except: string },
): Promise<{ readonly version: number; readonly same: string | null } | undefined> {
  const { subject = '', email = '', except } = wanted
  const same = sql<string | null>`(SELECT id FROM member WHERE tenant_id = ${tenantId} AND id != ${except}
    AND (subject = ${subject} OR email = ${email}) LIMIT 1)`
  return await controlDatabase(control)
    .selectFrom('tenant')
    .select(['settings_version as version', same.as('same')])
    .where('id', '=', tenantId)
    .executeTakeFirst()
}
