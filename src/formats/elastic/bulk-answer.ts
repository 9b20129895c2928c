import { createHash } from 'node:crypto'
import type { Rejection } from '../json-documents'
import type { BulkAction } from './bulk-action'

/** What became of a bulk request. */
export interface BulkOutcome {
  readonly actions: readonly BulkAction[]
  /** Items of which nothing was stored, by their place. */
  readonly rejected: readonly Rejection[]
  /** Names the batch: ids that the client left to us are made of it, so that the same batch always gets the same. */
  readonly batchId: string
  readonly tookMs: number
}

/** The type of an error of Elasticsearch and its status. */
export interface ItemError {
  readonly status: number
  readonly type: string
  readonly reason: string
}

/**
 * The answer to a bulk request: an item for each action, in their order, each under the name of its action. `errors` stands before
 * the items, because clients stop reading there (Fluent Bit, Vector), and items are short, because one reads 512 KB only.
 */
export function bulkAnswer({ actions, rejected, batchId, tookMs }: BulkOutcome): string {
  const errors = new Map(rejected.map((rejection) => [rejection.index, itemError(rejection)]))
  return answerText(actions, errors, { batchId, tookMs })
}

/** The answer where the same is wrong with every item: a limit, of which this client expects to hear item by item. */
export function refusedBulkAnswer(actions: readonly BulkAction[], error: ItemError): string {
  return answerText(actions, new Map(actions.map((_, index) => [index, error])), { batchId: '', tookMs: 0 })
}

function answerText(
  actions: readonly BulkAction[],
  errors: ReadonlyMap<number, ItemError>,
  { batchId, tookMs }: { readonly batchId: string; readonly tookMs: number },
): string {
  const prefix = createHash('sha256').update(batchId).digest('base64url').slice(0, ID_PREFIX_CHARACTERS)
  const items = actions.map((action, index) => itemText(action, errors.get(index), `${prefix}-${index.toString(36)}`))
  return `{"took":${Math.max(0, Math.floor(tookMs))},"errors":${errors.size > 0},"items":[${items.join(',')}]}`
}

const ID_PREFIX_CHARACTERS = 12

function itemText({ name, index, id }: BulkAction, error: ItemError | undefined, ownId: string): string {
  const about = { _index: index ?? DEFAULT_INDEX, _id: id ?? ownId }
  // There is one for each document: written by hand, it costs a third.
  if (error === undefined)
    return `{"${name}":{"_index":${quoted(about._index)},"_id":${quoted(about._id)},"_version":1,"result":"created","status":201}}`
  const { status, type, reason } = error
  return JSON.stringify({ [name]: { ...about, status, error: { type, reason } } })
}

/** Nearly all names need no escapes. */
const quoted = (text: string): string => (/^[\w.:-]*$/.test(text) ? `"${text}"` : JSON.stringify(text))

/** What an item is said to be in where neither action nor address names an index. */
const DEFAULT_INDEX = 'logs'

/** Why an item was not taken, in the words of Elasticsearch; which of them a client retries is facts/protocols.md 0.2. */
export function itemError({ code, detail, at }: Pick<Rejection, 'code' | 'detail' | 'at'>): ItemError {
  switch (code) {
    case 'known_id':
      return { status: 409, type: 'version_conflict_engine_exception', reason: `version conflict: ${detail}` }
    case 'unsupported_action':
      return { status: 400, type: 'illegal_argument_exception', reason: detail }
    case 'record_too_large':
      return { status: 413, type: 'illegal_argument_exception', reason: detail }
    default:
      return { status: 400, type: 'document_parsing_exception', reason: `[${at}] failed to parse: ${detail}` }
  }
}
