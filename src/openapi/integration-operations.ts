import * as z from 'zod'
import { ChainQuery } from '../routes/services/list-cross-service'
import { ServiceAnswer } from '../routes/services/service-answer'
import { ServiceEdit, ServiceRegistration } from '../routes/services/service-body'
import { GraphAnswer, GraphQuery } from '../routes/services/show-graph'
import { IntegrationHealth } from '../routes/services/show-integration-health'
import { CrossServiceEvent } from '../services/cross-service'
import { ReceiptAnswer } from './answers'
import type { Operation } from './operation'
import { IfMatch, json } from './request-parts'

const ServicePath = z.object({ serviceId: z.string().meta({ description: 'Its id, svc_….' }) })

const id = 'svc_01kaj2m4x8v3c9t0w5b6n7p2qr'

const registration = {
  serviceName: 'my-service',
  serviceUrl: 'https://my-service.example.com',
  apiKey: 'service-api-key-1',
  version: '1.0.0',
  capabilities: ['logging', 'health-check'],
  healthEndpoint: '/health',
}

const shown = {
  id,
  serviceName: 'my-service',
  serviceUrl: 'https://my-service.example.com',
  version: '1.0.0',
  capabilities: ['logging', 'health-check'],
  healthEndpoint: '/health',
  apiKeySet: true,
  apiKeyLast4: 'ey-1',
  registeredBy: 'api',
  createdAt: '2026-11-21T10:00:00.000Z',
  updatedAt: '2026-11-21T10:00:00.000Z',
}

const event = {
  sourceService: 'auth-service',
  targetService: 'user-service',
  operation: 'user_data_sync',
  data: { userId: 'user123', action: 'profile_update' },
  correlationId: 'req-456',
}

const meta = {
  query: { normalized: '', diagnostics: [] },
  range: { from: '2026-11-20T10:00:05.000Z', to: '2026-11-22T10:00:05.000Z' },
  took_ms: 3,
  scanned_rows: 2,
  scanned_bytes: 0,
  bytes_read: { cache: 0, payload: 0, archive: 0 },
  matched: 2,
  matched_is_estimate: false,
  partial: false,
  partial_reason: null,
  searched_back_to: '2026-11-20T10:00:05.000Z',
  warnings: [],
}

const record = {
  id: 'log_100g1m7zdgcsf0000000001',
  time: '2026-11-21T10:00:00.000Z',
  received: '2026-11-21T10:00:00.000Z',
  level: 'info',
  service: 'auth-service',
  message: 'user_data_sync to user-service',
  source: 'integration',
  body: {
    service: 'auth-service',
    level: 'info',
    message: 'user_data_sync to user-service',
    direction: 'out',
    peer: 'user-service',
    ...event,
  },
}

/** Services, their health, and what they ask of each other. */
export const INTEGRATION_OPERATIONS: readonly Operation[] = [
  {
    id: 'createService',
    group: 'integration',
    method: 'POST',
    path: '/integration/services',
    scope: 'integrations:write',
    summary: 'Registers a service',
    description:
      'With a healthEndpoint it is asked every minute how it is, through the same guard as webhooks: https to the public ' +
      'Internet only (docs/integrations.md). The key is stored sealed and is in no answer; without SECRETS_KEY, keys are ' +
      'refused (`feature_not_configured`). A name that is taken is a `conflict`.',
    body: { description: 'The service.', content: json(ServiceRegistration) },
    answers: { 201: { description: 'The service.', content: json(ServiceAnswer) } },
    problems: [
      ...(['validation_failed', 'conflict', 'invalid_json', 'payload_too_large'] as const),
      ...(['feature_disabled', 'feature_not_configured'] as const),
    ],
    example: { body: registration, status: 201, answer: shown },
  },
  {
    id: 'listRegisteredServices',
    group: 'integration',
    method: 'GET',
    path: '/integration/services',
    scope: 'integrations:read',
    summary: 'The services of the tenant',
    description:
      'All of them, oldest first; those that variables of the installation have registered come before them.',
    answers: {
      200: { description: 'The services.', content: json(z.strictObject({ data: z.array(ServiceAnswer) })) },
    },
    problems: ['validation_failed', 'feature_disabled'],
    example: { status: 200, answer: { data: [shown] } },
  },
  {
    id: 'showService',
    group: 'integration',
    method: 'GET',
    path: '/integration/services/:serviceId',
    scope: 'integrations:read',
    summary: 'One service',
    description: 'Its ETag is what If-Match of a change can name.',
    pathParameters: ServicePath,
    answers: { 200: { description: 'The service.', content: json(ServiceAnswer) } },
    problems: ['validation_failed', 'feature_disabled'],
    example: { path: { serviceId: id }, status: 200, answer: shown },
  },
  {
    id: 'changeService',
    group: 'integration',
    method: 'PATCH',
    path: '/integration/services/:serviceId',
    scope: 'integrations:write',
    summary: 'Changes a service',
    description:
      'What is absent stays, null takes it away. The name stays. With an address on another server the key has to be sent ' +
      'again: nobody has a key that they do not know sent to a server of their own. A service of the installation is ' +
      'changed by its variable (`conflict`).',
    pathParameters: ServicePath,
    headers: IfMatch,
    body: { description: 'What changes.', content: json(ServiceEdit) },
    answers: { 200: { description: 'The service as it is now.', content: json(ServiceAnswer) } },
    problems: [
      ...(['validation_failed', 'conflict', 'precondition_failed', 'invalid_json', 'payload_too_large'] as const),
      ...(['feature_disabled', 'feature_not_configured'] as const),
    ],
    example: {
      path: { serviceId: id },
      body: { version: '1.1.0' },
      status: 200,
      answer: { ...shown, version: '1.1.0', updatedAt: '2026-11-21T11:00:00.000Z' },
    },
  },
  {
    id: 'removeService',
    group: 'integration',
    method: 'DELETE',
    path: '/integration/services/:serviceId',
    scope: 'integrations:write',
    summary: 'Forgets a service',
    description: 'Its key and its health go with it; its logs stay.',
    pathParameters: ServicePath,
    headers: IfMatch,
    answers: {
      200: { description: 'It is gone.', content: json(z.strictObject({ removed: z.string() })) },
    },
    problems: ['validation_failed', 'conflict', 'precondition_failed', 'feature_disabled'],
    example: { path: { serviceId: id }, status: 200, answer: { removed: id } },
  },
  {
    id: 'showIntegrationHealth',
    group: 'integration',
    method: 'GET',
    path: '/integration/health',
    scope: 'integrations:read',
    summary: 'How services, webhooks and bindings are',
    description:
      'Each service with what the looks at it found, and whether it has been silent for longer than its own habit; each ' +
      'webhook as its deliveries went; and what this service stands on. Credentials that see some of the logs only are ' +
      'refused (`scope_missing`).',
    answers: { 200: { description: 'The health.', content: json(IntegrationHealth) } },
    problems: ['validation_failed', 'feature_disabled'],
    example: {
      status: 200,
      answer: {
        status: 'healthy',
        time: '2026-11-21T10:05:00.000Z',
        services: [
          {
            ...{ id, service: 'my-service', state: 'up', since: '2026-11-21T10:00:01.000Z', reason: null },
            last_seen: '2026-11-21T10:04:03.000Z',
            last_check: '2026-11-21T10:04:03.000Z',
            last_log: '2026-11-21T10:03:59.000Z',
            next_check: '2026-11-21T10:05:01.000Z',
            ...{ latency_ms: 41, error_rate: 0, uptime_24h: 1, uptime_30d: 1 },
            silence: { silent: false, since: null, usual_pause_ms: 4000 },
            checks: [{ at: '2026-11-21T10:04:03.000Z', well: true, status: 200, fault: null, latency_ms: 41 }],
          },
        ],
        webhooks: [],
        bindings: [
          { binding: 'control', state: 'ok', last_seen: '2026-11-21T10:05:00.000Z', latency_ms: 2, error_rate: 0 },
        ],
      },
    },
  },
  {
    id: 'logCrossService',
    group: 'integration',
    method: 'POST',
    path: '/integration/cross-service',
    scope: 'logs:write',
    summary: 'Logs that one service asked another for something',
    description:
      'Stored as two records, one on the timeline of each service: `service` is the one or the other, `direction` is out or ' +
      'in, `peer` is the other side, `source` is `integration`, and the rest is the body as it was sent. Both are stored or ' +
      'neither. `Idempotency-Key` and limits hold as for `POST /logs`.',
    headers: z.object({
      'Idempotency-Key': z.string().optional().meta({ description: 'Names the event, so that it is stored once.' }),
    }),
    body: { description: 'The event.', content: json(CrossServiceEvent) },
    answers: {
      202: {
        description: 'Both records are on disk.',
        content: json(ReceiptAnswer.extend({ correlationId: z.string() })),
      },
    },
    problems: [
      ...(['validation_failed', 'invalid_json', 'invalid_body', 'empty_body', 'payload_too_large'] as const),
      ...(['unsupported_media_type', 'idempotency_conflict', 'strict_rejected', 'rate_limited'] as const),
      ...(['quota_exceeded', 'ingest_paused', 'feature_disabled'] as const),
    ],
    example: {
      body: event,
      status: 202,
      answer: {
        correlationId: 'req-456',
        batch_id: '0b5c7a1e-6f6d-4c55-9f0c-2f0f3a2d9b11',
        ...{ accepted: 2, rejected: 0, duplicate: 0, errors: [] },
      },
    },
  },
  {
    id: 'listCrossService',
    group: 'integration',
    method: 'GET',
    path: '/integration/cross-service',
    scope: 'logs:read',
    summary: 'The chain of events with one correlation id',
    description:
      'Across services, oldest first, a page at a time. Credentials with a filter see what it lets through: of an event ' +
      'between two services perhaps only one side.',
    query: ChainQuery,
    answers: {
      200: {
        description: 'A page of records.',
        content: json(
          z.strictObject({
            data: z.array(z.looseObject({ id: z.string(), time: z.string(), service: z.string() })),
            page: z.strictObject({
              next_cursor: z.string().nullable(),
              prev_cursor: z.string().nullable(),
              has_more: z.boolean(),
            }),
            meta: z.looseObject({ matched: z.int(), partial: z.boolean() }),
          }),
        ),
      },
    },
    problems: ['validation_failed', 'cursor_mismatch', 'rate_limited', 'feature_disabled'],
    example: {
      query: { correlationId: 'req-456' },
      status: 200,
      answer: { data: [record], page: { next_cursor: null, prev_cursor: null, has_more: false }, meta },
    },
  },
  {
    id: 'showGraph',
    group: 'integration',
    method: 'GET',
    path: '/integration/graph',
    scope: 'logs:read',
    summary: 'Which services ask which',
    description:
      'The sums of the cross-service events of a time range, a day unless it says otherwise: calls, errors, when they were ' +
      'last seen, and the mean of durationMs.',
    query: GraphQuery,
    answers: { 200: { description: 'The graph.', content: json(GraphAnswer) } },
    problems: ['validation_failed', 'rate_limited', 'feature_disabled'],
    example: {
      status: 200,
      answer: {
        nodes: [
          { service: 'auth-service', calls_out: 1, calls_in: 0 },
          { service: 'user-service', calls_out: 0, calls_in: 1 },
        ],
        edges: [
          {
            ...{ source: 'auth-service', target: 'user-service', calls: 1, errors: 0, error_rate: 0 },
            ...{ last_seen: '2026-11-21T10:00:00.000Z', latency_ms: null },
          },
        ],
        truncated: false,
        meta,
      },
    },
  },
]
