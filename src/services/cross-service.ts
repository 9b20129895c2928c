import * as z from 'zod'
import { CORRELATION_ID_CHARACTERS_MAX, OPERATION_CHARACTERS_MAX, SERVICE_NAME_CHARACTERS_MAX } from '../limits/limits'

/**
 * The `source` of the records of cross-service events. A log with a member of that name and value is taken for one, which is no
 * harm: whoever may send logs may send events.
 */
export const CROSS_SERVICE_SOURCE = 'integration'

const line = (charactersMax: number) =>
  z
    .string()
    .min(1)
    .max(charactersMax)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, { error: 'it must have no control characters' })

/** The body of POST /integration/cross-service. */
export const CrossServiceEvent = z.strictObject({
  sourceService: line(SERVICE_NAME_CHARACTERS_MAX).meta({ description: 'Who asked.' }),
  targetService: line(SERVICE_NAME_CHARACTERS_MAX).meta({ description: 'Who was asked.' }),
  operation: line(OPERATION_CHARACTERS_MAX).meta({ description: 'What for.' }),
  data: z.unknown().optional().meta({ description: 'Anything about it.' }),
  correlationId: line(CORRELATION_ID_CHARACTERS_MAX).meta({
    description: 'The same in every event of one chain.',
  }),
  status: z.enum(['ok', 'error']).optional().meta({ description: 'How it went; ok when absent.' }),
  durationMs: z.number().min(0).optional().meta({ description: 'How long it took.' }),
  timestamp: z.iso
    .datetime({ offset: true })
    .optional()
    .meta({ description: 'When it happened; when it arrived, if absent.' }),
})
export type CrossServiceEvent = z.infer<typeof CrossServiceEvent>

/**
 * The two records of an event, as NDJSON: one on the timeline of each service. Each begins with what makes it a record of that
 * service, and goes on with the body as it was sent, so that no digit of it changes.
 */
export function recordsOfEvent(event: CrossServiceEvent, body: Uint8Array): Uint8Array<ArrayBuffer> {
  // A line break in JSON is only ever white space between its parts.
  const members = new TextDecoder()
    .decode(body)
    .replace(/^[^{]*\{/, '')
    .replaceAll(/[\r\n]/g, ' ')
    .trim()
  const { sourceService, targetService, operation, status = 'ok' } = event
  const level = status === 'error' ? 'error' : 'info'
  const out = { service: sourceService, level, message: `${operation} to ${targetService}` }
  const back = { service: targetService, level, message: `${operation} from ${sourceService}` }
  const records = [
    { ...out, direction: 'out', peer: targetService },
    { ...back, direction: 'in', peer: sourceService },
  ]
  return Uint8Array.from(
    Buffer.from(records.map((record) => `${JSON.stringify(record).slice(0, -1)},${members}`).join('\n')),
  )
}
