import * as z from 'zod'
import { TailQuery } from '../http/tail-query'
import { TAIL_PROTOCOL } from '../tail/frame-text'
import type { Operation } from './operation'

const ticket = 'ten_01kaj2m4x8v3c9t0w5b6n7p2qr.Gr3uwvQnTGK54x4zeKOgLeRysCYDbh2y4l7paOoik_4'

const TicketAnswer = z.strictObject({
  ticket: z.string().meta({ description: 'Good once, and for this tenant.' }),
  expires_in: z.int().meta({ description: 'Seconds that it is good for.' }),
  url: z.string().meta({ description: 'Where to open the WebSocket.' }),
  protocols: z.array(z.string()).meta({ description: 'The second argument of `new WebSocket(url, protocols)`.' }),
})

const TailHeaders = z.object({
  'Last-Event-ID': z
    .string()
    .optional()
    .meta({ description: 'The id of the last event that was read. A browser sends it when it connects again.' }),
})

/** Logs as they come. */
export const TAIL_OPERATIONS: readonly Operation[] = [
  {
    id: 'tailLogs',
    group: 'logs',
    method: 'GET',
    path: '/logs/tail',
    scope: 'tail',
    summary: 'Follows logs as they come',
    description:
      `A WebSocket with the subprotocol \`${TAIL_PROTOCOL}\`, or with \`Accept: text/event-stream\` a stream of events for ` +
      '`curl -N`. Every record that a search for the same query would find comes exactly once, in the order of `seq`, or is ' +
      'counted in a `gap`. A cursor of any frame goes on right behind it (`after`, or `Last-Event-ID`). docs/tail.md has all ' +
      'frames and close codes. Pages open it with a ticket; programs with a key or JWT in a header, or a ticket too.',
    query: TailQuery,
    headers: TailHeaders,
    answers: {
      101: { description: 'The WebSocket.', content: {} },
      200: { description: 'The stream of events.', content: { 'text/event-stream': z.string() } },
    },
    problems: [
      'validation_failed',
      'query_syntax',
      'cursor_mismatch',
      'upgrade_required',
      'feature_disabled',
      'quota_exceeded',
      'rate_limited',
    ],
    example: {
      query: { q: 'level:error', backlog: '10', follow: 'false' },
      always: { follow: 'false' },
      headers: { Accept: 'text/event-stream' },
      status: 200,
      answer:
        'retry: 1000\n\nevent: hello\nid: 0-0\ndata: {"t":"hello","sub":1,"cursor":"0-0","query":{"normalized":"level:error","diagnostics":[]}}\n\nid: 0-1\ndata: {"id":"log_100g1m7zdgcsf0000000001","time":"2026-11-21T10:00:00.000Z","received":"2026-11-21T10:00:00.012Z","seq":1,"level":"error","service":"checkout","message":"payment timeout after 30s","source":"http","body":{"level":"error","service":"checkout","message":"payment timeout after 30s","orderId":"o_17"}}\n\nevent: bye\ndata: {"t":"bye","code":"caught_up","detail":"Everything that was asked for has been sent.","retry_after_ms":null}\n\n',
    },
  },
  {
    id: 'createTailTicket',
    group: 'logs',
    method: 'POST',
    path: '/logs/tail/tickets',
    scope: 'tail',
    summary: 'Makes a ticket for a tail',
    description:
      'For pages and others whose WebSockets send no headers: a key in an address would end up in logs. The ticket stands for whoever asks ' +
      'for it, is good once and for 30 seconds, and its text is kept nowhere. There is no body.',
    answers: { 201: { description: 'The ticket.', content: { 'application/json': TicketAnswer } } },
    problems: ['conflict', 'feature_disabled', 'quota_exceeded'],
    example: {
      status: 201,
      answer: {
        ticket,
        expires_in: 30,
        url: 'wss://acme.example.com/logs/tail',
        protocols: [TAIL_PROTOCOL, `ticket.${ticket}`],
      },
    },
  },
]
