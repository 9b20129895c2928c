import { ApiError } from './problem'

/** The ETag of a row: the version of the tenant that last changed it. */
export const rowTag = (version: number): string => `"${version}"`

/**
 * Refuses a change that is meant for another version of a row (If-Match, RFC 9110, 13.1.1): it names any version, or a list
 * of them. A weak tag names no version for sure.
 */
export function requireMatch(headers: Headers, version: number): void {
  const condition = headers.get('if-match')?.trim() ?? '*'
  if (condition === '*' || condition.split(',').some((tag) => tag.trim() === rowTag(version))) return
  throw new ApiError('precondition_failed')
}

/**
 * The versions that a change is meant for, for who holds them against the row in the same turn as it is changed; undefined for
 * any. A tag that is none of ours matches nothing.
 */
export function matchedVersions(headers: Headers): readonly number[] | undefined {
  const condition = headers.get('if-match')?.trim() ?? '*'
  if (condition === '*') return undefined
  return condition.split(',').flatMap((tag) => {
    const [, digits] = /^"(\d{1,15})"$/.exec(tag.trim()) ?? []
    return digits === undefined ? [] : [Number(digits)]
  })
}
