import type { DirectoryRow, JsonObject } from './directory-rows'

/** What became of a member. */
export interface MemberChange {
  readonly id: string
  readonly before: JsonObject | undefined
  readonly after: JsonObject | undefined
}

/**
 * The sessions that end with changes of members. A session lasts half a day and has the role and filter that its person had
 * when they signed in: who is removed, or made less or more, signs in again. That somebody's first sign-in binds their
 * invitation changes nothing of this.
 */
export const sessionsToEnd = (sessions: readonly DirectoryRow[], changes: readonly MemberChange[]): string[] =>
  sessions.filter(({ value }) => changes.some((change) => endsWith(value, change))).map(({ id }) => id)

function endsWith(session: JsonObject, { id, before, after }: MemberChange): boolean {
  if (session.memberId === id) return after === undefined || isOtherwise(before, after)
  if (session.memberId !== undefined || !isOfToken(session)) return false
  // Whoever was let in by the claims of their token may be this member now.
  if (after?.subject !== undefined) return session.principalId === `jwt:${after.subject}`
  return after !== undefined && before?.email !== after.email
}

const isOfToken = ({ principalId }: JsonObject): boolean =>
  typeof principalId === 'string' && principalId.startsWith('jwt:')

const isOtherwise = (before: JsonObject | undefined, after: JsonObject): boolean =>
  before?.role !== after.role ||
  before?.filter !== after.filter ||
  after.status === 'suspended' ||
  (before?.subject !== undefined && before.subject !== after.subject)
