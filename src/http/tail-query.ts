import * as z from 'zod'
import { QUERY_TEXT_MAX, TAIL_BACKLOG_MAX } from '../limits/limits'
import { parseTailCursor } from '../tail/cursor'

const cursor = (description: string) =>
  z
    .string()
    .refine((text) => parseTailCursor(text) !== undefined, { error: 'it must be a cursor that a tail has sent' })
    .optional()
    .meta({ description, examples: ['0-0'] })

/** What a tail takes in its address. Any other parameter is refused by name, never ignored. */
export const TailQuery = z.strictObject({
  q: z
    .string()
    .max(QUERY_TEXT_MAX)
    .default('')
    .meta({
      description:
        'What to follow, in the language of docs/query-language.md; of the pipes only `fields`. Everything, when it is left out.',
      examples: ['level:error'],
    }),
  backlog: z.coerce
    .number()
    .int()
    .min(0)
    .max(TAIL_BACKLOG_MAX)
    .default(0)
    .meta({ description: 'So many of the last records that match come first.', examples: [10] }),
  after: cursor('Goes on behind this cursor, with everything that came since. `Last-Event-ID` says the same.'),
  until: cursor('With `follow=false`: ends at this cursor.'),
  follow: z
    .enum(['true', 'false'])
    .default('true')
    .meta({ description: 'false: ends once everything up to now has been sent.', examples: ['false'] }),
  ticket: z
    .string()
    .max(200)
    .optional()
    .meta({ description: 'A ticket of POST /logs/tail/tickets, where no header can be sent.' }),
})
