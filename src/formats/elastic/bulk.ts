import { createHash } from 'node:crypto'
import type { RecordProblem } from '../../blocks/batch-builder'
import { BRACE_CLOSE, BRACE_OPEN, byteOrderMark, NEWLINE, skipSpace } from '../../blocks/json-text'
import { BATCH_RECORDS_MAX, ELASTIC_ID_BYTES_MAX, KNOWN_ID_CHARACTERS_MAX } from '../../limits/limits'
import { claimOf, type ReadClaim } from '../../records/names'
import { DocumentWriter, memberName } from '../document-writer'
import { BodyFailure, type OpenedBody } from '../format'
import { placedReader } from '../placed-documents'
import { type BulkAction, type BulkDefaults, parseBulkAction } from './bulk-action'

/** A bulk request: what was asked for, item by item, and its documents. */
export interface Bulk {
  readonly actions: readonly BulkAction[]
  readonly opened: OpenedBody
}

/**
 * Reads a bulk request (Elasticsearch `_bulk`): lines of actions, each with its document on the next. A document gets `_index` and
 * `_id` as its first members where its action has them. A line that should be an action and is none breaks the whole, because
 * nobody can say what the lines after it are.
 */
export const openBulk = (body: Uint8Array, defaults: BulkDefaults): Bulk => openLines(body, readLines(body, defaults))

/** Reads one document that has a request of its own: `_doc`, `_create`. */
export function openDocument(body: Uint8Array, action: BulkAction): Bulk {
  const problem = problemOf(action, body, 0, body.length)
  const refused = new Map(problem === undefined ? [] : [[0, problem]])
  return openLines(body, {
    actions: [action],
    from: [skipSpace(body, byteOrderMark(body))],
    to: [body.length],
    refused,
  })
}

function openLines(body: Uint8Array, lines: Lines): Bulk {
  const { actions } = lines
  const names = actions.some(({ index, id }) => index !== undefined || id !== undefined)
  const placed = names ? withNames(body, lines) : { ...lines, documents: body }
  const known = new Set<string>()
  const taken = new Map<string, number>()
  const keys = actions.map(knownIdOf)
  const read = placedReader(placed, {
    unless: (index) => {
      const key = keys[index]
      return key !== undefined && (known.has(key) || taken.has(key)) ? KNOWN_ID : undefined
    },
    taken: (index) => {
      const key = keys[index]
      if (key !== undefined) taken.set(key, index)
    },
  })
  return {
    actions,
    opened: {
      documents: placed.documents,
      read: (documents, builder, afterRecord) => {
        taken.clear()
        return read(documents, builder, afterRecord)
      },
      ids: {
        taken: (rejected) => {
          const refused = new Set(rejected.map(({ index }) => index))
          return [...taken].filter(([, index]) => !refused.has(index)).map(([key]) => key)
        },
        leaveOut: (ids) => {
          for (const id of ids) known.add(id)
        },
      },
    },
  }
}

/** What fields mean in the Elastic Common Schema, where that differs from what all names mean. */
export const claimOfElastic: ReadClaim = (path) => claimOf(path) ?? WEAK_CLAIMS.get(path)

const WEAK_CLAIMS: ReadonlyMap<string, ReturnType<ReadClaim>> = new Map([
  ['event.original', { role: 'message', strength: 60 }],
  ['kubernetes.container.name', { role: 'service', strength: 60 }],
  ['kubernetes.container_name', { role: 'service', strength: 61 }],
  ['container.name', { role: 'service', strength: 62 }],
])

const KNOWN_ID: RecordProblem = {
  code: 'known_id',
  detail: 'a record with this id was stored in the last 24 hours',
  at: 0,
}

/** What an id is remembered by: its index is part of it, and where both are long their hash is enough. */
function knownIdOf({ creates, index = '', id, fault }: BulkAction): string | undefined {
  if (!creates || id === undefined || fault !== undefined) return undefined
  const name = `${index}\n${id}`
  if (name.length <= KNOWN_ID_CHARACTERS_MAX) return name
  return createHash('sha256').update(name).digest('base64')
}

interface Lines {
  readonly actions: readonly BulkAction[]
  readonly from: readonly number[]
  readonly to: readonly number[]
  readonly refused: ReadonlyMap<number, RecordProblem>
}

function readLines(body: Uint8Array, defaults: BulkDefaults): Lines {
  const actions: BulkAction[] = []
  const from: number[] = []
  const to: number[] = []
  const refused = new Map<number, RecordProblem>()
  const reader = new ActionReader(body, defaults)
  let at = skipSpace(body, byteOrderMark(body))
  // One more than may be stored is enough to see that there are too many.
  while (at < body.length && actions.length <= BATCH_RECORDS_MAX) {
    const end = lineEnd(body, at)
    const action = reader.read(at, end)
    if (action === undefined) throw new BodyFailure(malformed(body, at))
    const document = action.name === 'delete' ? end : Math.min(end + 1, body.length)
    const documentEnd = action.name === 'delete' ? end : lineEnd(body, document)
    const problem = problemOf(action, body, document, documentEnd)
    if (problem !== undefined) refused.set(actions.length, problem)
    actions.push(action)
    from.push(document)
    to.push(documentEnd)
    at = skipSpace(body, documentEnd + 1)
  }
  return { actions, from, to, refused }
}

function problemOf(action: BulkAction, body: Uint8Array, from: number, to: number): RecordProblem | undefined {
  if (action.fault !== undefined) return { code: 'unsupported_action', detail: action.fault, at: from }
  const start = skipSpace(body, from)
  if (start >= to) return { code: 'invalid_json', detail: 'the line with the document is missing', at: from }
  return body[start] === BRACE_OPEN ? undefined : { code: 'invalid_json', detail: 'a log is a JSON object', at: start }
}

/** Says which line it is as Elasticsearch does; lines are only counted where one is at fault. */
function malformed(body: Uint8Array, at: number): string {
  let line = 1
  for (let newline = body.indexOf(NEWLINE); newline >= 0 && newline < at; newline = body.indexOf(NEWLINE, newline + 1))
    line++
  return `Malformed action/metadata line [${line}], expected one of [create, delete, index, update]. Nothing was stored.`
}

function lineEnd(body: Uint8Array, from: number): number {
  const newline = body.indexOf(NEWLINE, from)
  return newline < 0 ? body.length : newline
}

/** Reads lines of actions. Most clients send the same one again and again, or differ in the id alone: it is read once. */
class ActionReader {
  readonly #body: Uint8Array
  readonly #buffer: Buffer
  readonly #defaults: BulkDefaults
  #lastFrom = 0
  #lastTo = 0
  /** Where the id of the last line begins, and how far its end is from that of the line; −1 where it has no plain one. */
  #idFrom = -1
  #afterId = 0
  #last: BulkAction | undefined

  constructor(body: Uint8Array, defaults: BulkDefaults) {
    this.#body = body
    this.#buffer = Buffer.from(body.buffer, body.byteOffset, body.length)
    this.#defaults = defaults
  }

  read(from: number, to: number): BulkAction | undefined {
    if (this.#last === undefined) return this.#parse(from, to)
    if (this.#idFrom < 0)
      return this.#isSame(from, to, this.#lastFrom, this.#lastTo) ? this.#last : this.#parse(from, to)
    const idFrom = from + this.#idFrom - this.#lastFrom
    const idTo = to - this.#afterId
    const isAlike =
      this.#isSame(from, idFrom, this.#lastFrom, this.#idFrom) &&
      this.#isSame(idTo, to, this.#lastTo - this.#afterId, this.#lastTo) &&
      this.#isPlain(idFrom, idTo)
    return isAlike ? { ...this.#last, id: this.#buffer.toString('latin1', idFrom, idTo) } : this.#parse(from, to)
  }

  #parse(from: number, to: number): BulkAction | undefined {
    const text = textBetween(this.#body, from, to)
    this.#last = parseBulkAction(text, this.#defaults)
    this.#lastFrom = from
    this.#lastTo = to
    this.#idFrom = -1
    const id = this.#last?.fault === undefined ? this.#last?.id : undefined
    if (id === undefined) return this.#last
    // The id as it stands there, once, and in a line of which every byte is a character.
    const at = text.indexOf(`"_id":"${id}"`)
    if (at < 0 || text.length !== to - from || at !== text.lastIndexOf('"_id"') || !this.#isPlainText(id))
      return this.#last
    this.#idFrom = from + at + '"_id":"'.length
    this.#afterId = to - this.#idFrom - id.length
    return this.#last
  }

  #isSame(from: number, to: number, otherFrom: number, otherTo: number): boolean {
    if (to - from !== otherTo - otherFrom) return false
    const body = this.#body
    for (let at = from, other = otherFrom; at < to; at++, other++) if (body[at] !== body[other]) return false
    return true
  }

  /** An id of characters that mean themselves, and not too many of them. */
  #isPlain(from: number, to: number): boolean {
    if (to <= from || to - from > ELASTIC_ID_BYTES_MAX) return false
    for (let at = from; at < to; at++) if (PLAIN[this.#body[at]] === 0) return false
    return true
  }

  #isPlainText(id: string): boolean {
    return id.length <= ELASTIC_ID_BYTES_MAX && /^[\x20\x21\x23-\x5b\x5d-\x7e]+$/.test(id)
  }
}

/** ASCII but for control characters, the quote and the back-slash. */
const PLAIN = new Uint8Array(256)
for (let byte = 0x20; byte < 0x7f; byte++) if (byte !== 0x22 && byte !== 0x5c) PLAIN[byte] = 1

/** A line that is no UTF-8 is no action. */
function textBetween(body: Uint8Array, from: number, to: number): string {
  try {
    return decoder.decode(body.subarray(from, to))
  } catch {
    return ''
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The documents again, with the names that their actions have. */
function withNames(body: Uint8Array, lines: Lines): Lines & { readonly documents: Uint8Array } {
  const writer = new DocumentWriter(body.length)
  const from: number[] = []
  const to: number[] = []
  let lastIndex: string | undefined
  let indexText = ''
  for (const [place, { index, id }] of lines.actions.entries()) {
    const begin = writer.length
    from.push(begin)
    if (!lines.refused.has(place)) {
      if (index !== lastIndex) indexText = JSON.stringify(index)
      lastIndex = index
      const inner = skipSpace(body, skipSpace(body, lines.from[place]) + 1)
      writer.beginObject()
      if (index !== undefined) {
        writer.member(INDEX)
        writer.json(indexText)
      }
      if (id !== undefined) {
        writer.member(ID)
        writer.string(id)
      }
      // What stands after the end of an empty document is not valid after a comma either.
      if (body[inner] === BRACE_CLOSE && skipSpace(body, inner + 1) >= lines.to[place]) writer.endObject()
      else writer.raw(body, inner, lines.to[place])
    }
    to.push(writer.length)
    if (writer.length > begin) writer.endDocument()
  }
  return { ...lines, from, to, documents: writer.bytes }
}

const INDEX = memberName('_index')
const ID = memberName('_id')
