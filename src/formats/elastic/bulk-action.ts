import { ELASTIC_ID_BYTES_MAX, ELASTIC_INDEX_BYTES_MAX } from '../../limits/limits'

/** What a bulk request can ask for. Logs are only ever added, so the last two are refused, each by itself. */
export const BULK_ACTIONS = ['index', 'create', 'update', 'delete'] as const

export type BulkActionName = (typeof BULK_ACTIONS)[number]

/** One line of a bulk request that says what becomes of the document on the next. */
export interface BulkAction {
  /** The name that the client used: its item of the answer has the same. */
  readonly name: BulkActionName
  /** Whether a document with an id that is there already must stay as it is. */
  readonly creates: boolean
  readonly index: string | undefined
  readonly id: string | undefined
  /** Why nothing can be done, if so: for the client, as a sentence. */
  readonly fault: string | undefined
}

/** What an action has where it does not say it: the address says so of all. */
export interface BulkDefaults {
  readonly index?: string | undefined
  readonly creates?: boolean | undefined
}

/**
 * Reads the text of an action line: `{"create":{"_index":"logs-app","_id":"7"}}`. Undefined when it is none. Members beside the
 * action are passed over: winston-elasticsearch counts its attempts there.
 */
export function parseBulkAction(text: string, defaults: BulkDefaults): BulkAction | undefined {
  const line = parseObject(text)
  const name = line && BULK_ACTIONS.find((action) => Object.hasOwn(line, action))
  const about = name && asObject(line[name])
  if (name === undefined || about === undefined) return undefined
  const index = textOf(about._index) ?? defaults.index
  const id = textOf(about._id)
  const creates = name === 'create' || (name === 'index' && (about.op_type ?? opTypeOf(defaults)) === 'create')
  return { name, creates, index, id, fault: faultOf(name, index, id) }
}

const opTypeOf = ({ creates }: BulkDefaults): string | undefined => (creates ? 'create' : undefined)

function faultOf(name: BulkActionName, index: string | undefined, id: string | undefined): string | undefined {
  if (name === 'update' || name === 'delete') return `logs are only added here: "${name}" is not supported`
  if (id === '') return 'if _id is specified it must not be empty'
  if (id !== undefined && Buffer.byteLength(id) > ELASTIC_ID_BYTES_MAX)
    return `_id is too long, must be no longer than ${ELASTIC_ID_BYTES_MAX} bytes`
  if (index !== undefined && Buffer.byteLength(index) > ELASTIC_INDEX_BYTES_MAX)
    return `_index is too long, must be no longer than ${ELASTIC_INDEX_BYTES_MAX} bytes`
  return undefined
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    // Digits of an id that is a number are kept: a double would change those after the fifteenth.
    return asObject(JSON.parse(quoteIdDigits(text)))
  } catch {
    return undefined
  }
}

/** An id that is a number, as a text. Nothing else of a valid action line looks like it. */
const quoteIdDigits = (text: string): string =>
  text.includes('"_id"') ? text.replace(/("_id"\s*:\s*)(-?\d+)(?=\s*[,}])/, '$1"$2"') : text

function asObject(value: unknown): Readonly<Record<string, unknown>> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  return Object.fromEntries(Object.entries(value))
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
