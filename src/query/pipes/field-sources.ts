import { LEVEL_SLOT, type Shape, shapeHas, TIME_SLOT } from '../../blocks/block'
import { columnsOfField, type FieldColumn, type TableHead } from '../field-columns'
import { isLevelName, isTimeName } from './known-field'

/**
 * Where the rows of each shape have a field's value, best first: the system's own column, then what was sent under exactly
 * this name, then the rest as it stands in the document. A row takes the first value that is there and not null.
 */
export function sourcesByShape(head: TableHead, name: string): FieldColumn[][] {
  const fields = columnsOfField(head, [name])
  return head.shapes.map((shape, index) => {
    const sources = fields.filter((field) => field.shapes?.[index] ?? shapeHas(shape, field.column))
    if (sources.length < 2) return sources
    const ranked = sources.map((source) => ({ source, rank: rankOf(head, shape, source, name) }))
    ranked.sort((left, right) => left.rank - right.rank)
    return upToCertain(
      head,
      ranked.map(({ source }) => source),
    )
  })
}

/** What is read of a table for the values of a field. */
export function columnsRead(head: TableHead, name: string): number[] {
  if (isLevelName(name)) return [LEVEL_SLOT]
  if (isTimeName(name)) return [TIME_SLOT]
  return [...new Set(sourcesByShape(head, name).flatMap((sources) => sources.map(({ column }) => column)))]
}

function rankOf(head: TableHead, shape: Shape, { column, inside, fits }: FieldColumn, name: string): number {
  const info = head.columns[column]
  const isOwn = column >= 0 && info.system && info.name === name.toLowerCase() && info.name !== 'rest'
  if (isOwn) return Number.NEGATIVE_INFINITY
  const slot = shape.slots.findIndex((at) => at.column === column && (inside || fits(at.path)))
  return shape.slots[slot]?.path === name ? slot - shape.slots.length : slot
}

/** What comes after a source that has a value in every row is never asked. */
function upToCertain(head: TableHead, sources: readonly FieldColumn[]): FieldColumn[] {
  const certain = sources.findIndex((source) => isCertain(head, source))
  return certain < 0 ? [...sources] : sources.slice(0, certain + 1)
}

function isCertain(head: TableHead, { column, inside }: FieldColumn): boolean {
  return column < 0 || (!inside && head.columns[column].kind !== 'literal')
}
