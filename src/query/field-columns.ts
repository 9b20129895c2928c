import { LEVEL_SLOT, type Shape, shapeHas, TIME_SLOT } from '../blocks/block'
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
}

/** Does a path in a document answer to a field's name? Letter case does not matter, nor does a wrapper like `metadata.`. */
export function pathMatches(path: string, name: string): boolean {
  if (sameName(path, name)) return true
  const dot = path.indexOf('.')
  return dot > 0 && isWrapper(path.slice(0, dot)) && sameName(path.slice(dot + 1), name)
}

const sameName = (left: string, right: string): boolean => left === right || left.toLowerCase() === right.toLowerCase()

/** Could the field be a member of what stands under the path (an array, or JSON kept whole)? */
function mayBeInside(path: string, name: string): boolean {
  if (pathMatches(path, name)) return true
  const folded = name.toLowerCase()
  const dot = path.indexOf('.')
  const starts = (prefix: string): boolean => folded.startsWith(`${prefix.toLowerCase()}.`)
  return (
    starts(path) ||
    (dot > 0 && isWrapper(path.slice(0, dot)) && starts(path.slice(dot + 1))) ||
    (dot < 0 && isWrapper(path))
  )
}

/**
 * Where the values of any of these names stand. A system column that was sent under such a name counts too: `component` is
 * found although it became the service.
 */
export function columnsOfField(table: TableHead, names: readonly string[]): FieldColumn[] {
  const found: FieldColumn[] = []
  for (const [column, { name: path, kind, system }] of table.columns.entries()) {
    if (system && path === 'rest') found.push({ column, shapes: undefined, inside: true })
    else if (system) found.push(...systemColumn(table, column, path, names))
    else if (kind === 'json' && names.some((name) => mayBeInside(path, name)))
      found.push({ column, shapes: undefined, inside: true })
    else if (names.some((name) => pathMatches(path, name))) found.push({ column, shapes: undefined, inside: false })
  }
  for (const column of [TIME_SLOT, LEVEL_SLOT]) {
    const shapes = table.shapes.map((shape) => isSentAs(shape, column, names))
    if (shapes.includes(true)) found.push({ column, shapes, inside: false })
  }
  return found
}

function systemColumn(
  table: Pick<Table, 'shapes'>,
  column: number,
  system: string,
  names: readonly string[],
): FieldColumn[] {
  if (names.includes(system)) return [{ column, shapes: undefined, inside: false }]
  const shapes = table.shapes.map((shape) => isSentAs(shape, column, names))
  return shapes.includes(true) ? [{ column, shapes, inside: false }] : []
}

const isSentAs = (shape: Shape, column: number, names: readonly string[]): boolean =>
  shape.slots.some((slot) => slot.column === column && names.some((name) => pathMatches(slot.path, name)))

/** Paths whose text says what went wrong: bare text is looked for there as well as in the message. */
const ERROR_TEXT =
  /^(?:err|error|exception|exc_info|stack|stacktrace|stack_trace)(?:\.(?:message|msg|stack|stacktrace|stack_trace|type|name|detail))?$/i

/** Where bare text is looked for: the message, error texts, and every column for rows that have no message. */
export function columnsOfText(table: TableHead): FieldColumn[] {
  const message = table.columns.findIndex(({ name, system }) => system && name === 'message')
  const withoutMessage = table.shapes.map((shape) => message < 0 || !shapeHas(shape, message))
  const someWithout = withoutMessage.includes(true)
  const found: FieldColumn[] = []
  for (const [column, { name, system, kind }] of table.columns.entries()) {
    const isText = system ? name === 'message' : isErrorText(name)
    if (isText) found.push({ column, shapes: undefined, inside: kind === 'json' })
    else if (someWithout && !(system && name === 'source'))
      found.push({ column, shapes: withoutMessage, inside: kind === 'json' })
  }
  return found
}

function isErrorText(path: string): boolean {
  const dot = path.indexOf('.')
  return ERROR_TEXT.test(path) || (dot > 0 && isWrapper(path.slice(0, dot)) && ERROR_TEXT.test(path.slice(dot + 1)))
}
