import * as z from 'zod'

/** A body or answer in JSON. */
export const json = <Schema extends z.ZodType>(schema: Schema) => ({ 'application/json': schema })

/** The header of a change that is meant for one version. */
export const IfMatch = z.object({
  'If-Match': z
    .string()
    .optional()
    .meta({ description: 'The ETag of the version that the change is for; any version when it is left out.' }),
})
