import {
  BRACE_CLOSE,
  BRACE_OPEN,
  BRACKET_CLOSE,
  BRACKET_OPEN,
  COLON,
  COMMA,
  closingQuote,
  fail,
  QUOTE,
  skipNumber,
  skipSpace,
  skipValue,
} from '../blocks/json-text'
import { DEPTH_REFUSED } from '../limits/limits'
import type { NameTable } from './name-table'

/** How deep a value may be that is passed over. */
const DEPTH = { at: 1, max: DEPTH_REFUSED }

/** Walks JSON text member by member. What is no JSON is a JsonFailure. */
export class JsonCursor {
  readonly bytes: Uint8Array
  /** Where the next value or member begins. */
  at: number
  /** The number of the member that `member` has found. */
  name = 0
  /** Where that member's name stands, with its quotes. */
  nameFrom = 0
  nameTo = 0

  constructor(bytes: Uint8Array, at: number) {
    this.bytes = bytes
    this.at = skipSpace(bytes, at)
  }

  /** Enters an object. False, and passed over, when it is none: what is missing may be written as null. */
  enterObject(): boolean {
    return this.#enter(BRACE_OPEN)
  }

  /** Enters an array. False, and passed over, when it is none. */
  enterArray(): boolean {
    return this.#enter(BRACKET_OPEN)
  }

  /**
   * Goes to the value of the next member of an object, whose name is then in `name`; at its end it leaves the object and answers
   * false. Members that the table does not know have the number 0.
   */
  member(table: NameTable): boolean {
    const { bytes } = this
    if (!this.#next(BRACE_CLOSE)) return false
    if (bytes[this.at] !== QUOTE) fail(this.at, 'a member name in double quotes is expected here')
    const from = this.at + 1
    const to = closingQuote(bytes, from)
    const colon = bytes[to + 1] === COLON ? to + 1 : skipSpace(bytes, to + 1)
    if (bytes[colon] !== COLON) fail(colon, '":" is expected here')
    this.at = bytes[colon + 1] <= 0x20 ? skipSpace(bytes, colon + 1) : colon + 1
    this.nameFrom = from - 1
    this.nameTo = to + 1
    this.name = table.find(bytes, from, to)
    return true
  }

  /** Goes to the next element of an array; at its end it leaves the array and answers false. */
  element(): boolean {
    return this.#next(BRACKET_CLOSE)
  }

  /** Passes over a value. */
  skip(): void {
    const { at, bytes } = this
    const byte = bytes[at]
    // Most values are no objects, and need nothing kept.
    if (byte === QUOTE) this.at = closingQuote(bytes, at + 1) + 1
    else if (byte === 0x2d || (byte >= 0x30 && byte <= 0x39)) this.at = skipNumber(bytes, at)
    else this.at = skipValue(bytes, at, DEPTH)
  }

  #enter(open: number): boolean {
    if (this.bytes[this.at] !== open) {
      this.skip()
      return false
    }
    this.at++
    return true
  }

  /** After `{`, `[` or a value: at what comes next of what is open, or behind its end. */
  #next(close: number): boolean {
    const { bytes } = this
    const isFirst = this.#isFirst()
    let at = this.at
    // Machines write no white space.
    if (bytes[at] <= 0x20) at = skipSpace(bytes, at)
    if (bytes[at] === close) {
      this.at = at + 1
      return false
    }
    if (!isFirst) {
      if (bytes[at] !== COMMA) fail(at, `"," or "${String.fromCharCode(close)}" is expected here`)
      at++
      if (bytes[at] <= 0x20) at = skipSpace(bytes, at)
    }
    this.at = at
    return true
  }

  /** What was just entered has nothing before its first member. */
  #isFirst(): boolean {
    const before = this.bytes[this.at - 1]
    return before === BRACE_OPEN || before === BRACKET_OPEN
  }
}
