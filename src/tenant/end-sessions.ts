import type { DirectoryRow, JsonObject } from './directory-rows'
import { JwtIssuers } from './jwt-issuer'

/** What became of a row. */
export interface RowChange {
  readonly id: string
  readonly before: JsonObject | undefined
  readonly after: JsonObject | undefined
}

/**
 * The sessions that end with changes of members. A session lasts half a day and has the role and filter that its person had
 * when they signed in: who is removed, or made less or more, signs in again. That somebody's first sign-in binds their
 * invitation changes nothing of this.
 */
export const sessionsToEnd = (sessions: readonly DirectoryRow[], changes: readonly RowChange[]): string[] =>
  sessions.filter(({ value }) => changes.some((change) => endsWith(value, change))).map(({ id }) => id)

/**
 * The sessions that end with a change of the settings: those of the tokens of an issuer that is changed there in any way, or
 * taken out. What it says now of who somebody is and what they may see, it did not say when they signed in.
 */
export function sessionsOfChangedIssuers(sessions: readonly DirectoryRow[], { before, after }: RowChange): string[] {
  const [known, wanted] = [issuersById(before), issuersById(after)]
  const changed = [...known].filter(([id, text]) => wanted.get(id) !== text).map(([id]) => `jwt:${id}:`)
  const isOfChanged = ({ value: { principalId } }: DirectoryRow) =>
    typeof principalId === 'string' && changed.some((start) => principalId.startsWith(start))
  return sessions.filter(isOfChanged).map(({ id }) => id)
}

/** The issuers in a document of settings, by their ids. One that this version cannot read has let nobody in. */
function issuersById(settings: JsonObject | undefined): ReadonlyMap<string, string> {
  const { data = [] } = JwtIssuers.safeParse(settings?.jwt_issuers ?? [])
  return new Map(data.map((issuer) => [issuer.id, JSON.stringify(issuer)]))
}

function endsWith(session: JsonObject, { id, before, after }: RowChange): boolean {
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
