import type { Nfa, NfaState } from './compile-nfa'
import { type AssertionKind, isOfWord } from './regex-tree'
import { ACCEPT, type ByteEdge } from './utf8-automaton'

/** What a state does, as the closure asks for it. */
export const Kind = { bytes: 0, split: 1, match: 2, looksBack: 3, looksAhead: 4 } as const

/** What a byte or an end of the text is to an assertion beside it, as bits. A byte may be both `word` and `other`. */
export const Side = { inside: 1, edge: 2, newLine: 4, word: 8, other: 16, continuation: 32 } as const

/** The side that nothing is known of yet. */
export const UNKNOWN_SIDE = 0

/** No edge of the row for this class. */
const NO_EDGE = -2

/** An automaton laid out for speed. Bytes that no state and no assertion tells apart share a class. */
export interface DfaProgram {
  readonly start: number
  /** Where a match begins: the start without the loop that lets it begin later. */
  readonly matchStart: number
  readonly isAnchored: boolean
  readonly kinds: Uint8Array
  /** For splits and assertions, the states to go on to. */
  readonly targets: readonly (readonly number[])[]
  readonly assertions: readonly (AssertionKind | undefined)[]
  readonly classOf: Uint8Array
  /** How many classes of bytes there are; also the class of the end of the text. */
  readonly endClass: number
  /** The side that the bytes of a class are, and last the one of the end of the text. */
  readonly sideOf: Uint8Array
  /** The bits of a side that assertions of this program ask for. */
  readonly relevantSide: number
  readonly hasLookAhead: boolean
  readonly hasLineStart: boolean
  /** Where a `bytes` state goes for a class, or a negative number. */
  follow(state: number, byteClass: number): number
}

/** Where ASCII word characters begin and end, and the bytes that continue a character. */
const WORD_BORDERS = [0x30, 0x3a, 0x41, 0x5b, 0x5f, 0x60, 0x61, 0x7b, 0x80, 0xc0] as const

/** K and S in both cases, which two characters outside ASCII fold to. */
const MAYBE_WORD_BORDERS = [0x4b, 0x4c, 0x53, 0x54, 0x6b, 0x6c, 0x73, 0x74] as const

const BORDERS: Readonly<Record<AssertionKind, readonly number[]>> = {
  textStart: [],
  textEnd: [],
  lineStart: [0x0a, 0x0b],
  lineEnd: [0x0a, 0x0b],
  wordBoundary: WORD_BORDERS,
  notWordBoundary: WORD_BORDERS,
  maybeWordBoundary: [...WORD_BORDERS, ...MAYBE_WORD_BORDERS],
  maybeNotWordBoundary: [...WORD_BORDERS, ...MAYBE_WORD_BORDERS],
}

/** Lays out an automaton. */
export function toDfaProgram({ states, start, matchStart }: Nfa): DfaProgram {
  const classOf = byteClasses(states)
  const endClass = classOf[0xff] + 1
  const kinds = Uint8Array.from(states, kindOf)
  const relevantSide = relevantSideOf(states)
  return {
    start,
    matchStart,
    isAnchored: start === matchStart,
    kinds,
    targets: states.map(targetsOf),
    assertions: states.map((state) => (state.type === 'assertion' ? state.kind : undefined)),
    classOf,
    endClass,
    sideOf: sidesOf(states, classOf).map((side) => side & relevantSide),
    relevantSide,
    hasLookAhead: kinds.includes(Kind.looksAhead),
    hasLineStart: states.some((state) => state.type === 'assertion' && state.kind === 'lineStart'),
    follow: followerOf(states, classOf, endClass),
  }
}

function kindOf(state: NfaState): number {
  if (state.type !== 'assertion') return Kind[state.type]
  return state.kind === 'textStart' || state.kind === 'lineStart' ? Kind.looksBack : Kind.looksAhead
}

function targetsOf(state: NfaState): readonly number[] {
  if (state.type === 'split') return state.targets
  return state.type === 'assertion' ? [state.target] : []
}

function byteClasses(states: readonly NfaState[]): Uint8Array {
  const borders = new Uint8Array(0x101)
  for (const edges of distinctEdges(states)) {
    for (const { low, high } of edges) {
      borders[low] = 1
      borders[high + 1] = 1
    }
  }
  for (const state of states) {
    if (state.type === 'assertion') for (const border of BORDERS[state.kind]) borders[border] = 1
  }
  const classOf = new Uint8Array(0x100)
  for (let byte = 1; byte < 0x100; byte++) classOf[byte] = classOf[byte - 1] + borders[byte]
  return classOf
}

const distinctEdges = (states: readonly NfaState[]): Set<readonly ByteEdge[]> =>
  new Set(states.flatMap((state) => (state.type === 'bytes' ? [state.edges] : [])))

function sidesOf(states: readonly NfaState[], classOf: Uint8Array): Uint8Array {
  const endClass = classOf[0xff] + 1
  const doubtful = states.some((state) => state.type === 'assertion' && isDoubtful(state.kind)) ? /[ks]/i : /(?!)/
  const sides = new Uint8Array(endClass + 1)
  for (let byte = 0; byte < 0x100; byte++) sides[classOf[byte]] = sideOfByte(byte, doubtful)
  sides[endClass] = Side.edge | Side.other
  return sides
}

function sideOfByte(byte: number, doubtful: RegExp): number {
  const character = String.fromCharCode(byte)
  if (doubtful.test(character)) return Side.inside | Side.word | Side.other
  if (/\w/.test(character)) return Side.inside | Side.word
  if (byte >= 0x80 && byte < 0xc0) return Side.inside | Side.other | Side.continuation
  return Side.inside | Side.other | (character === '\n' ? Side.newLine : 0)
}

function relevantSideOf(states: readonly NfaState[]): number {
  const kinds = states.flatMap((state) => (state.type === 'assertion' ? [state.kind] : []))
  const line = kinds.some(isOfLine) ? Side.newLine : 0
  const word = kinds.some(isOfWord) ? Side.word | Side.other | Side.continuation : 0
  return Side.inside | Side.edge | line | word
}

const isOfLine = (kind: AssertionKind): boolean => kind === 'lineStart' || kind === 'lineEnd'

const isDoubtful = (kind: AssertionKind): boolean => kind.startsWith('maybe')

/** Rows of targets by class: one for all states with the same edges, and the first for states that read no byte. */
function followerOf(states: readonly NfaState[], classOf: Uint8Array, endClass: number): DfaProgram['follow'] {
  const rowByEdges = new Map([...distinctEdges(states)].map((edges, index) => [edges, (index + 1) * endClass]))
  const rows = new Int16Array((rowByEdges.size + 1) * endClass).fill(NO_EDGE)
  for (const [edges, row] of rowByEdges) fillRow(rows.subarray(row, row + endClass), edges, classOf)
  const rowOf = Int32Array.from(states, (state) => (state.type === 'bytes' ? (rowByEdges.get(state.edges) ?? 0) : 0))
  const baseOf = Int32Array.from(states, (state) => (state.type === 'bytes' ? state.base : 0))
  const nextOf = Int32Array.from(states, (state) => (state.type === 'bytes' ? state.next : 0))
  return (state, byteClass) => {
    const target = rows[rowOf[state] + byteClass]
    if (target === ACCEPT) return nextOf[state]
    return target === NO_EDGE ? NO_EDGE : baseOf[state] + target
  }
}

function fillRow(row: Int16Array, edges: readonly ByteEdge[], classOf: Uint8Array): void {
  for (const { low, high, target } of edges) row.fill(target, classOf[low], classOf[high] + 1)
}
