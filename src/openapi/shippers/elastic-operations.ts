import * as z from 'zod'
import { ACKNOWLEDGED, BANNER, CLUSTER_HEALTH, REFRESHED } from '../../formats/elastic/handshake'
import { ELASTIC_DIALECT } from '../../routes/shippers/elastic-dialect'
import type { Operation } from '../operation'
import { json } from '../request-parts'

const Loose = z.object({}).loose()

const Item = z.strictObject({
  _index: z.string(),
  _id: z.string(),
  _version: z.literal(1).optional(),
  result: z.literal('created').optional(),
  status: z.int(),
  error: z.strictObject({ type: z.string(), reason: z.string() }).optional(),
})

const BulkAnswer = z.strictObject({
  took: z.int().meta({ description: 'Milliseconds.' }),
  errors: z.boolean().meta({ description: 'Whether any item was not stored.' }),
  items: z.array(z.record(z.string(), Item)).meta({
    description: 'One for each action, in their order, under the name of the action.',
  }),
})

const Stored = z
  .object({ _index: z.string().optional(), _id: z.string(), result: z.literal('created'), _version: z.literal(1) })
  .loose()

const PROBLEMS = [
  'empty_body',
  'invalid_body',
  'validation_failed',
  'payload_too_large',
  'batch_too_large',
  'unsupported_media_type',
  'idempotency_conflict',
  'rate_limited',
  'quota_exceeded',
  'ingest_paused',
] as const

const OF_ALL = { group: 'shippers', scope: 'logs:write', dialect: ELASTIC_DIALECT } as const

const BULK: Omit<Operation, 'id' | 'path' | 'method' | 'summary'> = {
  ...OF_ALL,
  description:
    'Lines of actions (`index`, `create`), each with its document on the next line. A `create` with an `_id` that was stored in ' +
    'the last 24 hours is answered 409 and stores nothing; `update` and `delete` are refused item by item. Takes gzip and every ' +
    'content type that clients send. See docs/shippers/elastic.md.',
  body: { description: 'Actions and documents.', content: { 'application/x-ndjson': z.string() } },
  answers: { 200: { description: 'What became of each item.', content: json(BulkAnswer) } },
  problems: PROBLEMS,
  example: {
    headers: { 'Content-Type': 'application/x-ndjson' },
    text: '{"index":{"_index":"logs-checkout"}}\n{"log":{"level":"error"},"message":"payment timeout"}\n',
    status: 200,
    answer: {
      took: 3,
      errors: false,
      items: [{ index: { _index: 'logs-checkout', _id: 'q3J0c2Zx-0', _version: 1, result: 'created', status: 201 } }],
    },
  },
}

const DOCUMENT: Omit<Operation, 'id' | 'path' | 'method' | 'summary' | 'example'> = {
  ...OF_ALL,
  description: 'For clients that send documents one by one; `_bulk` costs far less.',
  body: { description: 'The document.', content: json(Loose) },
  answers: { 201: { description: 'Stored.', content: json(Stored) } },
  problems: [...PROBLEMS, 'event_too_large'],
}

const documentExample = (path: Readonly<Record<string, string>>): Operation['example'] => ({
  path,
  body: { message: 'payment timeout', log: { level: 'error' } },
  status: 201,
  answer: {
    ...{ _index: 'logs-checkout', _id: path.id ?? '6f1c', _version: 1, result: 'created' },
    ...{ _shards: { total: 1, successful: 1, failed: 0 }, _seq_no: 0, _primary_term: 1 },
  },
})

const handshake = (
  about: Pick<Operation, 'id' | 'method' | 'path' | 'summary'> & Partial<Operation>,
  answer: object,
  path: Readonly<Record<string, string>> = {},
): Operation => ({
  ...OF_ALL,
  description: 'For clients of Elasticsearch, which ask before they send. Nothing of it is a setting.',
  answers: { 200: { description: 'What such clients need to hear.', content: json(Loose) } },
  problems: [],
  example: { path, status: 200, answer },
  ...about,
})

const Named = z.object({
  api: z.string().meta({ description: '`cluster`, `index_template`, `data_stream` …' }),
  name: z.string().meta({ description: 'What is asked for, or put in place.' }),
})

const InPart = Named.extend({ part: z.string().meta({ description: '`policy`, `pipeline` …' }) })

const INDEX = { index: 'logs-checkout' }
const IN_INDEX = z.object({ index: z.string().meta({ description: 'Kept with each log as `_index`.' }) })

/** Elasticsearch's way in, and what its clients ask before they use it. */
export const ELASTIC_OPERATIONS: readonly Operation[] = [
  handshake(
    {
      ...{
        id: 'showBanner',
        method: 'GET',
        path: '/',
        scope: 'public',
        summary: 'What this is, for clients of Elasticsearch',
      },
      description: 'The banner by which they know a server. A browser is led to /app.',
    },
    BANNER,
  ),
  { ...BULK, id: 'ingestBulk', method: 'POST', path: '/_bulk', summary: 'Takes logs as Elasticsearch does' },
  { ...BULK, id: 'ingestBulk_put', method: 'PUT', path: '/_bulk', summary: 'The same by PUT' },
  ...(['POST', 'PUT'] as const).map(
    (method): Operation => ({
      ...BULK,
      ...{ id: method === 'POST' ? 'ingestBulk_index' : 'ingestBulk_putIndex', method, path: '/:index/_bulk' },
      summary: 'The same, with an index for actions that name none',
      pathParameters: IN_INDEX,
      example: { ...BULK.example, path: INDEX },
    }),
  ),
  {
    ...DOCUMENT,
    ...{ id: 'ingestDocument', method: 'POST', path: '/:index/_doc', summary: 'Takes one document' },
    pathParameters: IN_INDEX,
    example: documentExample(INDEX),
  },
  ...(['POST', 'PUT'] as const).flatMap((method): Operation[] => [
    {
      ...DOCUMENT,
      ...{ id: method === 'POST' ? 'ingestDocument_id' : 'ingestDocument_put', method, path: '/:index/_doc/:id' },
      summary: 'Takes one document with an id',
      pathParameters: IN_INDEX.extend({ id: z.string().meta({ description: 'Kept with the log as `_id`.' }) }),
      example: documentExample({ ...INDEX, id: 'order-17' }),
    },
    {
      ...DOCUMENT,
      ...{
        id: method === 'POST' ? 'createDocument_post' : 'createDocument',
        method,
        path: '/:index/_create/:document',
      },
      summary: 'Takes one document, unless one with its id was stored in the last 24 hours',
      pathParameters: IN_INDEX.extend({ document: z.string().meta({ description: 'Its id.' }) }),
      problems: [...DOCUMENT.problems, 'conflict'],
      example: documentExample({ ...INDEX, document: `order-18-${method.toLowerCase()}` }),
    },
  ]),
  handshake({ id: 'refreshElastic', method: 'POST', path: '/_refresh', summary: 'Nothing to wait for' }, REFRESHED),
  ...(['GET', 'POST'] as const).map((method) =>
    handshake(
      {
        ...{ id: method === 'GET' ? 'refreshElastic_get' : 'refreshElastic_index', method, path: '/:index/_refresh' },
        ...{ summary: 'Nothing to wait for in an index', pathParameters: IN_INDEX },
      },
      REFRESHED,
      INDEX,
    ),
  ),
  handshake(
    {
      ...{ id: 'answerElastic', method: 'GET', path: '/_:api', summary: 'The licence, the nodes …' },
      pathParameters: z.object({ api: z.string().meta({ description: '`license`, `xpack`, `nodes` …' }) }),
    },
    { license: { status: 'active' } },
    { api: 'license' },
  ),
  handshake(
    {
      ...{
        id: 'answerElastic_name',
        method: 'GET',
        path: '/_:api/:name',
        summary: 'Health, templates, data streams …',
      },
      pathParameters: Named,
      problems: ['not_found'],
    },
    CLUSTER_HEALTH,
    { api: 'cluster', name: 'health' },
  ),
  handshake(
    {
      ...{
        id: 'answerElastic_part',
        method: 'GET',
        path: '/_:api/:part/:name',
        summary: 'Policies, pipelines, nodes …',
      },
      pathParameters: InPart,
      problems: ['not_found'],
    },
    { nodes: {} },
    { api: 'nodes', part: '_all', name: 'http' },
  ),
  handshake(
    {
      ...{
        id: 'acknowledgeElastic',
        method: 'PUT',
        path: '/_:api/:name',
        summary: 'Templates and data streams, ignored',
      },
      pathParameters: Named,
    },
    ACKNOWLEDGED,
    { api: 'index_template', name: 'logs' },
  ),
  handshake(
    {
      ...{ id: 'acknowledgeElastic_part', method: 'PUT', path: '/_:api/:part/:name' },
      summary: 'Policies and pipelines, ignored',
      pathParameters: InPart,
    },
    ACKNOWLEDGED,
    { api: 'ilm', part: 'policy', name: 'logs' },
  ),
  handshake(
    { id: 'showAlias', method: 'GET', path: '/logstash', summary: 'The name that Logstash looks for' },
    { logstash: {} },
  ),
]
