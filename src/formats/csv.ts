import { byteOrderMark, NEWLINE, QUOTE } from '../blocks/json-text'
import { CSV_COLUMNS_MAX } from '../limits/limits'
import { decodeText } from './decode-text'
import { DocumentWriter } from './document-writer'
import { BodyFailure, type Format, type FormatRequest, type OpenedBody } from './format'
import { type Member, toObjectJson } from './json-members'
import { openTranscript } from './transcript'
import { typedCell } from './typed-cell'
import { VainReading } from './vain-reading'
import { isFull, writeRecord } from './write-record'

const GROWTH = 2
const CARRIAGE_RETURN = 0x0d
const DELIMITERS = [0x2c, 0x3b, 0x09, 0x7c] as const

/** Rows of comma-separated values under a row of names (RFC 4180); semicolons, tabs and bars are seen in the first row. */
export const CSV: Format = {
  source: 'csv',
  open: (body, about) => openCsv(body, about, []),
}

/** Rows as records, each of which begins with the same members. */
export function openCsv(body: Uint8Array, about: FormatRequest, common: readonly Member[]): OpenedBody {
  const start = byteOrderMark(body)
  const delimiter = readDelimiter(about) ?? guessDelimiter(body, start)
  const rows = csvRows(body, start, delimiter)
  const header = rows.next()
  if (header.done) return openTranscript(new DocumentWriter(0))
  if (header.value.count > CSV_COLUMNS_MAX)
    throw new BodyFailure(`the first row has more than ${CSV_COLUMNS_MAX} names`)
  const texts = header.value.cells.map((cell) => cellText(body, cell))
  if (texts.includes(undefined)) throw new BodyFailure('the names in the first row are not valid UTF-8')
  const names = texts.map((text = '', index) => text.trim() || `column_${index + 1}`)
  const writer = new DocumentWriter(body.length * GROWTH)
  for (const row of rows) {
    if (isFull(writer)) break
    writeRow(writer, body, { names, common }, row)
  }
  return openTranscript(writer)
}

/** What all rows have in common. */
interface Columns {
  readonly names: readonly string[]
  readonly common: readonly Member[]
}

/** `?delimiter=;`, or the name that Axiom's clients use. */
function readDelimiter({ parameters }: FormatRequest): number | undefined {
  const text = parameters.get('csv-delimiter') ?? parameters.get('delimiter')
  if (text === null || text === '') return undefined
  const code = text === '\\t' || text === 'tab' ? 0x09 : text.charCodeAt(0)
  if (code < 0x80 && code !== QUOTE && code !== NEWLINE && (text.length === 1 || code === 0x09)) return code
  throw new BodyFailure('a delimiter is one ASCII character')
}

/** The one that the first row has most of. */
function guessDelimiter(body: Uint8Array, start: number): number {
  const counts = DELIMITERS.map((delimiter) => {
    const first = csvRows(body, start, delimiter).next()
    return first.done ? 0 : first.value.count
  })
  return DELIMITERS[counts.indexOf(Math.max(...counts))]
}

interface Cell {
  readonly from: number
  readonly to: number
  readonly isQuoted: boolean
}

interface Row {
  readonly from: number
  /** As many as a row may have, and how many there are. */
  readonly cells: readonly Cell[]
  readonly count: number
  /** Why it cannot be read. */
  readonly fault: string | undefined
}

/**
 * A row whose quote does not close ends with its line, so that it does not swallow those after it. To see that it does not close
 * the body is read to its end, which a hostile one could have done for each of its lines.
 */
function* csvRows(body: Uint8Array, start: number, delimiter: number): Generator<Row> {
  const vain = new VainReading(body)
  let at = start
  while (at < body.length) {
    const row = readRow(body, at, delimiter)
    const isTooMuch = row.fault !== undefined && !vain.note(at, body.length)
    at = afterLineEnd(body, row.end)
    const isEmpty = row.count <= 1 && row.cells.every((cell) => cell.from === cell.to && !cell.isQuoted)
    if (!isEmpty || row.fault !== undefined) yield row
    if (!isTooMuch) continue
    if (at < body.length) yield { from: at, cells: [], count: 0, fault: NOT_READ }
    return
  }
}

const NOT_CLOSED = 'a quote is not closed'

/** Nobody is to think that the rest was taken. */
const NOT_READ = 'so many quotes before it are not closed that what follows was not read'

function readRow(body: Uint8Array, from: number, delimiter: number): Row & { readonly end: number } {
  const cells: Cell[] = []
  let at = from
  for (let count = 1; ; count++) {
    const cell = body[at] === QUOTE ? quotedCell(body, at) : plainCell(body, at, delimiter)
    if (cell === undefined) return { from, cells, count, fault: NOT_CLOSED, end: lineEnd(body, from) }
    if (count <= CSV_COLUMNS_MAX) cells.push(cell)
    at = plainCell(body, cell.isQuoted ? cell.to + 1 : cell.to, delimiter).to
    if (body[at] !== delimiter) return { from, cells, count, fault: undefined, end: at }
    at++
  }
}

function quotedCell(body: Uint8Array, start: number): Cell | undefined {
  let at = start + 1
  for (;;) {
    const quote = body.indexOf(QUOTE, at)
    if (quote < 0) return undefined
    if (body[quote + 1] !== QUOTE) return { from: start + 1, to: quote, isQuoted: true }
    at = quote + 2
  }
}

function plainCell(body: Uint8Array, start: number, delimiter: number): Cell {
  let at = start
  while (at < body.length && body[at] !== delimiter && body[at] !== NEWLINE && body[at] !== CARRIAGE_RETURN) at++
  return { from: start, to: at, isQuoted: false }
}

function lineEnd(body: Uint8Array, from: number): number {
  const newline = body.indexOf(NEWLINE, from)
  return newline < 0 ? body.length : newline
}

function afterLineEnd(body: Uint8Array, at: number): number {
  if (body[at] === CARRIAGE_RETURN && body[at + 1] === NEWLINE) return at + 2
  return at + 1
}

function cellText(body: Uint8Array, { from, to, isQuoted }: Cell): string | undefined {
  const text = decodeText(body.subarray(from, to))
  return isQuoted ? text?.replaceAll('""', '"') : text
}

function writeRow(writer: DocumentWriter, body: Uint8Array, { names, common }: Columns, row: Row): void {
  const { from, cells, count, fault } = row
  if (fault !== undefined) {
    writer.refuseDocument({ code: 'invalid_record', detail: fault, at: from })
    return
  }
  if (count > names.length) {
    const detail = `the row has ${count} cells and the header ${names.length}`
    writer.refuseDocument({ code: 'invalid_record', detail, at: from })
    return
  }
  const members: Member[] = []
  for (const [index, cell] of cells.entries()) {
    const text = cellText(body, cell)
    if (text === undefined) {
      writer.refuseDocument({ code: 'invalid_utf8', detail: 'a cell is not valid UTF-8', at: cell.from })
      return
    }
    // An empty cell says that there is no value; an empty text is written in quotes.
    if (text === '' && !cell.isQuoted) continue
    members.push([names[index], cell.isQuoted ? JSON.stringify(text) : typedCell(names[index], text)])
  }
  // A row of empty cells is an empty line.
  if (members.length > 0) writeRecord(writer, toObjectJson([...common, ...members]), from)
}
