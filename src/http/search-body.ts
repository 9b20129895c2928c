import * as z from 'zod'
import { SEARCH_LIMIT_MAX } from '../limits/limits'

const time = z.union([z.string(), z.number()]).optional()
const value = z.union([z.string(), z.number(), z.boolean()])

/** A search as a JSON body, as the main seed's document shows it; `filters` takes any field beside those it names. */
export const SearchBody = z.strictObject({
  query: z.string().default('').meta({ description: 'What to look for, in the language of docs/query-language.md.' }),
  filters: z
    .object({
      timeRange: z
        .strictObject({ start: time, end: time })
        .optional()
        .meta({ description: 'As from and to of GET /logs.' }),
    })
    .catchall(z.union([value, z.array(value)]))
    .default({})
    .meta({ description: 'Conditions on fields by name, of which all must hold: a value, or several in an array.' }),
  limit: z
    .number()
    .int()
    .optional()
    .meta({ description: `Records on a page, from 1 to ${SEARCH_LIMIT_MAX}.` }),
  cursor: z.string().optional().meta({ description: 'next_cursor of the page before, with the same question.' }),
  order: z.string().optional().meta({ description: 'asc or desc, by time.' }),
  fields: z.array(z.string()).optional().meta({ description: 'Only these members; id and time are always there.' }),
})
