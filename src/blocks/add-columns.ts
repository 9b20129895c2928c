import { type Block, type BlockColumn, type ColumnKind, joinCells, type Shape, type SystemColumn } from './block'
import { compactBlock } from './compact-block'

/** Values of a system column that is to be added to a block: few texts, many rows. */
export interface AddedColumn {
  readonly name: SystemColumn
  readonly kind: ColumnKind
  /** Each value once: a string's text, JSON of anything else. */
  readonly values: readonly string[]
  /** For each row one more than the place of its value, or 0 where it has none. */
  readonly choiceOf: Uint16Array
}

/** The block with system columns beside its own. Their values are no part of the documents. At most eight columns at once. */
export function addColumns(block: Block, added: readonly AddedColumn[]): Block {
  const wanted = added.filter(({ values }) => values.length > 0)
  if (wanted.length === 0) return block
  const { shapes, shapeOf } = shapesWith(block, wanted)
  const columns = [...block.columns, ...wanted.map(toColumn)]
  return compactBlock({ ...block, shapes, shapeOf, columns })
}

/** A shape for each choice of added columns that rows of one shape have. */
function shapesWith(block: Block, added: readonly AddedColumn[]): Pick<Block, 'shapes' | 'shapeOf'> {
  const shapes: Shape[] = []
  const known = new Map<number, number>()
  const shapeOf = new Uint16Array(block.rows)
  for (let row = 0; row < block.rows; row++) {
    let choice = 0
    for (const [place, { choiceOf }] of added.entries()) if (choiceOf[row] > 0) choice |= 1 << place
    const own = block.shapeOf[row]
    const key = own * (1 << CHOICE_BITS) + choice
    const shape = known.get(key) ?? shapes.push(withHidden(block, own, added, choice)) - 1
    known.set(key, shape)
    shapeOf[row] = shape
  }
  return { shapes, shapeOf }
}

const CHOICE_BITS = 8

function withHidden(block: Block, own: number, added: readonly AddedColumn[], choice: number): Shape {
  const shape = block.shapes[own]
  const columns = added.flatMap((_, place) => ((choice >> place) & 1 ? [block.columns.length + place] : []))
  return columns.length === 0 ? shape : { ...shape, hidden: [...shape.hidden, ...columns] }
}

function toColumn({ name, kind, values, choiceOf }: AddedColumn): BlockColumn {
  const encoder = new TextEncoder()
  const encoded = values.map((value) => encoder.encode(value))
  const cells = choiceOf.filter((value) => value > 0)
  return {
    name,
    kind,
    system: true,
    cells: joinCells(cells.length, (cell) => encoded[cells[cell] - 1]),
    sources: undefined,
  }
}
