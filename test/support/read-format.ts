import type { Format, OpenedBody } from '../../src/formats/format'
import { type ReadBatch, readFormat } from '../../src/formats/read-batch'
import { nothingRedacted, RECEIVED_MS } from './read-back'

const DAY_MS = 86_400_000

/** A request as a format sees it: what is not said is not there. */
export interface AskedOf {
  readonly contentType?: string
  readonly parameters?: Readonly<Record<string, string>>
}

/** Opens a body as a format of others. */
export function openAs(format: Format, body: string | Uint8Array, about: AskedOf = {}): OpenedBody {
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body
  return format.open(bytes, {
    contentType: about.contentType ?? '',
    parameters: new URLSearchParams(about.parameters),
    header: () => undefined,
    receivedMs: RECEIVED_MS,
  })
}

/** Reads what a format has opened, as a way in does. */
export function readOpened({ source, claims, levels }: Format, opened: OpenedBody): ReadBatch {
  return readFormat(opened, {
    receivedMs: RECEIVED_MS,
    retentionMs: 30 * DAY_MS,
    redactor: nothingRedacted,
    source,
    claims,
    levels: levels === undefined ? undefined : { get: levels },
  })
}

/** Reads a body as a format of others. */
export const readAs = (format: Format, body: string | Uint8Array, about?: AskedOf): ReadBatch =>
  readOpened(format, openAs(format, body, about))
