import {
  BRACE_OPEN,
  BRACKET_CLOSE,
  BRACKET_OPEN,
  byteOrderMark,
  COLON,
  COMMA,
  JsonFailure,
  NEWLINE,
  QUOTE,
  skipSpace,
  skipValue,
} from '../../blocks/json-text'
import { BATCH_RECORDS_MAX, DEPTH_REFUSED } from '../../limits/limits'
import { DocumentWriter, memberName } from '../document-writer'
import type { OpenedBody } from '../format'
import { isNamed, walkMembers } from '../object-members'
import { openTranscript } from '../transcript'
import { notRead, VainReading } from '../vain-reading'
import { isObjectText } from './object-text'
import { tagsText } from './tags'

/** What the address may say of all logs that do not say it themselves. */
export const DATADOG_DEFAULTS = ['ddsource', 'ddtags', 'service', 'hostname'] as const

export type DatadogDefaults = Readonly<Partial<Record<(typeof DATADOG_DEFAULTS)[number], string>>>

/**
 * Writes logs out of a body with what Datadog adds when it takes them in: what the address says of all, `tags` with a field for each
 * of `ddtags`, and a `message` that is the text of a JSON object as that object. Undefined where nothing is to be added, or where
 * the body is not whole: then it is read as it stands.
 */
export function openDatadogItems(body: Uint8Array, defaults: DatadogDefaults): OpenedBody | undefined {
  const items = new Items(body, defaults)
  return items.writeAll() ? openTranscript(items.writer) : undefined
}

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

const NAMES = DATADOG_DEFAULTS.map((name) => encoder.encode(name))
const MEMBERS = DATADOG_DEFAULTS.map(memberName)
const DDTAGS = DATADOG_DEFAULTS.indexOf('ddtags')
const MESSAGE = encoder.encode('message')
const TAGS = encoder.encode('tags')
const TAGS_MEMBER = memberName('tags')
const NOWHERE = -1

class Items {
  readonly writer: DocumentWriter
  readonly #body: Uint8Array
  readonly #defaults: readonly (string | undefined)[]
  readonly #defaultTags: string | undefined
  readonly #vain: VainReading
  #failedAt = 0
  #adds = false
  /** Of the log that is being read. */
  #mask = 0
  #tagsFrom = NOWHERE
  #tagsTo = NOWHERE
  #messageFrom = NOWHERE
  #messageTo = NOWHERE
  #hasTags = false
  /** The tags read last: nearly always those of the log before. */
  #lastTags: { readonly from: number; readonly to: number; readonly text: string | undefined } | undefined

  constructor(body: Uint8Array, defaults: DatadogDefaults) {
    this.#body = body
    this.#vain = new VainReading(body)
    this.writer = new DocumentWriter(body.length + body.length / 2)
    this.#defaults = DATADOG_DEFAULTS.map((name) => {
      const value = defaults[name]
      return value === undefined ? undefined : JSON.stringify(value)
    })
    this.#defaultTags = defaults.ddtags === undefined ? undefined : tagsText(defaults.ddtags)
  }

  /** Whether there is anything in what was written that the body does not say itself. */
  writeAll(): boolean {
    const body = this.#body
    const start = skipSpace(body, byteOrderMark(body))
    return (body[start] === BRACKET_OPEN ? this.#writeArray(start) : this.#writeSequence(start)) && this.#adds
  }

  /** What is no array as a whole is read, and refused, as it stands. */
  #writeArray(start: number): boolean {
    const body = this.#body
    let at = skipSpace(body, start + 1)
    while (this.writer.ends.length <= BATCH_RECORDS_MAX) {
      const end = body[at] === BRACE_OPEN ? this.#writeItem(at) : this.#refuse(at)
      if (end === undefined) return false
      at = skipSpace(body, end)
      if (body[at] === BRACKET_CLOSE) return skipSpace(body, at + 1) >= body.length
      if (body[at] !== COMMA) return false
      at = skipSpace(body, at + 1)
    }
    return true
  }

  /** A log that is broken costs only itself: reading goes on at the next line. */
  #writeSequence(start: number): boolean {
    const body = this.#body
    let at = start
    while (at < body.length && this.writer.ends.length <= BATCH_RECORDS_MAX) {
      at = skipSpace(body, this.#writeItem(at) ?? this.#refuseLine(at))
      if (body[at] === COMMA) at = skipSpace(body, at + 1)
    }
    return true
  }

  #refuseLine(at: number): number {
    this.writer.refuseDocument({ code: 'invalid_json', detail: 'a log is a JSON object', at })
    const next = lineEnd(this.#body, at)
    if (this.#vain.note(at, this.#failedAt)) return next
    if (next < this.#body.length) this.writer.refuseDocument(notRead(next))
    return this.#body.length
  }

  #writeItem(at: number): number | undefined {
    this.#mask = 0
    this.#hasTags = false
    this.#tagsFrom = NOWHERE
    this.#messageFrom = NOWHERE
    const end = this.#tried(() => walkMembers(this.#body, at, this.#note))
    if (end !== undefined) this.#write(at, end)
    return end
  }

  #refuse(at: number): number | undefined {
    const end = this.#tried(() => skipValue(this.#body, at, { at: 1, max: DEPTH_REFUSED }))
    this.writer.refuseDocument({ code: 'invalid_json', detail: 'a log is a JSON object', at })
    return end
  }

  #tried(read: () => number): number | undefined {
    try {
      return read()
    } catch (error) {
      if (!(error instanceof JsonFailure)) throw error
      this.#failedAt = error.problem.at
      return undefined
    }
  }

  readonly #note = (nameFrom: number, nameTo: number, from: number, to: number): void => {
    const body = this.#body
    for (let index = 0; index < NAMES.length; index++) {
      if (isNamed(body, nameFrom, nameTo, NAMES[index])) this.#noteDefault(index, from, to)
    }
    if (isNamed(body, nameFrom, nameTo, TAGS)) this.#hasTags = true
    if (body[from] === QUOTE && isNamed(body, nameFrom, nameTo, MESSAGE)) {
      this.#messageFrom = from
      this.#messageTo = to
    }
  }

  #noteDefault(index: number, from: number, to: number): void {
    this.#mask |= 1 << index
    if (index !== DDTAGS || this.#body[from] !== QUOTE) return
    this.#tagsFrom = from
    this.#tagsTo = to
  }

  #write(from: number, to: number): void {
    const { writer } = this
    writer.beginObject()
    for (let index = 0; index < MEMBERS.length; index++) {
      const value = this.#defaults[index]
      if (value === undefined || (this.#mask & (1 << index)) !== 0) continue
      writer.member(MEMBERS[index])
      writer.json(value)
      this.#adds = true
    }
    const tags = this.#hasTags ? undefined : this.#tags()
    if (tags !== undefined) {
      writer.member(TAGS_MEMBER)
      writer.json(tags)
      this.#adds = true
    }
    this.#writeMembers(from, to)
    writer.endDocument()
  }

  #tags(): string | undefined {
    if (this.#tagsFrom === NOWHERE) return (this.#mask & (1 << DDTAGS)) === 0 ? this.#defaultTags : undefined
    const last = this.#lastTags
    if (last !== undefined && sameBytes(this.#body, last, { from: this.#tagsFrom, to: this.#tagsTo })) return last.text
    const text = textOf(this.#body, this.#tagsFrom, this.#tagsTo)
    const tags = text === undefined ? undefined : tagsText(text)
    this.#lastTags = { from: this.#tagsFrom, to: this.#tagsTo, text: tags }
    return tags
  }

  /** The log's own members, in their order. */
  #writeMembers(from: number, to: number): void {
    const { writer } = this
    const body = this.#body
    const message = this.#messageFrom === NOWHERE ? undefined : objectIn(body, this.#messageFrom, this.#messageTo)
    const first = skipSpace(body, from + 1)
    if (message === undefined) {
      this.#writeRest(first, to)
      return
    }
    this.#adds = true
    writer.raw(body, first, afterColon(body, this.#messageFrom))
    writer.raw(message, 0, message.length)
    const next = skipSpace(body, this.#messageTo)
    this.#writeRest(body[next] === COMMA ? skipSpace(body, next + 1) : next, to)
  }

  #writeRest(first: number, to: number): void {
    if (first === to - 1) this.writer.endObject()
    else this.writer.raw(this.#body, first, to)
  }
}

/** Without the white space between a member's name and its value. */
function afterColon(body: Uint8Array, value: number): number {
  let at = value
  while (body[at - 1] !== COLON) at--
  return at
}

function lineEnd(body: Uint8Array, from: number): number {
  const newline = body.indexOf(NEWLINE, from)
  return newline < 0 ? body.length : newline
}

/** The object that a text is, out of its quotes and escapes; undefined when it is none. */
function objectIn(body: Uint8Array, from: number, to: number): Uint8Array | undefined {
  const first = body[skipSpace(body, from + 1)]
  if (first !== BRACE_OPEN) return undefined
  const text = textOf(body, from, to)
  if (text === undefined || !text.isWellFormed()) return undefined
  const bytes = encoder.encode(text.trim())
  return isObjectText(bytes) ? bytes : undefined
}

/** The text of a JSON string; undefined where it is not UTF-8, which whoever reads the record refuses. */
function textOf(body: Uint8Array, from: number, to: number): string | undefined {
  try {
    const text: unknown = JSON.parse(decoder.decode(body.subarray(from, to)))
    return typeof text === 'string' ? text : undefined
  } catch {
    return undefined
  }
}

interface Span {
  readonly from: number
  readonly to: number
}

function sameBytes(body: Uint8Array, left: Span, right: Span): boolean {
  const length = left.to - left.from
  if (length !== right.to - right.from) return false
  for (let index = 0; index < length; index++) if (body[left.from + index] !== body[right.from + index]) return false
  return true
}
