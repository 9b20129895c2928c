import * as z from 'zod'
import { OTLP_DIALECT } from '../../routes/shippers/otlp'
import type { Operation } from '../operation'

const ExportLogs = z.object({
  resourceLogs: z.array(z.object({}).loose()).optional().meta({ description: 'opentelemetry-proto, logs/v1.' }),
})

const ExportAnswer = z.strictObject({
  partialSuccess: z
    .strictObject({ rejectedLogRecords: z.string(), errorMessage: z.string() })
    .optional()
    .meta({ description: 'There when records were rejected: how many, and why. They are not to be sent again.' }),
})

const EXPORT: Omit<Operation, 'id' | 'path' | 'summary' | 'description'> = {
  group: 'shippers',
  method: 'POST',
  scope: 'logs:write',
  dialect: OTLP_DIALECT,
  body: {
    description: 'ExportLogsServiceRequest, in protobuf or JSON.',
    content: { 'application/json': ExportLogs, 'application/x-protobuf': z.string() },
  },
  answers: {
    200: {
      description: 'Stored. In the encoding of the request; no bytes when all of it was stored and that is protobuf.',
      content: { 'application/json': ExportAnswer, 'application/x-protobuf': z.string() },
    },
  },
  problems: [
    'invalid_body',
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
    headers: { 'content-type': 'application/json' },
    body: {
      resourceLogs: [
        {
          resource: { attributes: [{ key: 'service.name', value: { stringValue: 'checkout' } }] },
          scopeLogs: [
            {
              scope: { name: 'com.example.checkout' },
              logRecords: [{ severityNumber: 17, severityText: 'ERROR', body: { stringValue: 'payment timeout' } }],
            },
          ],
        },
      ],
    },
    status: 200,
    answer: {},
  },
}

/** OTLP/HTTP logs, at the path of the protocol and at that of Loki's. */
export const OTLP_OPERATIONS: readonly Operation[] = [
  {
    ...EXPORT,
    id: 'ingestOtlp',
    path: '/v1/logs',
    summary: 'Takes logs by OTLP/HTTP',
    description:
      'For OpenTelemetry SDKs and collectors, and the export of Cloudflare Workers. A record’s resource and scope are kept ' +
      'with it. Refusals are a google.rpc.Status in the encoding of the request; 429 and 503 are to be tried again after ' +
      'Retry-After. An empty request is answered 200. See docs/shippers/otlp.md.',
  },
  {
    ...EXPORT,
    id: 'ingestOtlp_loki',
    path: '/otlp/v1/logs',
    summary: 'The same where Loki has it',
    description: 'For clients that are set up for Loki’s OTLP endpoint.',
  },
]
