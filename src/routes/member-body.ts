import * as z from 'zod'
import { ADMIN_PAGE_DEFAULT, ADMIN_PAGE_MAX, EMAIL_CHARACTERS_MAX } from '../limits/limits'
import type { MemberRow } from '../tenant/directory-rows'
import { FilterText, RoleOfTenant } from './key-body'

const email = z.email().max(EMAIL_CHARACTERS_MAX).toLowerCase()

/** An issuer's id and a subject that could be shown in a list. */
const subject = z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}:[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]{1,255}$/u, {
  error: 'it must be the id of an issuer, a colon, and who it is for them: acme:ada',
})

/** The body of POST /admin/members. */
export const MemberInvitation = z
  .strictObject({
    email: email
      .optional()
      .meta({ description: 'Known by it until their first sign-in, when their issuer has verified it.' }),
    subject: subject
      .optional()
      .meta({ description: '`<issuer id>:<sub>`, with the id of `jwt_issuers`, or `sluice`.' }),
    role: RoleOfTenant,
    filter: FilterText.optional(),
  })
  .refine((member) => member.email !== undefined || member.subject !== undefined, {
    error: 'it must say who: an email, a subject, or both',
  })
export type MemberInvitation = z.infer<typeof MemberInvitation>

/** The body of PATCH /admin/members/:member. What is absent stays; null takes it away. */
export const MemberEdit = z
  .strictObject({
    role: RoleOfTenant.optional(),
    filter: FilterText.nullable().optional(),
    status: z.enum(['active', 'suspended']).optional().meta({ description: 'Who is suspended is not let in at all.' }),
  })
  .refine((edit) => Object.keys(edit).length > 0, { error: 'it changes nothing' })
export type MemberEdit = z.infer<typeof MemberEdit>

/** The parameters of GET /admin/members. */
export const MemberQuery = z.strictObject({
  role: RoleOfTenant.optional().meta({ description: 'Only members with this role.', examples: ['viewer'] }),
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(ADMIN_PAGE_MAX)
    .default(ADMIN_PAGE_DEFAULT)
    .meta({ description: 'Members on a page.', examples: [10] }),
  cursor: z.string().optional().meta({ description: 'next_cursor of the page before.' }),
})

/** A member as the routes of /admin/members show it. */
export const MemberAnswer = z.strictObject({
  id: z.string(),
  email: z.string().nullable(),
  subject: z.string().nullable().meta({ description: 'Who they are for their issuer; null until the first sign-in.' }),
  role: RoleOfTenant,
  filter: z.string().nullable().meta({ description: 'Added to everything that they read.' }),
  status: z.enum(['invited', 'active', 'suspended']),
  created_at: z.iso.datetime(),
})
export type MemberAnswer = z.infer<typeof MemberAnswer>

/** A member for its answer. */
export const toMemberAnswer = (id: string, row: MemberRow): MemberAnswer => ({
  id,
  email: row.email ?? null,
  subject: row.subject ?? null,
  role: row.role,
  filter: row.filter ?? null,
  status: row.status,
  created_at: new Date(row.createdMs).toISOString(),
})
