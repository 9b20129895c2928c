import type { CodePointSet } from './code-points'

/** Where a byte between `low` and `high` leads: to a state of the same automaton, or `ACCEPT`. */
export interface ByteEdge {
  readonly low: number
  readonly high: number
  readonly target: number
}

/** States that read the bytes of one character. In each state the edges ascend and do not overlap. */
export interface Utf8Automaton {
  readonly states: readonly (readonly ByteEdge[])[]
  readonly start: number
}

/** The character is complete. */
export const ACCEPT = -1

type ByteRange = readonly [low: number, high: number]

/** One range per byte of the encoding. Each choice of bytes within the ranges is one character. */
type Utf8Sequence = readonly ByteRange[]

/** The code points of each encoded length. Surrogates have no encoding. */
const LENGTH_BLOCKS = [
  { first: 0, last: 0x7f, length: 1 },
  { first: 0x80, last: 0x7ff, length: 2 },
  { first: 0x800, last: 0xd7ff, length: 3 },
  { first: 0xe000, last: 0xffff, length: 3 },
  { first: 0x10000, last: 0x10ffff, length: 4 },
] as const

/** What the first byte of a sequence adds to the bits of its character, by length. */
const LEAD_MARKS = [0, 0, 0xc0, 0xe0, 0xf0] as const

/** Builds the automaton that reads exactly one character of a normalised set. */
export function utf8Automaton(set: CodePointSet): Utf8Automaton {
  const states: ByteEdge[][] = []
  const known = new Map<string, number>()
  const start = addState({ states, known }, set.flatMap(encodeRange))
  return { states, start }
}

interface Building {
  readonly states: ByteEdge[][]
  /** States by their edges, so that equal ends are shared. */
  readonly known: Map<string, number>
}

function addState(building: Building, sequences: readonly Utf8Sequence[]): number {
  if (sequences.length === 1 && sequences[0].length === 0) return ACCEPT
  const edges = joinEdges(groupByFirst(sequences).map((group) => edgeOf(building, group)))
  const key = edges.map(({ low, high, target }) => `${low}-${high}:${target}`).join()
  const state = building.known.get(key) ?? building.states.push(edges) - 1
  building.known.set(key, state)
  return state
}

function edgeOf(building: Building, group: readonly Utf8Sequence[]): ByteEdge {
  const [low, high] = group[0][0]
  const target = addState(
    building,
    group.map((sequence) => sequence.slice(1)),
  )
  return { low, high, target }
}

/** Sequences come in ascending order, and two first bytes that are not the same range do not overlap. */
function groupByFirst(sequences: readonly Utf8Sequence[]): Utf8Sequence[][] {
  const groups: Utf8Sequence[][] = []
  for (const sequence of sequences) {
    const group = groups.at(-1)
    if (group && group[0][0][0] === sequence[0][0]) group.push(sequence)
    else groups.push([sequence])
  }
  return groups
}

function joinEdges(edges: readonly ByteEdge[]): ByteEdge[] {
  const joined: ByteEdge[] = []
  for (const edge of edges) {
    const previous = joined.at(-1)
    const continues = previous && previous.target === edge.target && previous.high + 1 === edge.low
    if (continues) joined[joined.length - 1] = { ...previous, high: edge.high }
    else joined.push(edge)
  }
  return joined
}

function encodeRange([first, last]: readonly [number, number]): Utf8Sequence[] {
  return LENGTH_BLOCKS.flatMap((block) => {
    const low = Math.max(first, block.first)
    const high = Math.min(last, block.last)
    return low > high ? [] : splitRange(low, high, block.length)
  })
}

/** Cuts a range so that, after the first byte in which its ends differ, every byte runs over all its values. */
function splitRange(low: number, high: number, length: number): Utf8Sequence[] {
  for (let shift = 6; shift < length * 6; shift += 6) {
    const mask = (1 << shift) - 1
    if (low >> shift === high >> shift) continue
    if ((low & mask) !== 0)
      return [...splitRange(low, low | mask, length), ...splitRange((low | mask) + 1, high, length)]
    if ((high & mask) !== mask) {
      const border = high & ~mask
      return [...splitRange(low, border - 1, length), ...splitRange(border, high, length)]
    }
  }
  const lowBytes = encode(low, length)
  const highBytes = encode(high, length)
  return [lowBytes.map((byte, index) => [byte, highBytes[index]] as const)]
}

function encode(codePoint: number, length: number): number[] {
  if (length === 1) return [codePoint]
  const bytes = [LEAD_MARKS[length] | (codePoint >> (6 * (length - 1)))]
  for (let shift = 6 * (length - 2); shift >= 0; shift -= 6) bytes.push(0x80 | ((codePoint >> shift) & 0x3f))
  return bytes
}
