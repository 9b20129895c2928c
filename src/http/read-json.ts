import type * as z from 'zod'
import { toBodyErrors } from '../domains/body-errors'
import { ApiError } from './problem'
import { readBody } from './read-body'

/** A request's body as JSON that a schema takes; refused with what is wrong, member by member. */
export async function readJson<Schema extends z.ZodType>(
  request: Request,
  schema: Schema,
  bytesMax: number,
): Promise<z.output<Schema>> {
  return readJsonBytes(await readBody(request, { compressedBytesMax: bytesMax, bytesMax }), schema)
}

/** The same of a body that was read already. */
export function readJsonBytes<Schema extends z.ZodType>(bytes: Uint8Array, schema: Schema): z.output<Schema> {
  const result = schema.safeParse(parseJson(bytes))
  if (result.success) return result.data
  throw new ApiError('validation_failed', 'The body is not what this address takes.', {
    errors: toBodyErrors(result.error),
  })
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes), refuseLost)
  } catch (error) {
    if (error instanceof ApiError) throw error
    throw new ApiError('invalid_json', error instanceof Error ? error.message : 'The body is not JSON.')
  }
}

/** The one name that gets lost on the way through a schema. What is not heard must be refused. */
function refuseLost(name: string, value: unknown): unknown {
  if (name === '__proto__') throw new ApiError('validation_failed', 'A member of the body is called __proto__.')
  return value
}
