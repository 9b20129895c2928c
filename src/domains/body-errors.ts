import type * as z from 'zod'
import { BODY_ERRORS_MAX } from '../limits/limits'

/** One thing that is wrong with a JSON body. */
export interface BodyError {
  readonly code: 'validation_failed'
  readonly detail: string
  /** JSON pointer into the body (RFC 6901). */
  readonly pointer: string
}

/** Characters of an error, and of a name in it: names out of a body may be anything. */
const DETAIL_CHARACTERS_MAX = 200
const NAME_CHARACTERS_MAX = 64

/** What is wrong with a body, member by member, for the `errors` of a problem. Names out of the body are shown escaped. */
export function toBodyErrors({ issues }: z.ZodError): BodyError[] {
  return issues.slice(0, BODY_ERRORS_MAX).flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys') return [bodyError(issue.path, faultOf(issue))]
    const unknown = issue.keys.slice(0, BODY_ERRORS_MAX)
    return unknown.map((key) => bodyError([...issue.path, key], `There is no member ${shown(key)} here.`))
  })
}

/** zod says that a member which is not there is of a wrong type: that it is missing is what helps. */
function faultOf(issue: z.core.$ZodIssue): string {
  const isMissing =
    issue.code === 'invalid_type' && issue.path.length > 0 && issue.message.endsWith('received undefined')
  return isMissing ? `This member is missing; its type is ${issue.expected}.` : issue.message
}

const bodyError = (path: readonly PropertyKey[], detail: string): BodyError => ({
  code: 'validation_failed',
  detail: detail.slice(0, DETAIL_CHARACTERS_MAX),
  pointer: path.map((step) => `/${escaped(String(step).slice(0, NAME_CHARACTERS_MAX))}`).join(''),
})

const escaped = (step: string): string => step.replaceAll('~', '~0').replaceAll('/', '~1')

/** In quotes, with control characters and lone surrogates as escapes. */
const shown = (name: string): string =>
  JSON.stringify(name.length > NAME_CHARACTERS_MAX ? `${name.slice(0, NAME_CHARACTERS_MAX)}…` : name)
