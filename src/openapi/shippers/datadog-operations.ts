import * as z from 'zod'
import { DATADOG_DIALECT } from '../../routes/shippers/datadog-dialect'
import type { Operation } from '../operation'
import { json } from '../request-parts'

const Nothing = z.strictObject({})

const Log = z.object({ message: z.unknown() }).loose()

const OF_ALL = { group: 'shippers', scope: 'logs:write', dialect: DATADOG_DIALECT } as const

const LOGS: Omit<Operation, 'id' | 'path' | 'summary' | 'answers'> = {
  ...{ ...OF_ALL, method: 'POST' },
  description:
    'An array of logs, one log, logs one after another, or lines of text. `ddtags` become fields under `tags`, and a `message` that ' +
    'is the text of a JSON object becomes that object. See docs/shippers/datadog.md.',
  query: z.object({
    ddsource: z.string().optional().meta({ description: 'For logs that do not say it themselves.' }),
    ddtags: z.string().optional().meta({ description: 'The same: `env:prod,version:1.2`.' }),
    service: z.string().optional().meta({ description: 'The same.' }),
    hostname: z.string().optional().meta({ description: 'The same.' }),
  }),
  body: { description: 'Logs.', content: json(z.array(Log)) },
  problems: [
    'invalid_body',
    'invalid_json',
    'validation_failed',
    'payload_too_large',
    'batch_too_large',
    'event_too_large',
    'unsupported_media_type',
    'idempotency_conflict',
    'rate_limited',
    'quota_exceeded',
    'ingest_paused',
  ],
  example: {
    body: [{ message: 'payment timeout', status: 'error', service: 'checkout', ddtags: 'env:prod,version:1.2' }],
    status: 202,
    answer: {},
  },
}

const STORED = { description: 'What can be kept is on disk.', content: json(Nothing) } as const

const V1 = { ...LOGS, answers: { 200: STORED }, example: { ...LOGS.example, status: 200 } } as const

/** Datadog's logs intake. */
export const DATADOG_OPERATIONS: readonly Operation[] = [
  {
    ...LOGS,
    ...{ id: 'ingestDatadog', path: '/api/v2/logs', summary: 'Takes logs as Datadog does' },
    answers: { 202: STORED },
  },
  { ...V1, id: 'ingestDatadogV1', path: '/v1/input', summary: 'The same where Datadog had it before' },
  {
    ...V1,
    ...{ id: 'ingestDatadogV1_key', path: '/v1/input/:key', summary: 'The same, with the key in the path' },
    pathParameters: z.object({ key: z.string().meta({ description: 'The key, where no header has it.' }) }),
    example: { ...V1.example, path: { key: 'slc_ing_…' } },
  },
  {
    ...OF_ALL,
    ...{ id: 'validateDatadogKey', method: 'GET', path: '/api/v1/validate', summary: 'Whether a key is good' },
    description: 'For Datadog’s clients, which ask when they start.',
    answers: { 200: { description: 'It is.', content: json(z.strictObject({ valid: z.literal(true) })) } },
    problems: [],
    example: { status: 200, answer: { valid: true } },
  },
]
