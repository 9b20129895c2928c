import { BRACE_OPEN, BRACKET_CLOSE, BRACKET_OPEN, byteOrderMark, skipSpace } from '../../blocks/json-text'
import { levelRank } from '../../records/levels'
import { type Claim, claimOf, type ReadClaim } from '../../records/names'
import type { Format, FormatRequest, OpenedBody, RecordReader } from '../format'
import { readJsonDocuments } from '../json-documents'
import { readTextLines } from '../text-lines'
import { DATADOG_DEFAULTS, type DatadogDefaults, openDatadogItems } from './items'

/** Datadog's logs intake: an array of logs, one log, logs one after another (the browser), or lines of text. */
export const DATADOG: Format = {
  source: 'datadog',
  claims: claimOfDatadog,
  levels: datadogLevelRank,
  open: openDatadog,
}

function openDatadog(body: Uint8Array, { parameters, contentType }: FormatRequest): OpenedBody {
  const start = skipSpace(body, byteOrderMark(body))
  if (isEmpty(body, start)) return { documents: body, read: readNothing }
  const isText = contentType === 'text/plain' && body[start] !== BRACE_OPEN && body[start] !== BRACKET_OPEN
  if (isText) return { documents: body, read: readTextLines }
  return openDatadogItems(body, readDefaults(parameters)) ?? { documents: body, read: readJsonDocuments }
}

/** `{}` and `[]` are how Datadog's own clients ask whether anybody is there. */
function isEmpty(body: Uint8Array, start: number): boolean {
  if (start >= body.length) return true
  const isArray = body[start] === BRACKET_OPEN
  if (!isArray && body[start] !== BRACE_OPEN) return false
  const inner = skipSpace(body, start + 1)
  if (body[inner] !== (isArray ? BRACKET_CLOSE : 0x7d)) return false
  return skipSpace(body, inner + 1) >= body.length
}

const readNothing: RecordReader = () => ({ received: 0, rejected: [], broken: undefined })

const readDefaults = (parameters: URLSearchParams): DatadogDefaults =>
  Object.fromEntries(
    DATADOG_DEFAULTS.flatMap((name): [string, string][] => {
      const value = parameters.get(name)
      return value === null || value === '' ? [] : [[name, value]]
    }),
  )

/** What attributes mean in logs of Datadog. A message that is an object itself holds what its program wrote. */
export function claimOfDatadog(path: string): ReturnType<ReadClaim> {
  return path.startsWith(IN_MESSAGE) ? inMessage(path.slice(IN_MESSAGE.length)) : (claimOf(path) ?? CLAIMS.get(path))
}

const IN_MESSAGE = 'message.'

const CLAIMS: ReadonlyMap<string, Claim> = new Map([['date', { role: 'time', strength: 40 }]])

/** Its level counts more than the status that an agent gives to all that a container writes. */
function inMessage(path: string): Claim | undefined {
  const inner = claimOf(path) ?? CLAIMS.get(path)
  if (inner === undefined) return undefined
  const isLevel = inner.role === 'level' && path.toLowerCase() !== 'status'
  return { role: inner.role, strength: isLevel ? LEVEL_IN_MESSAGE : inner.strength + OTHERS_IN_MESSAGE }
}

/** Between every name of a level and `status`, which is the last of them (src/records/names.ts). */
const LEVEL_IN_MESSAGE = 7.5
const OTHERS_IN_MESSAGE = 50

/**
 * Datadog goes by the first letter of a status (docs.datadoghq.com/logs/log_configuration/processors, log status remapper), once it is
 * no word that everybody knows.
 */
export function datadogLevelRank(word: string): number | undefined {
  return levelRank(word) ?? LETTERS[word.charAt(0).toLowerCase()]
}

const LETTERS: Readonly<Partial<Record<string, number>>> = {
  ...{ f: 5, a: 5, c: 5, p: 5 },
  ...{ e: 4, w: 3, n: 2, i: 2, o: 2, s: 2 },
  ...{ d: 1, t: 1, v: 1 },
}
