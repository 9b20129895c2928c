import * as z from 'zod'
import { parseLogId } from '../records/log-id'
import { tailCursor } from './cursor'

const Frame = z.object({
  t: z.string(),
  cursor: z.string().optional(),
  to: z.string().optional(),
})

/** How long a client waits before it connects again (HTML standard, 9.2.6). */
export const EVENTS_RETRY = 'retry: 1000\n\n'

/** What keeps the stream open on the way. */
export const EVENTS_COMMENT = ': still here\n\n'

/** A frame of the socket as it stands in a stream of events. */
export interface FrameEvents {
  readonly text: string
  /** What is to be acknowledged once the client has taken it. */
  readonly cursor: string | undefined
  readonly isLast: boolean
}

/**
 * A frame of the socket as server-sent events: each record is an event of its own, whose id is the cursor behind it, so that
 * a client that breaks off anywhere goes on right there.
 */
export function eventsOf(frame: string): FrameEvents {
  const { t, cursor, to } = Frame.parse(JSON.parse(frame))
  if (t === 'rows' && cursor !== undefined) return { text: rowEvents(frame, cursor), cursor, isLast: false }
  const id = cursor ?? to
  const text = `event: ${t}\n${id === undefined ? '' : `id: ${id}\n`}data: ${frame}\n\n`
  return { text, cursor: undefined, isLast: t === 'bye' }
}

/** Records are cut out of the frame as they stand there: their digits and duplicate keys are those that were sent. */
function rowEvents(frame: string, cursor: string): string {
  const texts = elementsOf(frame, frame.indexOf('"rows":[') + '"rows":['.length)
  return texts
    .map((text, index) => {
      const id = index === texts.length - 1 ? cursor : cursorOf(text)
      return `id: ${id}\ndata: ${text}\n\n`
    })
    .join('')
}

const ID = /^\{"id":"([^"]*)"/

/** Every record begins with its id, which tells its sequence number. */
function cursorOf(record: string): string {
  const position = parseLogId(ID.exec(record)?.[1] ?? '')
  if (position === undefined) throw new Error('a record of a tail has no id')
  return tailCursor(position.seq)
}

/** The texts of the elements of a JSON array, whose bracket stands just before `from`. */
function elementsOf(json: string, from: number): string[] {
  const elements: string[] = []
  let start = from
  let depth = 0
  for (let at = from; at < json.length; at++) {
    const character = json[at]
    if (character === '"') at = endOfString(json, at)
    else if (character === '{' || character === '[') depth++
    else if (depth > 0 && (character === '}' || character === ']')) depth--
    else if (depth === 0 && (character === ',' || character === ']')) {
      if (at > start) elements.push(json.slice(start, at))
      if (character === ']') return elements
      start = at + 1
    }
  }
  return elements
}

/** Where the quotation mark stands that ends a string. */
function endOfString(json: string, begin: number): number {
  for (let at = begin + 1; at < json.length; at++) {
    if (json[at] === '\\') at++
    else if (json[at] === '"') return at
  }
  return json.length
}
