import { type ColumnInfo, type DocumentTable, RowReader } from '../blocks/table'
import { LEVELS } from '../records/levels'
import { logId } from '../records/log-id'
import { formatInstant } from '../records/time'
import { columnsOfField } from './field-columns'

/** Writes records of a table as JSON: what the system knows at the top, the document as it was sent under `body`. */
export class RecordWriter {
  readonly #table: DocumentTable
  readonly #reader: RowReader
  readonly #system: readonly { readonly name: string; readonly column: number }[]
  readonly #shard: number

  constructor(table: DocumentTable, shard: number) {
    this.#table = table
    this.#shard = shard
    this.#reader = new RowReader(table)
    this.#system = SHOWN.flatMap((name) => {
      const column = table.columns.findIndex((info) => info.system && info.name === name)
      return column < 0 ? [] : [{ name, column }]
    })
  }

  write(row: number): string {
    const table = this.#table
    const members = this.#head(row)
    for (const { name, column } of this.#system) {
      const value = this.#reader.value(column, row)
      if (value !== undefined) members.push(`"${name}":${sourceOf(table.columns[column], value)}`)
    }
    members.push(`"body":${this.#reader.document(row)}`)
    return `{${members.join(',')}}`
  }

  /** Only some fields, each under the name it was asked for; null where the record has none. */
  writeFields(row: number, fields: readonly string[]): string {
    const members = this.#head(row).slice(0, 2)
    for (const field of fields) {
      if (field === 'id' || field === 'time') continue
      members.push(`${JSON.stringify(field)}:${this.field(row, field) ?? 'null'}`)
    }
    return `{${members.join(',')}}`
  }

  /** A field's value as JSON, or undefined. */
  field(row: number, name: string): string | undefined {
    const table = this.#table
    if (name === 'id' || name === 'time' || name === 'received' || name === 'level')
      return headMember(this.#head(row), name)
    if (name === 'body') return this.#reader.document(row)
    // What the system knows comes before what was sent under the same name.
    const own = this.#system.filter((known) => known.name === name.toLowerCase())
    for (const { column, inside } of [...own.map(toFieldColumn), ...columnsOfField(table, [name])]) {
      if (column < 0 || (inside && table.columns[column].name !== name)) continue
      const value = this.#reader.value(column, row)
      if (value !== undefined) return sourceOf(table.columns[column], value)
    }
    return undefined
  }

  #head(row: number): string[] {
    const table = this.#table
    const ms = table.times()[row]
    const seq = table.seqs()[row]
    return [
      `"id":"${logId({ shard: this.#shard, ms, seq })}"`,
      `"time":"${formatInstant({ ms, nanos: table.nanos()?.[row] ?? 0 })}"`,
      `"received":"${new Date(table.received()[row]).toISOString()}"`,
      `"seq":${seq}`,
      `"level":"${LEVELS[table.levels()[row]]}"`,
    ]
  }
}

const SHOWN = ['service', 'message', 'trace_id', 'span_id', 'source', 'category', 'severity', 'tags', 'weight']

/** Tags are a list, and a weight is a number. All others are texts. */
const sourceOf = ({ kind }: ColumnInfo, value: string): string => (kind === 'string' ? JSON.stringify(value) : value)

const toFieldColumn = ({ column }: { readonly column: number }) => ({ column, inside: false })

function headMember(members: readonly string[], name: string): string | undefined {
  const prefix = `"${name}":`
  return members.find((member) => member.startsWith(prefix))?.slice(prefix.length)
}
