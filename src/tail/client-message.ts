import * as z from 'zod'
import { TAIL_BACKLOG_MAX } from '../limits/limits'
import { parseTailCursor } from './cursor'

const Cursor = z.string().transform((text, context) => {
  const seq = parseTailCursor(text)
  if (seq !== undefined) return seq
  context.addIssue('it must be a cursor that the tail has sent')
  return z.NEVER
})

/** What a client may say on the socket of a tail. */
export const ClientMessage = z.discriminatedUnion('t', [
  /** Another query in the place of the one before. */
  z.strictObject({
    t: z.literal('sub'),
    sub: z.int().min(0).max(0x7fffffff),
    q: z.string().default(''),
    backlog: z.int().min(0).max(TAIL_BACKLOG_MAX).default(0),
    after: Cursor.optional(),
  }),
  z.strictObject({ t: z.literal('ack'), cursor: Cursor }),
  z.strictObject({ t: z.literal('pause') }),
  z.strictObject({ t: z.literal('resume'), after: Cursor.optional() }),
])
export type ClientMessage = z.infer<typeof ClientMessage>

export type ReadMessage =
  | { readonly ok: true; readonly message: ClientMessage }
  | { readonly ok: false; readonly detail: string }

/** Reads what a client has sent, or says what is wrong with it. */
export function readClientMessage(text: string): ReadMessage {
  const json = parsed(text)
  if (json === undefined) return { ok: false, detail: 'The message is not valid JSON.' }
  const result = ClientMessage.safeParse(json.value)
  if (result.success) return { ok: true, message: result.data }
  const [{ path, message }] = result.error.issues
  const where = path.length === 0 ? 'The message' : `"${path.join('.')}"`
  return { ok: false, detail: `${where}: ${message.slice(0, 200)}.` }
}

function parsed(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) }
  } catch {
    return undefined
  }
}
