import * as z from 'zod'
import { HEC_CODES } from '../../formats/splunk/hec-answer'
import { SPLUNK_DIALECT } from '../../routes/shippers/splunk-dialect'
import type { Operation } from '../operation'
import { json } from '../request-parts'

const HecAnswer = z.strictObject({
  text: z.string(),
  code: z.int().meta({ description: `Splunk’s own: ${Object.keys(HEC_CODES).join(', ')}.` }),
  ackId: z.int().optional().meta({ description: 'There when the request names a channel.' }),
  'invalid-event-number': z.int().optional().meta({ description: 'The place of the first event that was not taken.' }),
})

const Channel = z.object({
  'X-Splunk-Request-Channel': z.string().optional().meta({ description: 'A GUID; also as the parameter `channel`.' }),
})

const OF_ALL = { group: 'shippers', dialect: SPLUNK_DIALECT } as const

const EVENTS: Omit<Operation, 'id' | 'path' | 'summary'> = {
  ...{ ...OF_ALL, method: 'POST', scope: 'logs:write' },
  description:
    'JSON objects one after another, with or without anything between them. What one says of its time, host, source, sourcetype ' +
    'or index holds for those after it that say nothing of it. Good events beside a bad one are stored, and the answer is 400 with ' +
    'the place of the first bad one. See docs/shippers/splunk.md.',
  headers: Channel,
  body: { description: 'Events.', content: { 'application/json': z.object({ event: z.unknown() }).loose() } },
  answers: { 200: { description: 'All of it is on disk.', content: json(HecAnswer) } },
  problems: [
    'empty_body',
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
    body: { event: { message: 'payment timeout', severity: 'error' }, host: 'web-1', sourcetype: '_json' },
    status: 200,
    answer: { text: 'Success', code: 0 },
  },
}

const RAW: Partial<Operation> = {
  description:
    'Lines of text, each of which becomes an event. The address may say the host, source, sourcetype, index and time of all.',
  query: z.object({
    host: z.string().optional().meta({ description: 'The host of all events that name none.' }),
    source: z.string().optional().meta({ description: 'The same for their source.' }),
    sourcetype: z.string().optional().meta({ description: 'The same for their source type.' }),
    index: z.string().optional().meta({ description: 'The same for their index.' }),
  }),
  body: { description: 'Lines.', content: { 'text/plain': z.string() } },
  example: {
    headers: { 'Content-Type': 'text/plain' },
    query: { host: 'web-1', sourcetype: 'nginx' },
    text: 'ERROR payment timeout\nINFO retried\n',
    status: 200,
    answer: { text: 'Success', code: 0 },
  },
}

const CHANNEL = '0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d'

const health = (id: string, path: string): Operation => ({
  ...{ ...OF_ALL, id, path, method: 'GET', scope: 'public', problems: [] },
  summary: 'Whether this takes events, for clients of Splunk',
  description: 'Asks for no token. One that is sent and not good is answered 400 with code 21.',
  answers: { 200: { description: 'It does.', content: json(HecAnswer) } },
  example: { status: 200, answer: { text: 'HEC is healthy', code: 17 } },
})

const acks = (id: string, path: string): Operation => ({
  ...{ ...OF_ALL, id, path, method: 'POST', scope: 'logs:write' },
  summary: 'Which batches are durable, for clients of Splunk',
  description: 'All that were answered are, so that each number which was given out for the channel is answered true.',
  headers: Channel,
  body: { description: 'The numbers.', content: json(z.object({ acks: z.array(z.int()) })) },
  answers: {
    200: { description: 'By number.', content: json(z.strictObject({ acks: z.record(z.string(), z.boolean()) })) },
  },
  problems: ['empty_body', 'payload_too_large', 'unsupported_media_type'],
  example: {
    headers: { 'X-Splunk-Request-Channel': CHANNEL },
    body: { acks: [0] },
    status: 200,
    answer: { acks: { 0: false } },
  },
})

/** Splunk's HTTP Event Collector. Its clients end their addresses in `/1.0`, or not. */
export const SPLUNK_OPERATIONS: readonly Operation[] = [
  {
    ...EVENTS,
    id: 'ingestHecEvents',
    path: '/services/collector',
    summary: 'Takes logs as Splunk’s event collector does',
  },
  { ...EVENTS, id: 'ingestHecEvents_event', path: '/services/collector/event', summary: 'The same' },
  { ...EVENTS, id: 'ingestHecEvents_version', path: '/services/collector/event/1.0', summary: 'The same' },
  {
    ...EVENTS,
    ...RAW,
    id: 'ingestHecRaw',
    path: '/services/collector/raw',
    summary: 'Takes lines of text as Splunk does',
  },
  { ...EVENTS, ...RAW, id: 'ingestHecRaw_version', path: '/services/collector/raw/1.0', summary: 'The same' },
  health('showHecHealth', '/services/collector/health'),
  health('showHecHealth_version', '/services/collector/health/1.0'),
  acks('answerHecAcks', '/services/collector/ack'),
  acks('answerHecAcks_version', '/services/collector/ack/1.0'),
]
