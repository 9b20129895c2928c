import type { Redactor } from '../records/redact/redact'
import { type Block, type BlockColumn, CELL_END, cellStart, cellText, type TextCells } from './block'
import { scalarEnd, stringEnd, unquoted } from './compact-json'

/** The block without secrets. Columns in which nothing can be one are not looked at cell by cell. */
export function redactBlock(block: Block, redactor: Redactor): Block {
  const columns = block.columns.map((column) => redactColumn(column, redactor))
  return columns.every((column, index) => column === block.columns[index]) ? block : { ...block, columns }
}

function redactColumn(column: BlockColumn, redactor: Redactor): BlockColumn {
  switch (column.kind) {
    case 'string':
      return column.system && column.name === 'source' ? column : redactStrings(column, redactor)
    case 'number':
      return redactNumbers(column, redactor)
    case 'json':
      return replaceCells(
        column,
        redactedCells(column, column.cells.count, (text) => redactJson(text, redactor)),
      )
    case 'literal':
      return column
  }
}

function redactStrings(column: BlockColumn, redactor: Redactor): BlockColumn {
  const places = redactor.candidates(column.cells.bytes)
  if (places.length === 0) return column
  const replaced = new Map<number, string>()
  for (const cell of new Set(places.map((place) => cellAt(column.cells, place)))) {
    const redacted = redactor.redactText(cellText(column.cells, cell))
    if (redacted !== undefined) replaced.set(cell, redacted)
  }
  return replaceCells(column, replaced)
}

/** A number that has to go becomes a string: its cell then holds the literal, quotes and all. */
function redactNumbers(column: BlockColumn, redactor: Redactor): BlockColumn {
  const { cells } = column
  if (cells.bytes.length < cells.count + redactor.numberCharactersMin) return column
  const replaced = new Map<number, string>()
  for (let cell = 0; cell < cells.count; cell++) {
    if (cells.ends[cell] - cellStart(cells, cell) < redactor.numberCharactersMin) continue
    const kind = redactor.redactNumber(cellText(cells, cell))
    if (kind !== undefined) replaced.set(cell, JSON.stringify(redactor.placeholder(kind)))
  }
  return replaceCells(column, replaced)
}

function redactedCells(
  column: BlockColumn,
  count: number,
  redact: (text: string) => string | undefined,
): Map<number, string> {
  const replaced = new Map<number, string>()
  for (let cell = 0; cell < count; cell++) {
    const redacted = redact(cellText(column.cells, cell))
    if (redacted !== undefined) replaced.set(cell, redacted)
  }
  return replaced
}

function replaceCells(column: BlockColumn, replaced: ReadonlyMap<number, string>): BlockColumn {
  if (replaced.size === 0) return column
  const { cells } = column
  const encoder = new TextEncoder()
  const parts = Array.from({ length: cells.count }, (_, cell) => {
    const text = replaced.get(cell)
    return text === undefined ? cells.bytes.subarray(cellStart(cells, cell), cells.ends[cell]) : encoder.encode(text)
  })
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length + 1, 0))
  const ends = new Uint32Array(cells.count)
  let at = 0
  for (const [cell, part] of parts.entries()) {
    bytes.set(part, at)
    at += part.length
    ends[cell] = at
    bytes[at++] = CELL_END
  }
  const kept = column.sources && [...column.sources].filter(([cell]) => !replaced.has(cell))
  return {
    ...column,
    cells: { count: cells.count, bytes, ends },
    sources: kept && kept.length > 0 ? new Map(kept) : undefined,
  }
}

/** The cell in which a byte stands; the byte that ends a cell belongs to it. */
function cellAt(cells: TextCells, place: number): number {
  let low = 0
  let high = cells.count - 1
  while (low < high) {
    const middle = (low + high) >>> 1
    if (cells.ends[middle] < place) low = middle + 1
    else high = middle
  }
  return low
}

interface Frame {
  /** What to write in place of every value in here, when the container stands under a secret's name. */
  readonly placeholder: string | undefined
}

/** Compact JSON without secrets, or undefined when there are none: members are judged by name, strings by content. */
export function redactJson(text: string, redactor: Redactor): string | undefined {
  const frames: Frame[] = []
  let pending: string | undefined
  let written = ''
  let copied = 0
  const replace = (from: number, to: number, value: string): void => {
    written += text.slice(copied, from) + JSON.stringify(value)
    copied = to
  }
  for (let at = 0; at < text.length; ) {
    const character = text[at]
    const placeholder = pending ?? frames.at(-1)?.placeholder
    if (character === '{' || character === '[') {
      frames.push({ placeholder })
      pending = undefined
      at++
    } else if (character === '}' || character === ']') {
      frames.pop()
      at++
    } else if (character === ',' || character === ':') {
      at++
    } else if (character === '"') {
      const end = stringEnd(text, at)
      if (text[end] === ':') {
        const kind = redactor.keyKind(unquoted(text.slice(at, end)))
        pending = kind && redactor.placeholder(kind)
      } else {
        const redacted = placeholder ?? redactor.redactText(unquoted(text.slice(at, end)))
        if (redacted !== undefined) replace(at, end, redacted)
        pending = undefined
      }
      at = end
    } else {
      const end = scalarEnd(text, at)
      const kind = redactor.redactNumber(text.slice(at, end))
      const isNumber = character === '-' || (character >= '0' && character <= '9')
      if (isNumber && placeholder !== undefined) replace(at, end, placeholder)
      else if (kind !== undefined) replace(at, end, redactor.placeholder(kind))
      pending = undefined
      at = end
    }
  }
  return copied === 0 ? undefined : written + text.slice(copied)
}
