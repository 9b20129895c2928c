import * as z from 'zod'
import { memberSources } from '../../blocks/compact-json'
import { parseLogId } from '../../records/log-id'
import { SEED_LEVELS, seedLevelOf } from './seed-level'

/** A record as the second seed's API shows it. */
export const LogRow = z.strictObject({
  id: z.string().meta({ description: 'log_…' }),
  service_name: z.string().nullable(),
  level: z.enum(SEED_LEVELS),
  message: z.string().nullable().meta({ description: 'Whole.' }),
  timestamp: z.int().meta({ description: 'Milliseconds since 1970.' }),
  metadata: z
    .unknown()
    .meta({ description: 'The member metadata as it was sent; an empty object where there is none.' }),
  source_type: z.string().meta({ description: 'http, tail, agent, or the name of the format it came in.' }),
  r2_key: z.string().nullable().meta({ description: 'The archive object that holds it, once it is in one.' }),
})

/** The same with everything that was sent, and with what the tenant's rules have set. */
export const FullLog = LogRow.extend({
  category: z.string().optional().meta({ description: 'Where a record rule has set it, as the three that follow.' }),
  severity: z.string().optional(),
  tags: z.array(z.string()).optional(),
  weight: z.number().optional().meta({ description: 'How many logs a sampled one stands for.' }),
  body: z.unknown().meta({ description: 'As it was sent, but for secrets.' }),
})

/**
 * Writes a row of the second seed's API out of a record's JSON. Values keep the text that they have in the record: parsed
 * and written again, large numbers would lose digits.
 */
export function rowText(record: string, options: { r2Key: string | undefined; withBody: boolean }): string {
  const members = memberSources(record)
  const body = members.get('body') ?? 'null'
  const id = textOf(members.get('id'))
  const values: readonly (readonly [string, string])[] = [
    ['id', JSON.stringify(id)],
    ['service_name', members.get('service') ?? 'null'],
    ['level', JSON.stringify(seedLevelOf(textOf(members.get('level'))))],
    ['message', members.get('message') ?? 'null'],
    ['timestamp', String(parseLogId(id)?.ms ?? null)],
    ['metadata', memberSources(body).get('metadata') ?? '{}'],
    ['source_type', members.get('source') ?? '"http"'],
    ['r2_key', JSON.stringify(options.r2Key ?? null)],
    ...(options.withBody ? [...setByRules(members), ['body', body] as const] : []),
  ]
  return `{${values.map(([name, source]) => `"${name}":${source}`).join(',')}}`
}

/** What record rules have set of a record. */
const setByRules = (members: ReadonlyMap<string, string>): (readonly [string, string])[] =>
  ['category', 'severity', 'tags', 'weight'].flatMap((name) => {
    const source = members.get(name)
    return source === undefined ? [] : [[name, source] as const]
  })

/** The text of a string's source. */
function textOf(source: string | undefined): string {
  const value: unknown = source === undefined ? '' : JSON.parse(source)
  return typeof value === 'string' ? value : ''
}
