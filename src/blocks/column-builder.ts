import { type BlockColumn, CELL_END, type ColumnKind } from './block'

/** Where the builder finds bytes: below `split` in the body as sent, from there on in the arena of rewritten values. */
export interface ByteSource {
  readonly body: Uint8Array
  readonly split: number
  arena: Uint8Array
}

/** Two numbers a cell: enough for small batches, and doubled for others. */
const SPANS_AT_FIRST = 32

/** Collects where a column's values stand, and copies them in one go when the block is finished. */
export class ColumnBuilder {
  readonly name: string
  readonly kind: ColumnKind
  readonly system: boolean
  count = 0
  bytes = 0
  #spans = new Uint32Array(SPANS_AT_FIRST)
  #sources: Map<number, string> | undefined

  constructor(name: string, kind: ColumnKind, system: boolean) {
    this.name = name
    this.kind = kind
    this.system = system
  }

  push(from: number, to: number): void {
    const at = this.count * 2
    if (at === this.#spans.length) this.#grow()
    this.#spans[at] = from
    this.#spans[at + 1] = to
    this.bytes += to - from + 1
    this.count++
  }

  /** Remembers how the next cell's string was spelled, where its text alone would not tell. */
  noteSource(source: string): void {
    this.#sources ??= new Map()
    this.#sources.set(this.count, source)
  }

  finish(source: ByteSource): BlockColumn {
    const bytes = new Uint8Array(this.bytes)
    const ends = new Uint32Array(this.count)
    const spans = this.#spans
    const { body, split, arena } = source
    let write = 0
    for (let cell = 0; cell < this.count; cell++) {
      const from = spans[cell * 2]
      const to = spans[cell * 2 + 1]
      if (from < split) {
        for (let read = from; read < to; read++) bytes[write++] = body[read]
      } else {
        for (let read = from - split; read < to - split; read++) bytes[write++] = arena[read]
      }
      ends[cell] = write
      bytes[write++] = CELL_END
    }
    const { name, kind, system } = this
    return { name, kind, system, cells: { count: this.count, bytes, ends }, sources: this.#sources }
  }

  #grow(): void {
    const spans = new Uint32Array(this.#spans.length * 2)
    spans.set(this.#spans)
    this.#spans = spans
  }
}
