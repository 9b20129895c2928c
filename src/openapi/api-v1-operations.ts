import * as z from 'zod'
import {
  API_V1_BATCH_RECORDS_MAX,
  API_V1_OFFSET_MAX,
  API_V1_SERVICE_NAME_CHARACTERS_MAX,
  IDEMPOTENCY_KEY_CHARACTERS_MAX,
} from '../limits/limits'
import { FullLog, LogRow } from '../routes/api-v1/log-row'
import { RecentQuery, RowQuery } from '../routes/api-v1/row-parameters'
import { ServiceStats } from '../routes/api-v1/show-service-stats'
import { ServiceConfigChange, ServiceConfigRow } from '../tenant/service-config'
import { ReceiptAnswer } from './answers'
import type { Operation } from './operation'

const count = z.int().min(0)

const partial = z
  .string()
  .optional()
  .meta({ description: 'Why not everything was looked at, if so: total is then the least that it can be.' })

const RowsAnswer = z.strictObject({
  logs: z.array(LogRow),
  total: count.meta({ description: 'Logs that match, in all pages together.' }),
  limit: count,
  offset: count,
  partial,
})

const ConfigsAnswer = z.strictObject({ configs: z.array(ServiceConfigRow) })

const ServicesAnswer = z.strictObject({ services: z.array(z.string()), partial })

/** A log as this API has it. It is a log like any other: other members are kept too. */
const SeedLog = z
  .object({
    service_name: z.string().max(API_V1_SERVICE_NAME_CHARACTERS_MAX),
    level: z.string().optional().meta({ description: 'DEBUG, INFO, WARN, ERROR or CRITICAL, in any common spelling.' }),
    message: z.string().optional(),
    metadata: z.record(z.string(), z.unknown()).optional(),
    timestamp: z.unknown().optional().meta({ description: 'When it happened; now when it is left out.' }),
    id: z.string().optional().meta({ description: 'A UUID of the sender: the log is found by it too.' }),
  })
  .loose()

const BatchHeaders = z.strictObject({
  'Idempotency-Key': z
    .string()
    .min(1)
    .max(IDEMPOTENCY_KEY_CHARACTERS_MAX)
    .optional()
    .meta({ description: 'Names the batch: sent again within 24 hours it is answered with the first receipt.' }),
})

const ServicePath = z.strictObject({ service: z.string().meta({ description: 'The name of the service.' }) })
const IdPath = z.strictObject({
  id: z.string().meta({ description: 'The id of a log, log_…, or the UUID that its sender gave it as id.' }),
})

const INGEST_PROBLEMS = [
  'invalid_json',
  'invalid_body',
  'empty_body',
  'validation_failed',
  'payload_too_large',
  'batch_too_large',
  'event_too_large',
  'unsupported_media_type',
  'idempotency_conflict',
  'ingest_paused',
] as const

const READ_PROBLEMS = ['validation_failed', 'ingest_paused'] as const

const NAME_RULE = `The service’s name has 1 to ${API_V1_SERVICE_NAME_CHARACTERS_MAX} letters A to Z, digits, dashes and underscores.`

const sentExample = {
  service_name: 'checkout',
  level: 'ERROR',
  message: 'payment timeout after 30s',
  metadata: { error_code: 'DB_TIMEOUT', retry_count: 3 },
}

const configExample = {
  ttl_days: 90,
  retention_policy: 'extended',
  alert_on_errors: true,
  max_logs_per_day: 1_000_000,
} as const satisfies ServiceConfigChange

const rowExample: z.input<typeof LogRow> = {
  id: 'log_100g1m7zdgcsf0000000001',
  service_name: 'checkout',
  level: 'ERROR',
  message: 'payment timeout after 30s',
  timestamp: 1795255200000,
  metadata: { error_code: 'DB_TIMEOUT', retry_count: 3 },
  source_type: 'http',
  r2_key: null,
}

/** The second seed's API: its own names, levels and answers over the same machinery. */
export const API_V1_OPERATIONS: readonly Operation[] = [
  {
    id: 'ingestLog',
    group: 'api_v1',
    method: 'POST',
    path: '/api/v1/logs/ingest',
    scope: 'logs:write',
    summary: 'Sends one log',
    description: `As \`POST /logs\`, for one log. ${NAME_RULE}`,
    headers: BatchHeaders,
    body: { description: 'A log.', content: { 'application/json': SeedLog } },
    answers: { 202: { description: 'Stored.', content: { 'application/json': ReceiptAnswer } } },
    problems: INGEST_PROBLEMS,
    example: {
      headers: { 'Idempotency-Key': 'one-2026-11-21-1' },
      body: sentExample,
      status: 202,
      answer: { batch_id: 'one-2026-11-21-1', accepted: 1, rejected: 0, duplicate: 0, errors: [] },
    },
  },
  {
    id: 'ingestBatch',
    group: 'api_v1',
    method: 'POST',
    path: '/api/v1/logs/ingest/batch',
    scope: 'logs:write',
    summary: 'Sends several logs',
    description:
      `As \`POST /logs\`, for up to ${API_V1_BATCH_RECORDS_MAX.toLocaleString('en')} logs. ${NAME_RULE} Logs of which it ` +
      'is not are rejected in the receipt, and the others stored.',
    headers: BatchHeaders,
    body: { description: 'The logs.', content: { 'application/json': z.strictObject({ logs: z.array(SeedLog) }) } },
    answers: { 202: { description: 'Stored.', content: { 'application/json': ReceiptAnswer } } },
    problems: INGEST_PROBLEMS,
    example: {
      headers: { 'Idempotency-Key': 'several-2026-11-21-1' },
      body: { logs: [{ service_name: 'checkout', level: 'INFO', message: 'order o_17 is paid' }, sentExample] },
      status: 202,
      answer: { batch_id: 'several-2026-11-21-1', accepted: 2, rejected: 0, duplicate: 0, errors: [] },
    },
  },
  {
    id: 'searchLogRows',
    group: 'api_v1',
    method: 'GET',
    path: '/api/v1/logs/search',
    scope: 'logs:read',
    summary: 'Finds logs, by page and offset',
    description:
      'The rows that match, newest first. Pages by `offset` begin where the one before ended while nothing newer arrives; ' +
      `\`end_time\` keeps that out. Past ${API_V1_OFFSET_MAX.toLocaleString('en')} follow the cursor of \`GET /logs\`. ` +
      '`level` has five values here: what is a trace elsewhere is `DEBUG`, and fatal is `CRITICAL`.',
    query: RowQuery,
    answers: { 200: { description: 'A page of rows.', content: { 'application/json': RowsAnswer } } },
    problems: READ_PROBLEMS,
    example: {
      query: { service: 'checkout', level: 'ERROR', limit: '50' },
      status: 200,
      answer: { logs: [rowExample], total: 1, limit: 50, offset: 0 },
    },
  },
  {
    id: 'getLogRow',
    group: 'api_v1',
    method: 'GET',
    path: '/api/v1/logs/logs/:id',
    scope: 'logs:read',
    summary: 'One log',
    description: 'By its id, or by the UUID that its sender gave it as `id`; of several with that UUID the newest.',
    pathParameters: IdPath,
    answers: { 200: { description: 'The row.', content: { 'application/json': LogRow } } },
    problems: READ_PROBLEMS,
    example: { path: { id: rowExample.id }, status: 200, answer: rowExample },
  },
  {
    id: 'getFullLog',
    group: 'api_v1',
    method: 'GET',
    path: '/api/v1/logs/logs/:id/full',
    scope: 'logs:read',
    summary: 'One log with all that was sent',
    description: 'As the row, with the document as it was sent under `body`.',
    pathParameters: IdPath,
    answers: { 200: { description: 'The row and its body.', content: { 'application/json': FullLog } } },
    problems: READ_PROBLEMS,
    example: { path: { id: rowExample.id }, status: 200, answer: { ...rowExample, body: sentExample } },
  },
  {
    id: 'listServices',
    group: 'api_v1',
    method: 'GET',
    path: '/api/v1/logs/services',
    scope: 'logs:read',
    summary: 'The services that have logs',
    description:
      'By their names, in order. Services of logs that came in another way are in it, whatever they are called.',
    answers: { 200: { description: 'The names.', content: { 'application/json': ServicesAnswer } } },
    problems: READ_PROBLEMS,
    example: { status: 200, answer: { services: ['checkout'] } },
  },
  {
    id: 'showServiceStats',
    group: 'api_v1',
    method: 'GET',
    path: '/api/v1/logs/stats/:service',
    scope: 'logs:read',
    summary: 'How many logs a service has',
    description: 'By level, over all that is kept. A service without logs has none: zeros and nulls.',
    pathParameters: ServicePath,
    answers: { 200: { description: 'The numbers.', content: { 'application/json': ServiceStats } } },
    problems: READ_PROBLEMS,
    example: {
      path: { service: 'checkout' },
      status: 200,
      answer: {
        service_name: 'checkout',
        total: 3,
        by_level: { DEBUG: 0, INFO: 1, WARN: 0, ERROR: 2, CRITICAL: 0 },
        first_timestamp: 1795255200000,
        last_timestamp: 1795255201000,
      },
    },
  },
  {
    id: 'listRecentLogs',
    group: 'api_v1',
    method: 'GET',
    path: '/api/v1/logs/recent/:service',
    scope: 'logs:read',
    summary: 'The newest logs of a service',
    description: 'As the search for this service.',
    pathParameters: ServicePath,
    query: RecentQuery,
    answers: { 200: { description: 'The newest rows.', content: { 'application/json': RowsAnswer } } },
    problems: READ_PROBLEMS,
    example: {
      path: { service: 'checkout' },
      query: { limit: '1' },
      status: 200,
      answer: { logs: [rowExample], total: 3, limit: 1, offset: 0 },
    },
  },
  {
    id: 'getServiceConfig',
    group: 'api_v1',
    method: 'GET',
    path: '/api/v1/logs/config/:service',
    scope: 'admin:read',
    summary: 'What holds for a service',
    description: 'Its configuration, and what the tenant has where it says nothing, also before the first PUT.',
    pathParameters: ServicePath,
    answers: { 200: { description: 'The configuration.', content: { 'application/json': ServiceConfigRow } } },
    problems: READ_PROBLEMS,
    example: {
      path: { service: 'checkout' },
      status: 200,
      answer: {
        service_name: 'checkout',
        ttl_days: 30,
        retention_policy: 'standard',
        alert_on_errors: false,
        max_logs_per_day: null,
        created_at: null,
        updated_at: null,
      },
    },
  },
  {
    id: 'changeServiceConfig',
    group: 'api_v1',
    method: 'PUT',
    path: '/api/v1/logs/config/:service',
    scope: 'admin:settings',
    summary: 'Configures a service',
    description:
      'It stands in the tenant’s settings, and holds from the next request on. What the body leaves out stays as it was; ' +
      '`null` takes it back. `ttl_days` wins over `retention_policy`.',
    pathParameters: ServicePath,
    body: { description: 'What to change.', content: { 'application/json': ServiceConfigChange } },
    answers: { 200: { description: 'What holds now.', content: { 'application/json': ServiceConfigRow } } },
    problems: ['invalid_json', 'invalid_body', 'empty_body', 'payload_too_large', 'conflict', ...READ_PROBLEMS],
    example: {
      path: { service: 'checkout' },
      body: configExample,
      status: 200,
      answer: { service_name: 'checkout', ...configExample, created_at: 1795255200000, updated_at: 1795255200000 },
    },
  },
  {
    id: 'listServiceConfigs',
    group: 'api_v1',
    method: 'GET',
    path: '/api/v1/logs/configs',
    scope: 'admin:read',
    summary: 'The configurations of all services',
    description: 'Of those that have one, by their names.',
    answers: { 200: { description: 'The configurations.', content: { 'application/json': ConfigsAnswer } } },
    problems: READ_PROBLEMS,
    example: {
      status: 200,
      answer: {
        configs: [{ service_name: 'checkout', ...configExample, created_at: 1795255200000, updated_at: 1795255200000 }],
      },
    },
  },
]
