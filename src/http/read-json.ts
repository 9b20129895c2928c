import type * as z from 'zod'
import { ApiError } from './problem'
import { readBody } from './read-body'

/** A request's body as JSON that a schema takes; refused with what is wrong, member by member. */
export async function readJson<Schema extends z.ZodType>(
  request: Request,
  schema: Schema,
  bytesMax: number,
): Promise<z.output<Schema>> {
  const bytes = await readBody(request, { compressedBytesMax: bytesMax, bytesMax })
  const result = schema.safeParse(parseJson(bytes))
  if (result.success) return result.data
  const errors = result.error.issues.map(({ path, message }) => ({
    code: 'invalid_member',
    detail: message,
    pointer: path.map((name) => `/${String(name).replaceAll('~', '~0').replaceAll('/', '~1')}`).join(''),
  }))
  throw new ApiError('validation_failed', 'The body is not what this address takes.', { errors })
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes))
  } catch (error) {
    throw new ApiError('invalid_json', error instanceof Error ? error.message : 'The body is not JSON.')
  }
}
