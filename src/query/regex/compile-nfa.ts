import type { CodePointSet } from './code-points'
import { type AssertionKind, beginsAtTextStart, type RegexNode } from './regex-tree'
import { ACCEPT, type ByteEdge, type Utf8Automaton, utf8Automaton } from './utf8-automaton'

/**
 * A state either reads a byte, or goes on without reading, or has found a match. The edges of `bytes` are those of a
 * `Utf8Automaton`, shared by all its copies: this copy has its states from `base` on, and goes on to `next`.
 */
export type NfaState =
  | { readonly type: 'bytes'; readonly edges: readonly ByteEdge[]; readonly base: number; readonly next: number }
  | { readonly type: 'split'; readonly targets: readonly number[] }
  | { readonly type: 'assertion'; readonly kind: AssertionKind; readonly target: number }
  | { readonly type: 'match' }

/** A Thompson automaton over bytes that finds a match at or after the place where it starts. */
export interface Nfa {
  readonly states: readonly NfaState[]
  readonly start: number
  /** The start without the loop that lets a match begin later. The same as `start` when there is no such loop. */
  readonly matchStart: number
}

interface Building {
  readonly states: NfaState[]
  readonly automata: AutomatonCache
}

/** Automata of the classes of one pattern; a repeated class is the same object each time. */
type AutomatonCache = Map<CodePointSet, Utf8Automaton>

/** How many states `compileNfa` would make, at most. Found without making them, because repeats multiply. */
export const countStates = (tree: RegexNode): number => countNode(tree, new Map()) + FIXED_STATES

/** The match state, and the loop that lets a match begin later. */
const FIXED_STATES = 3

/** Compiles a tree whose states have been counted. */
export function compileNfa(tree: RegexNode): Nfa {
  const building: Building = { states: [{ type: 'match' }], automata: new Map() }
  const matchStart = addNode(building, tree, 0)
  const start = beginsAtTextStart(tree) ? matchStart : addSearchLoop(building, matchStart)
  return { states: building.states, start, matchStart }
}

function addSearchLoop({ states }: Building, matchStart: number): number {
  const loop = states.length
  states.push({ type: 'split', targets: [matchStart, loop + 1] })
  states.push({ type: 'bytes', edges: [{ low: 0, high: 0xff, target: ACCEPT }], base: 0, next: loop })
  return loop
}

function countNode(node: RegexNode, automata: AutomatonCache): number {
  if (node.type === 'class') return automatonOf(automata, node.set).states.length
  if (node.type === 'assertion') return 1
  if (node.type === 'repeat') return countRepeat(countNode(node.child, automata), node.min, node.max)
  const counted = node.children.reduce((sum, child) => sum + countNode(child, automata), 0)
  return node.type === 'choice' ? counted + 1 : counted
}

function countRepeat(child: number, min: number, max: number): number {
  if (child === 0) return 0
  if (max === Number.POSITIVE_INFINITY) return Math.max(min, 1) * child + 1
  return max * child + (max - min)
}

/** Adds the states of a node that go on to `next`, and returns where they begin. */
function addNode(building: Building, node: RegexNode, next: number): number {
  if (node.type === 'class') return addClass(building, node.set, next)
  if (node.type === 'assertion') return addState(building, { type: 'assertion', kind: node.kind, target: next })
  if (node.type === 'repeat') return addRepeat(building, node, next)
  if (node.type === 'sequence')
    return node.children.reduceRight((after, child) => addNode(building, child, after), next)
  const targets = node.children.map((child) => addNode(building, child, next))
  return addState(building, { type: 'split', targets })
}

function addRepeat(building: Building, node: RegexNode & { type: 'repeat' }, next: number): number {
  const { child, min, max } = node
  if (isEmpty(child)) return next
  const optional = max === Number.POSITIVE_INFINITY ? addLoop(building, node, next) : addOptional(building, node, next)
  const copies = max === Number.POSITIVE_INFINITY ? min - 1 : min
  return repeatedly(copies, optional, (after) => addNode(building, child, after))
}

/** One copy that can go round: entered at the split when none is required, else through the copy. */
function addLoop({ states, automata }: Building, { child, min }: RegexNode & { type: 'repeat' }, next: number): number {
  const loop = states.push({ type: 'match' }) - 1
  const body = addNode({ states, automata }, child, loop)
  states[loop] = { type: 'split', targets: [body, next] }
  return min === 0 ? loop : body
}

const addOptional = (building: Building, { child, min, max }: RegexNode & { type: 'repeat' }, next: number): number =>
  repeatedly(max - min, next, (after) =>
    addState(building, { type: 'split', targets: [addNode(building, child, after), next] }),
  )

function addClass({ states, automata }: Building, set: CodePointSet, next: number): number {
  const automaton = automatonOf(automata, set)
  const base = states.length
  for (const edges of automaton.states) states.push({ type: 'bytes', edges, base, next })
  return base + automaton.start
}

function automatonOf(automata: AutomatonCache, set: CodePointSet): Utf8Automaton {
  const automaton = automata.get(set) ?? utf8Automaton(set)
  automata.set(set, automaton)
  return automaton
}

const addState = ({ states }: Building, state: NfaState): number => states.push(state) - 1

/** Copies of what adds no states would only cost time: `(?:){1000}` nested is a very large number of nothing. */
function isEmpty(node: RegexNode): boolean {
  if (node.type === 'sequence') return node.children.every(isEmpty)
  return node.type === 'repeat' && (node.max === 0 || isEmpty(node.child))
}

function repeatedly(times: number, initial: number, step: (value: number) => number): number {
  let value = initial
  for (let done = 0; done < times; done++) value = step(value)
  return value
}
