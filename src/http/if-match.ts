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
