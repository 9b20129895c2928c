import { CELL_END, cellText, type TextCells } from '../../src/blocks/block'

/** Texts as the cells of a column. */
export function cellsOf(texts: readonly string[]): TextCells {
  const parts = texts.map((text) => Buffer.concat([Buffer.from(text), Buffer.of(CELL_END)]))
  let at = 0
  const ends = parts.map((part) => {
    at += part.length
    return at - 1
  })
  return { count: texts.length, bytes: new Uint8Array(Buffer.concat(parts)), ends: Uint32Array.from(ends) }
}

export const textsOf = (cells: TextCells): string[] =>
  Array.from({ length: cells.count }, (_, cell) => cellText(cells, cell))
