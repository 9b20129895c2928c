import * as z from 'zod'
import { QUERY_TEXT_MAX, SEARCH_LIMIT_DEFAULT, SEARCH_LIMIT_MAX } from '../limits/limits'

const TIME = 'RFC 3339, a number since 1970 in s, ms, µs or ns, or how long ago: 15m, 2h, 7d.'

const time = (meaning: string) =>
  z
    .string()
    .optional()
    .meta({ description: `${meaning} ${TIME}`, examples: ['2h'] })

const field = (description: string, example: string) =>
  z
    .string()
    .optional()
    .meta({ description: `${description} Several values are separated by commas.`, examples: [example] })

/** Conditions on one field each, by the names of the main seed's API. */
export const FieldParameters = z.strictObject({
  level: field('One of trace, debug, info, warn, error, fatal, in any common spelling.', 'error'),
  severity: field('Words that are levels mean the level; critical is fatal.', 'error,critical'),
  component: field('Another name of service.', 'checkout'),
  service: field('Who logged it.', 'checkout'),
  userId: field('The field userId.', 'u_42'),
})

/** What a search takes in its address. Any other parameter is refused by name, never ignored. */
export const SearchQuery = z.strictObject({
  q: z
    .string()
    .max(QUERY_TEXT_MAX)
    .optional()
    .meta({ description: 'What to look for, in the language of docs/query-language.md.', examples: ['timeout'] }),
  from: time('The oldest time, itself included. As far back as records are kept when it is left out.'),
  to: time('The newest time, itself included. Now when it is left out.'),
  startTime: time('Another name of from.'),
  endTime: time('Another name of to.'),
  limit: z
    .int()
    .min(1)
    .max(SEARCH_LIMIT_MAX)
    .default(SEARCH_LIMIT_DEFAULT)
    .meta({ description: 'Records on a page.', examples: [10] }),
  cursor: z.string().optional().meta({ description: 'next_cursor of the page before, with the same question.' }),
  order: z
    .enum(['asc', 'desc'])
    .default('desc')
    .meta({ description: 'By time: oldest or newest first.', examples: ['asc'] }),
  fields: z
    .string()
    .optional()
    .meta({
      description: 'Only these members, separated by commas; id and time are always there.',
      examples: ['level,message'],
    }),
  strict: z
    .enum(['true', 'false'])
    .default('false')
    .meta({
      description: 'true refuses a query of which a part cannot be understood; false runs the rest of it.',
      examples: ['true'],
    }),
  ...FieldParameters.shape,
})
