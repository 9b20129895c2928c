import { unquoted } from './compact-json'
import {
  BACKSLASH,
  BRACE_CLOSE,
  BRACE_OPEN,
  BRACKET_OPEN,
  COLON,
  COMMA,
  closingQuote,
  copyCompact,
  fail,
  QUOTE,
  quoteJson,
  skipNumber,
  skipSpace,
  skipValue,
  skipWord,
} from './json-text'

/** What stands in a slot. */
export const VALUE = { string: 1, number: 2, literal: 3, array: 4, deep: 5 } as const

/** A value of a document: where it stands and under which path. */
export interface ReadSlot {
  readonly path: string
  readonly kind: number
  /** How many objects it stands in. */
  readonly level: number
  /** Where the value itself is: in the body, or (from the body's length on) in the arena when it had to be rewritten. */
  readonly from: number
  readonly to: number
  /** The string's spelling where its text alone would not tell it. */
  readonly source: string | undefined
  /** The bytes in the body since the value before: what a later record of this shape must have there too. */
  readonly literalFrom: number
  readonly literalTo: number
}

/** One document, read in full. */
export interface ReadRecord {
  readonly slots: readonly ReadSlot[]
  /** The compact JSON around the values; one more than there are slots. */
  readonly parts: readonly string[]
  /** Where the text after the last value begins, and where the document ends. */
  readonly tailFrom: number
  readonly end: number
}

/** Rewritten values: unescaped strings and arrays without white space. Grows; positions count from the body's length. */
export class Arena {
  readonly base: number
  bytes = new Uint8Array(1024)
  #length = 0

  constructor(base: number) {
    this.base = base
  }

  /** Room for `size` more bytes; answers where they begin in `bytes`. */
  reserve(size: number): number {
    if (this.#length + size > this.bytes.length) {
      const bytes = new Uint8Array(Math.max(this.bytes.length * 2, this.#length + size))
      bytes.set(this.bytes.subarray(0, this.#length))
      this.bytes = bytes
    }
    return this.#length
  }

  /** Takes the next `size` bytes as written; answers their position. */
  commit(size: number): number {
    const position = this.base + this.#length
    this.#length += size
    return position
  }

  putText(text: string): { from: number; to: number } {
    const at = this.reserve(text.length * 3)
    const { written } = encoder.encodeInto(text, this.bytes.subarray(at))
    const from = this.commit(written)
    return { from, to: from + written }
  }

  /**
   * Takes a string whose escapes are all ones that JSON.stringify writes as well, `\\u…` excepted; undefined for others.
   * Nearly all strings with escapes are such: quotes, back-slashes, line ends, tabs.
   */
  putUnescaped(
    source: Uint8Array,
    from: number,
    to: number,
  ): { from: number; to: number; source: undefined } | undefined {
    const start = this.reserve(to - from)
    let write = start
    for (let read = from; read < to; read++) {
      let byte = source[read]
      if (byte === BACKSLASH) {
        byte = UNESCAPED[source[++read]]
        if (byte === 0) return undefined
      }
      this.bytes[write++] = byte
    }
    const position = this.commit(write - start)
    return { from: position, to: position + write - start, source: undefined }
  }

  putCompact(source: Uint8Array, from: number, to: number): { from: number; to: number } {
    const at = this.reserve(to - from)
    const written = copyCompact(source, from, to, this.bytes, at)
    const position = this.commit(written)
    return { from: position, to: position + written }
  }
}

/** What the character after a back-slash stands for, for escapes that have one spelling only; 0 for all others. */
const UNESCAPED = new Uint8Array(256)
for (const [escaped, meant] of [
  ['"', '"'],
  ['\\', '\\'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
]) {
  UNESCAPED[escaped.charCodeAt(0)] = meant.charCodeAt(0)
}

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true })

/** A path has this many characters at most before what it leads to is one value: the path stands at every member of it. */
const PATH_LENGTH_MAX = 1024

/** Objects nested deeper than `flatten` become one value; deeper than `refuse` is an error. */
export interface DepthLimits {
  readonly flatten: number
  readonly refuse: number
}

/** The general way to read one document: any shape, strictly checked. Throws a JsonFailure. */
export function readRecord(body: Uint8Array, from: number, arena: Arena, depth: DepthLimits): ReadRecord {
  const slots: ReadSlot[] = []
  const parts: string[] = []
  let part = ''
  let literalFrom = from

  const readMembers = (open: number, prefix: string, level: number): number => {
    part += '{'
    let at = skipSpace(body, open + 1)
    if (body[at] === BRACE_CLOSE) {
      part += '}'
      return at + 1
    }
    for (;;) {
      if (body[at] !== QUOTE) fail(at, 'a member name in double quotes is expected here')
      const nameEnd = closingQuote(body, at + 1)
      const name = decoder.decode(body.subarray(at, nameEnd + 1))
      const colon = skipSpace(body, nameEnd + 1)
      if (body[colon] !== COLON) fail(colon, '":" is expected here')
      part += `${name}:`
      const key = name.includes('\\') ? unquoted(name) : name.slice(1, -1)
      at = skipSpace(body, readValue(skipSpace(body, colon + 1), prefix + key, level))
      if (body[at] === BRACE_CLOSE) {
        part += '}'
        return at + 1
      }
      if (body[at] !== COMMA) fail(at, '"," or "}" is expected here')
      part += ','
      at = skipSpace(body, at + 1)
    }
  }

  const addSlot = (slot: ReadSlot, next: number): number => {
    slots.push(slot)
    parts.push(part)
    part = slot.kind === VALUE.string ? '"' : ''
    literalFrom = slot.kind === VALUE.string ? next - 1 : next
    return next
  }

  const readValue = (at: number, path: string, level: number): number => {
    const byte = body[at]
    const literal = { path, level, literalFrom, literalTo: at, source: undefined }
    if (byte === QUOTE) {
      part += '"'
      const end = closingQuote(body, at + 1)
      return addSlot(
        { ...literal, literalTo: at + 1, kind: VALUE.string, ...stringCell(body, at + 1, end, arena) },
        end + 1,
      )
    }
    if (byte === BRACE_OPEN && level < depth.flatten && path.length < PATH_LENGTH_MAX)
      return readMembers(at, `${path}.`, level + 1)
    if (byte === BRACE_OPEN || byte === BRACKET_OPEN) {
      const end = skipValue(body, at, { at: level, max: depth.refuse })
      const kind = byte === BRACKET_OPEN ? VALUE.array : VALUE.deep
      return addSlot({ ...literal, kind, ...arena.putCompact(body, at, end) }, end)
    }
    if (byte === 0x2d || (byte >= 0x30 && byte <= 0x39)) {
      const end = skipNumber(body, at)
      return addSlot({ ...literal, kind: VALUE.number, from: at, to: end }, end)
    }
    if (byte === 0x74 || byte === 0x66 || byte === 0x6e) {
      const end = skipWord(body, at)
      return addSlot({ ...literal, kind: VALUE.literal, from: at, to: end }, end)
    }
    return fail(at, byte === undefined ? 'the text ends where a value is expected' : 'a value is expected here')
  }

  const end = readMembers(from, '', 1)
  parts.push(part)
  return { slots, parts, tailFrom: literalFrom, end }
}

/** A string without escapes stays where it is; others are unescaped into the arena. */
export function stringCell(
  body: Uint8Array,
  from: number,
  to: number,
  arena: Arena,
): { from: number; to: number; source: string | undefined } {
  if (!hasBackslash(body, from, to)) return { from, to, source: undefined }
  const simple = arena.putUnescaped(body, from, to)
  if (simple !== undefined) return simple
  const source = decoder.decode(body.subarray(from - 1, to + 1))
  const text = unquoted(source)
  const exact = text.isWellFormed() && quoteJson(text) === source
  return { ...arena.putText(text), source: exact ? undefined : source }
}

function hasBackslash(body: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (body[at] === BACKSLASH) return true
  return false
}
