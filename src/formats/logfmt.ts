import { decodeText } from './decode-text'
import { DocumentWriter } from './document-writer'
import type { Format } from './format'
import { type Member, textMember, toObjectJson } from './json-members'
import { readLines } from './lines'
import { openTranscript } from './transcript'
import { typedCell } from './typed-cell'
import { isFull, refuseTooLong, writeRecord } from './write-record'

const GROWTH = 2
const NOT_UTF8 = 'the line is not valid UTF-8'

/** Lines of `key=value key="value with spaces"`, as Heroku, Go and Grafana's programs write them. */
export const LOGFMT: Format = {
  source: 'logfmt',
  open: (body) => {
    const writer = new DocumentWriter(body.length * GROWTH)
    for (const { from, to } of readLines(body)) {
      if (isFull(writer)) break
      if (refuseTooLong(writer, from, to)) continue
      const line = decodeText(body.subarray(from, to))
      if (line === undefined) writer.refuseDocument({ code: 'invalid_utf8', detail: NOT_UTF8, at: from })
      else writeRecord(writer, logfmtJson(line), from)
    }
    return openTranscript(writer)
  },
}

const logfmtJson = (line: string): string => toObjectJson(parseLogfmt(line) ?? [textMember('message', line)])

/** A key, and its value if it has one: in quotes or up to the next space. */
const PAIR = /[ \t]*([^\s="]+)(?:=(?:"((?:[^"\\]|\\.)*)"(?=\s|$)|([^\s"]*)(?=\s|$)))?/sy

/**
 * Reads a line of pairs, or answers undefined where it is none: where no word of it has a value, or a quote does not close. Words
 * without a value are the message of a line that has none, else they are true.
 */
export function parseLogfmt(line: string): Member[] | undefined {
  const pairs: (readonly [string, string | undefined])[] = []
  PAIR.lastIndex = 0
  while (PAIR.lastIndex < line.length) {
    const from = PAIR.lastIndex
    const match = PAIR.exec(line)
    if (!match) {
      if (line.slice(from).trim() === '') break
      return undefined
    }
    const [, key, quoted, plain] = match
    const next = line[PAIR.lastIndex]
    if (next !== undefined && next !== ' ' && next !== '\t') return undefined
    pairs.push([key, quoted === undefined ? plain : withoutEscapes(quoted)])
  }
  if (!pairs.some(([, value]) => value !== undefined)) return undefined
  return toMembers(pairs)
}

function toMembers(pairs: readonly (readonly [string, string | undefined])[]): Member[] {
  const words = pairs.filter(([, value]) => value === undefined).map(([key]) => key)
  const hasMessage = pairs.some(([key, value]) => value !== undefined && (key === 'msg' || key === 'message'))
  const members = pairs.flatMap(([key, value]): Member[] => {
    if (value !== undefined) return [[key, typedCell(key, value)]]
    return hasMessage ? [[key, 'true']] : []
  })
  return hasMessage || words.length === 0 ? members : [textMember('message', words.join(' ')), ...members]
}

const withoutEscapes = (text: string): string =>
  text.replace(/\\(?:u([0-9a-fA-F]{4})|(.))/gs, (_, code: string | undefined, character: string) =>
    code === undefined ? (ESCAPES[character] ?? character) : String.fromCharCode(Number.parseInt(code, 16)),
  )

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' }
