import { LEVEL_SLOT, shapeHas, TIME_SLOT } from '../blocks/block'
import type { Table } from '../blocks/table'
import { isWrapper } from '../records/names'

/** What a filter reads of a table. */
export type TableHead = Pick<Table, 'columns' | 'shapes' | 'minTime' | 'maxTime'>

/** A column in which a field's values stand, and the shapes whose rows count; undefined means all that have a cell. */
export interface FieldColumn {
  /** Index of the column, or TIME_SLOT or LEVEL_SLOT when the documents' values are in the rows' time or level. */
  readonly column: number
  readonly shapes: readonly boolean[] | undefined
  /** The field is inside the column's JSON rather than the column itself. */
  readonly inside: boolean
  /** Which paths inside the JSON count. */
  readonly fits: PathTest
}

export type PathTest = (path: string) => boolean

/** Does a path in a document answer to a field's name? Letter case does not matter, nor does a wrapper like `metadata.` or an `@`. */
export const pathMatches = (path: string, name: string): boolean => namesOf(path).some((known) => sameName(known, name))

const sameName = (left: string, right: string): boolean => left === right || left.toLowerCase() === right.toLowerCase()

/** The path, and what it is called for short. */
function namesOf(path: string): string[] {
  if (path.startsWith('@')) return [path, path.slice(1)]
  const dot = path.indexOf('.')
  return dot > 0 && isWrapper(path.slice(0, dot)) ? [path, path.slice(dot + 1)] : [path]
}

/** Could the field be a member of what stands under the path (an array, or JSON kept whole)? */
const mayBeInside = (path: string, name: string): boolean =>
  pathMatches(path, name) || isWrapper(path) || namesOf(path).some((known) => isPrefix(known, name))

const isPrefix = (object: string, path: string): boolean => path.toLowerCase().startsWith(`${object.toLowerCase()}.`)

/** Is the path that of a member of what has this name, whatever its own name? */
const isUnder = (path: string, name: string): boolean => namesOf(path).some((known) => isPrefix(name, known))

/**
 * Where the values of any of these names stand. A system column that was sent under such a name counts too: `component` is
 * found although it became the service.
 */
export const columnsOfField = (table: TableHead, names: readonly string[]): FieldColumn[] =>
  onceFor(table, `field ${names.join('\0')}`, () =>
    columnsThatFit(table, names, (path) => names.some((name) => pathMatches(path, name))),
  )

/** The same with all that stands in objects of these names: an object is there when a member is. */
export const columnsUnderField = (table: TableHead, names: readonly string[]): FieldColumn[] =>
  columnsThatFit(table, names, (path) => names.some((name) => pathMatches(path, name) || isUnder(path, name)))

/** What was found in tables that are still held: many terms ask for the same columns of one. */
const known = new WeakMap<TableHead, Map<string, FieldColumn[]>>()

function onceFor(table: TableHead, what: string, find: () => FieldColumn[]): FieldColumn[] {
  const ofTable = known.get(table) ?? new Map<string, FieldColumn[]>()
  known.set(table, ofTable)
  const columns = ofTable.get(what) ?? find()
  ofTable.set(what, columns)
  return columns
}

function columnsThatFit(table: TableHead, names: readonly string[], fits: PathTest): FieldColumn[] {
  const found: FieldColumn[] = []
  for (const [column, { name: path, kind, system }] of table.columns.entries()) {
    if (system && path === 'rest') found.push({ column, shapes: undefined, inside: true, fits })
    else if (system && kind === 'json' && names.some((name) => sameName(path, name)))
      found.push({ column, shapes: undefined, inside: true, fits })
    else if (system && names.some((name) => sameName(path, name))) found.push(whole(column, undefined, fits))
    else if (system) found.push(...sentAs(table, column, fits))
    else if (kind === 'json' && (fits(path) || names.some((name) => mayBeInside(path, name))))
      found.push({ column, shapes: undefined, inside: true, fits })
    else if (kind !== 'json' && fits(path)) found.push(whole(column, undefined, fits))
  }
  return [...found, ...REBUILT.flatMap((column) => sentAs(table, column, fits))]
}

/** What documents rebuild from the row rather than from a cell. */
const REBUILT = [TIME_SLOT, LEVEL_SLOT]

const whole = (column: number, shapes: readonly boolean[] | undefined, fits: PathTest): FieldColumn => ({
  column,
  shapes,
  inside: false,
  fits,
})

/** The column for those shapes that have it under a path that fits. */
function sentAs(table: TableHead, column: number, fits: PathTest): FieldColumn[] {
  const sent = sentPaths(table).get(column)
  if (sent === undefined) return []
  const shapes = new Array<boolean>(table.shapes.length).fill(false)
  for (const [path, indexes] of sent) if (fits(path)) for (const index of indexes) shapes[index] = true
  return shapes.includes(true) ? [whole(column, shapes, fits)] : []
}

/** By column, the paths under which shapes have what the system reads, and which shapes: few paths for many shapes. */
type SentPaths = ReadonlyMap<number, ReadonlyMap<string, readonly number[]>>

const knownPaths = new WeakMap<TableHead, SentPaths>()

function sentPaths(table: TableHead): SentPaths {
  const before = knownPaths.get(table)
  if (before !== undefined) return before
  const paths = new Map<number, Map<string, number[]>>()
  for (const [index, { slots }] of table.shapes.entries()) {
    for (const { column, path } of slots) {
      if (column >= 0 && !table.columns[column].system) continue
      const ofColumn = paths.get(column) ?? new Map<string, number[]>()
      paths.set(column, ofColumn)
      const indexes = ofColumn.get(path)
      if (indexes === undefined) ofColumn.set(path, [index])
      else indexes.push(index)
    }
  }
  knownPaths.set(table, paths)
  return paths
}

/** Everything that was sent. */
export const columnsOfAll = (table: TableHead): FieldColumn[] => [
  ...table.columns.flatMap(({ kind, system, name }, column): FieldColumn[] =>
    system && name === 'source' ? [] : [{ column, shapes: undefined, inside: kind === 'json', fits: anyPath }],
  ),
  ...REBUILT.flatMap((column) => sentAs(table, column, anyPath)),
]

const anyPath: PathTest = () => true

/** Paths whose text says what went wrong: bare text is looked for there as well as in the message. */
const ERROR_TEXT =
  /^(?:err|error|exception|exc_info|stack|stacktrace|stack_trace)(?:\.(?:message|msg|stack|stacktrace|stack_trace|type|name|detail))?$/i

/** Where bare text is looked for: the message, error texts, and every value of rows that have no message. */
export const columnsOfText = (table: TableHead): FieldColumn[] => onceFor(table, 'text', () => textColumns(table))

function textColumns(table: TableHead): FieldColumn[] {
  const message = table.columns.findIndex(({ name, system }) => system && name === 'message')
  const hasMessage = table.shapes.map((shape) => message >= 0 && shapeHas(shape, message))
  const found = message < 0 ? [] : [whole(message, undefined, anyPath)]
  for (const [column, { name, system, kind }] of table.columns.entries()) {
    const mayHold =
      kind === 'json' ? (system && name === 'rest') || isErrorText(name) || isWrapper(name) : isErrorText(name)
    if (mayHold && (!system || name === 'rest'))
      found.push({ column, shapes: undefined, inside: kind === 'json', fits: isErrorText })
  }
  return hasMessage.includes(false) ? [...found, ...valuesWithoutMessage(table, hasMessage)] : found
}

function valuesWithoutMessage(table: TableHead, hasMessage: readonly boolean[]): FieldColumn[] {
  const used = new Set<number>()
  for (const [index, shape] of table.shapes.entries()) {
    if (!hasMessage[index]) for (const slot of shape.slots) used.add(slot.column)
  }
  return columnsOfAll(table)
    .filter(({ column }) => used.has(column))
    .map((field) => ({
      ...field,
      shapes: hasMessage.map((has, index) => !has && (field.shapes === undefined || field.shapes[index])),
    }))
}

function isErrorText(path: string): boolean {
  const dot = path.indexOf('.')
  return ERROR_TEXT.test(path) || (dot > 0 && isWrapper(path.slice(0, dot)) && ERROR_TEXT.test(path.slice(dot + 1)))
}
