import { BACKSLASH, BRACE_OPEN, BRACKET_OPEN, closingQuote, QUOTE, skipNumber, skipValue, skipWord } from './json-text'
import { type Arena, type ReadRecord, stringCell, VALUE } from './record-reader'

/**
 * Remembers the shapes of documents as a tree of the literal bytes between their values. Most logs of an application repeat
 * a few shapes, so a record is read by comparing literals and noting where the values stand; nothing is parsed that need not
 * be. The first surprise (another member, other white space) ends the attempt, and the caller reads the record in full.
 */
export class ShapeTrie<T> {
  readonly #root: TrieNode<T> = { edges: [] }
  #nodes = 0
  /** Where the values of the last record read stand; `count` of them are valid. */
  readonly from = new Int32Array(SLOTS_MAX)
  readonly to = new Int32Array(SLOTS_MAX)
  /** Spellings of the last record's strings; only looked at when `hasSources`. */
  readonly sources: (string | undefined)[] = []
  hasSources = false
  count = 0
  /** Index just after the last record read. */
  end = 0

  /** Reads the record at `start` if its shape is known. The values' places are in `from` and `to`. May throw a JsonFailure. */
  read(body: Uint8Array, start: number, arena: Arena, depthMax: number): T | undefined {
    let node = this.#root
    let at = start
    let count = 0
    this.hasSources = false
    for (;;) {
      const edge = matchEdge(node, body, at)
      if (edge === undefined) return undefined
      at += edge.literal.length
      if (edge.leaf !== undefined) {
        this.count = count
        this.end = at
        return edge.leaf
      }
      if (edge.kind === VALUE.string) {
        let byte = body[at]
        const from = at
        while (byte !== QUOTE && byte !== BACKSLASH && byte >= 0x20) byte = body[++at]
        if (byte === QUOTE) {
          this.from[count] = from
          this.to[count] = at
        } else {
          at = closingQuote(body, at)
          this.#noteString(count, stringCell(body, from, at, arena))
        }
      } else if (edge.kind === VALUE.number) {
        this.from[count] = at
        at = integerEnd(body, at)
        this.to[count] = at
      } else if (edge.kind === VALUE.literal) {
        this.from[count] = at
        at = skipWord(body, at)
        this.to[count] = at
      } else {
        const end = skipValue(body, at, { at: edge.depth, max: depthMax })
        const cell = arena.putCompact(body, at, end)
        at = end
        this.from[count] = cell.from
        this.to[count] = cell.to
      }
      count++
      node = edge.next
    }
  }

  /** Remembers the shape of a record that was read in full. Does nothing when it has seen too many. */
  learn(body: Uint8Array, record: ReadRecord, leaf: T): void {
    if (record.slots.length > SLOTS_MAX || this.#nodes > NODES_MAX) return
    let node = this.#root
    for (const slot of record.slots) {
      const literal = body.slice(slot.literalFrom, slot.literalTo)
      const edge = this.#edgeTo(node, { literal, kind: slot.kind, depth: slot.level, leaf: undefined })
      node = edge.next
    }
    this.#edgeTo(node, { literal: body.slice(record.tailFrom, record.end), kind: 0, depth: 0, leaf })
  }

  #noteString(index: number, cell: { from: number; to: number; source: string | undefined }): void {
    this.from[index] = cell.from
    this.to[index] = cell.to
    if (cell.source === undefined && !this.hasSources) return
    if (!this.hasSources) this.sources.length = 0
    this.hasSources = true
    this.sources[index] = cell.source
  }

  #edgeTo(node: TrieNode<T>, wanted: Omit<TrieEdge<T>, 'next'>): TrieEdge<T> {
    const known = node.edges.find((edge) => edge.kind === wanted.kind && sameBytes(edge.literal, wanted.literal))
    if (known) return known
    const edge = { ...wanted, next: { edges: [] } }
    node.edges.push(edge)
    this.#nodes++
    return edge
  }
}

/** More values than this in one document are read in full each time: such shapes rarely repeat. */
const SLOTS_MAX = 512
/** Bounds memory when every record has other member names. */
const NODES_MAX = 20_000

interface TrieNode<T> {
  readonly edges: TrieEdge<T>[]
}

interface TrieEdge<T> {
  readonly literal: Uint8Array
  /** The kind of value that follows, or 0 at the end of the document. */
  readonly kind: number
  readonly depth: number
  readonly leaf: T | undefined
  readonly next: TrieNode<T>
}

function matchEdge<T>(node: TrieNode<T>, body: Uint8Array, at: number): TrieEdge<T> | undefined {
  const { edges } = node
  for (let index = 0; index < edges.length; index++) {
    const edge = edges[index]
    if (!startsWith(body, at, edge.literal)) continue
    if (!beginsKind(body[at + edge.literal.length], edge.kind)) continue
    if (index > 0) {
      // The shape seen last is the likeliest to come next.
      edges[index] = edges[index - 1]
      edges[index - 1] = edge
    }
    return edge
  }
  return undefined
}

function startsWith(body: Uint8Array, at: number, literal: Uint8Array): boolean {
  for (let index = 0; index < literal.length; index++) if (body[at + index] !== literal[index]) return false
  return true
}

function beginsKind(byte: number, kind: number): boolean {
  if (kind === VALUE.string || kind === 0) return true
  if (kind === VALUE.number) return byte === 0x2d || (byte >= 0x30 && byte <= 0x39)
  if (kind === VALUE.literal) return byte === 0x74 || byte === 0x66 || byte === 0x6e
  return byte === (kind === VALUE.array ? BRACKET_OPEN : BRACE_OPEN)
}

/** Plain integers are the common case; everything else goes through the grammar. */
function integerEnd(body: Uint8Array, from: number): number {
  let at = from
  let byte = body[at]
  if (byte < 0x31) return skipNumber(body, from)
  while (byte >= 0x30 && byte <= 0x39) byte = body[++at]
  return byte === 0x2e || byte === 0x65 || byte === 0x45 ? skipNumber(body, from) : at
}

function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && startsWith(left, 0, right)
}
