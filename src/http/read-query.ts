import type * as z from 'zod'
import { ApiError } from './problem'

/** The parameters of a request, by a schema. One that is not in it, or comes twice, is refused by name, never ignored. */
export function readQuery<Schema extends z.ZodObject>(url: string, schema: Schema): z.output<Schema> {
  const { searchParams } = new URL(url)
  for (const name of searchParams.keys()) {
    if (!Object.hasOwn(schema.shape, name)) throw invalid(name, noSuchParameter(name, Object.keys(schema.shape)))
    if (searchParams.getAll(name).length > 1) throw invalid(name, `The parameter "${name}" may come only once.`)
  }
  const parsed = schema.safeParse(Object.fromEntries(searchParams))
  if (parsed.success) return parsed.data
  const [{ path, message }] = parsed.error.issues
  throw invalid(path.join('.'), `${path.join('.')}: ${message}.`)
}

/** What to say of a parameter that an address does not take: those that it takes, since most are misspelt. */
export function noSuchParameter(name: string, known: readonly string[]): string {
  const others = known.length === 0 ? 'It takes none.' : `It takes ${known.join(', ')}.`
  return `There is no parameter "${name.slice(0, 40)}" here. ${others}`
}

const invalid = (parameter: string, detail: string): ApiError =>
  new ApiError('validation_failed', detail, { errors: [{ code: 'invalid_parameter', detail, parameter }] })
