import type { Block, Shape, Slot } from './block'

/** What of a block says how its rows are laid out. */
type Layout = Pick<Block, 'shapes' | 'shapeOf' | 'columns'>

/** The same rows without the shapes that none of them has, without those that are equal, and without empty columns. */
export function compactBlock<Rows extends Layout>(block: Rows): Rows {
  const columnMap = new Map<number, number>()
  for (const [index, { cells }] of block.columns.entries()) if (cells.count > 0) columnMap.set(index, columnMap.size)
  const moved = (column: number): number => columnMap.get(column) ?? column
  const shapes: Shape[] = []
  const known = new Map<string, number>()
  const shapeMap = new Map<number, number>()
  for (const shape of new Set(block.shapeOf)) {
    const { parts, slots, hidden } = block.shapes[shape]
    const own = {
      parts,
      slots: slots.map((slot): Slot => ({ ...slot, column: moved(slot.column) })),
      hidden: hidden.map(moved),
    }
    const text = JSON.stringify(own)
    const at = known.get(text) ?? shapes.push(own) - 1
    known.set(text, at)
    shapeMap.set(shape, at)
  }
  const shapeOf = block.shapeOf.map((shape) => shapeMap.get(shape) ?? 0)
  return { ...block, shapes, shapeOf, columns: block.columns.filter((_, index) => columnMap.has(index)) }
}
