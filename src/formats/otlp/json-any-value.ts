import { fail, QUOTE, skipNumber } from '../../blocks/json-text'
import { DEPTH_REFUSED } from '../../limits/limits'
import type { DocumentWriter } from '../document-writer'
import type { JsonCursor } from '../json-cursor'
import { NameTable } from '../name-table'
import { TooDeep } from './any-value'

const KIND = { text: 1, int: 2, double: 3, array: 4, list: 5 }

const VALUE = new NameTable({
  ...{ stringValue: KIND.text, string_value: KIND.text, boolValue: KIND.text, bool_value: KIND.text },
  ...{ bytesValue: KIND.text, bytes_value: KIND.text, intValue: KIND.int, int_value: KIND.int },
  ...{ doubleValue: KIND.double, double_value: KIND.double, arrayValue: KIND.array, array_value: KIND.array },
  ...{ kvlistValue: KIND.list, kvlist_value: KIND.list },
})

const LIST = new NameTable({ values: 1 })

const PAIR = new NameTable({ key: 1, value: 2 })

/**
 * Writes an AnyValue of the protocol's JSON as the value that it stands for. What is no AnyValue, as careless senders write it, is
 * the value itself. Throws TooDeep.
 */
export function writeJsonValue(cursor: JsonCursor, writer: DocumentWriter, depth: number): void {
  const start = cursor.at
  if (!cursor.enterObject()) {
    writer.raw(cursor.bytes, start, cursor.at)
    return
  }
  let isWritten = false
  while (cursor.member(VALUE)) {
    if (isWritten || cursor.name === 0) {
      cursor.skip()
      continue
    }
    isWritten = true
    if (cursor.name === KIND.text) copyValue(cursor, writer)
    else if (cursor.name === KIND.int) copyNumber(cursor, writer, isInteger)
    else if (cursor.name === KIND.double) copyNumber(cursor, writer, isNumber)
    else writeJsonList(cursor, writer, { isPairs: cursor.name === KIND.list, depth: depth + 1 })
  }
  if (!isWritten) writer.json('null')
}

/** Writes an array of KeyValues as the members of an object. */
export function writeJsonPairs(cursor: JsonCursor, writer: DocumentWriter, depth: number): void {
  if (!cursor.enterArray()) return
  while (cursor.element()) writeJsonPair(cursor, writer, depth)
}

function writeJsonPair(cursor: JsonCursor, writer: DocumentWriter, depth: number): void {
  if (!cursor.enterObject()) return
  let value = -1
  let hasKey = false
  let hasValue = false
  while (cursor.member(PAIR)) {
    const { at, name } = cursor
    if (name === 1 && !hasKey) {
      if (cursor.bytes[at] !== QUOTE) fail(at, 'a key is a string')
      cursor.skip()
      writer.memberRaw(cursor.bytes, at, cursor.at)
      hasKey = true
    } else if (name === 2 && hasKey && !hasValue) {
      writeJsonValue(cursor, writer, depth)
      hasValue = true
    } else {
      if (name === 2) value = at
      cursor.skip()
    }
  }
  if (hasValue) return
  const { at } = cursor
  if (!hasKey) writer.memberRaw(EMPTY_KEY, 0, EMPTY_KEY.length)
  if (value < 0) writer.json('null')
  else {
    cursor.at = value
    writeJsonValue(cursor, writer, depth)
    cursor.at = at
  }
}

const EMPTY_KEY = Uint8Array.from([QUOTE, QUOTE])

function writeJsonList(
  cursor: JsonCursor,
  writer: DocumentWriter,
  { isPairs, depth }: { readonly isPairs: boolean; readonly depth: number },
): void {
  if (depth > DEPTH_REFUSED) throw new TooDeep()
  if (isPairs) writer.beginObject()
  else writer.beginArray()
  let isRead = false
  if (cursor.enterObject()) {
    while (cursor.member(LIST)) {
      if (cursor.name === 0 || isRead) cursor.skip()
      else if (isPairs) writeJsonPairs(cursor, writer, depth)
      else if (cursor.enterArray()) while (cursor.element()) writeJsonValue(cursor, writer, depth)
      isRead = true
    }
  }
  if (isPairs) writer.endObject()
  else writer.endArray()
}

function copyValue(cursor: JsonCursor, writer: DocumentWriter): void {
  const { at } = cursor
  cursor.skip()
  writer.raw(cursor.bytes, at, cursor.at)
}

/** A number with all its digits, whether it stands in quotes or not; in quotes stay those that JSON has no number for. */
function copyNumber(cursor: JsonCursor, writer: DocumentWriter, isFit: typeof isInteger): void {
  const { at, bytes } = cursor
  cursor.skip()
  if (bytes[at] !== QUOTE) writer.raw(bytes, at, cursor.at)
  else if (isFit(bytes, at + 1, cursor.at - 1)) writer.raw(bytes, at + 1, cursor.at - 1)
  else if (isFit === isNumber && NO_NUMBERS.test(textAt(bytes, at, cursor.at))) writer.raw(bytes, at, cursor.at)
  else fail(at, 'a number is expected here')
}

const NO_NUMBERS = /^"(?:NaN|-?Infinity)"$/

const textAt = (bytes: Uint8Array, from: number, to: number): string =>
  to - from > 16 ? '' : String.fromCharCode(...bytes.subarray(from, to))

/** Digits that are a number in JSON too: no zeros before others. */
function isInteger(bytes: Uint8Array, from: number, to: number): boolean {
  const first = bytes[from] === 0x2d ? from + 1 : from
  if (first === to || (bytes[first] === 0x30 && to - first > 1)) return false
  for (let at = first; at < to; at++) if (bytes[at] < 0x30 || bytes[at] > 0x39) return false
  return true
}

function isNumber(bytes: Uint8Array, from: number, to: number): boolean {
  const first = bytes[from]
  return (first === 0x2d || (first >= 0x30 && first <= 0x39)) && skipNumber(bytes, from) === to
}
