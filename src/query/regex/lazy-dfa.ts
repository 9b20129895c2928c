import { type DfaProgram, Kind, Side, UNKNOWN_SIDE } from './dfa-program'
import type { AssertionKind } from './regex-tree'
import { type Skip, skipIdle, skipOf } from './skip'
import { addState, clearStates, findState, isFull, type StateCache, stateCacheOf, UNBUILT } from './state-cache'
import { addMember, type StateSet, stateSetOf } from './state-set'
import type { WorkMeter } from './work-meter'

/** Instead of the next state: a match has been found. */
const MATCHED = -2

/** Instead of the next state: no match can follow. */
const DEAD = -3

/** The state in which no match has begun, in the middle of a text. It is the first to be made, so its row is 0. */
const IDLE = 0

const EITHER = Side.word | Side.other

/** What making a state costs whatever its size, in the unit of the meter: finding it, keeping it, forgetting it. */
const STEP_WORK = 60

const NO_SKIP: Skip = { window: 1, distances: new Uint8Array(0x100) }

/** What stands on either side of a place between bytes. */
export interface Sides {
  readonly before: number
  readonly after: number
}

/** An automaton whose states are sets of NFA states, made when a text first leads to them and forgotten when many. */
export interface LazyDfa {
  readonly program: DfaProgram
  readonly cache: StateCache
  readonly meter: WorkMeter
  /** How to get on in the idle state. */
  skip: Skip
  /** Scratch: what the state stands for once the next byte is known, and what comes after that byte. */
  readonly resolved: StateSet
  readonly reached: StateSet
  readonly leaves: Uint16Array
  /** The state at the start of a text. */
  initial: number
}

/** A DFA with no more than its first states, which enters what it costs with the meter. */
export function lazyDfaOf(program: DfaProgram, meter: WorkMeter): LazyDfa {
  const limit = program.kinds.length
  const dfa: LazyDfa = {
    program,
    cache: stateCacheOf(program.endClass + 1),
    meter,
    skip: NO_SKIP,
    resolved: stateSetOf(limit),
    reached: stateSetOf(limit),
    leaves: new Uint16Array(limit),
    initial: IDLE,
  }
  addFirstStates(dfa)
  dfa.skip = skipOf(program) ?? idleSkip(dfa)
  return dfa
}

/**
 * Is there a match anywhere in bytes[from, to)? One look at each byte, whatever the pattern. Searches spend their time
 * in these loops: they read nothing but locals and tables.
 */
export function searchDfa(dfa: LazyDfa, bytes: Uint8Array, from: number, to: number): boolean {
  const { classOf } = dfa.program
  const { skip } = dfa
  let { transitions } = dfa.cache
  let state = dfa.initial
  if (state < 0) return state === MATCHED
  for (let position = from; position < to; position++) {
    if (state === IDLE) {
      position = skipIdle(skip, bytes, position, to)
      if (position >= to) break
    }
    let next = state
    while (position < to) {
      next = transitions[state + classOf[bytes[position]]]
      if (next <= IDLE) break
      state = next
      position++
    }
    if (position >= to) break
    if (next === UNBUILT) {
      next = buildTransition(dfa, state, classOf[bytes[position]])
      transitions = dfa.cache.transitions
    }
    if (next < 0) return next === MATCHED
    state = next
  }
  return dfa.program.hasLookAhead && matchesAtEnd(dfa, state)
}

/** Goes byte by byte past those that stay in the idle state, which every pattern allows. */
function idleSkip(dfa: LazyDfa): Skip {
  const { classOf, endClass } = dfa.program
  const next = Array.from({ length: endClass }, (_, byteClass) => buildTransition(dfa, IDLE, byteClass))
  return { window: 1, distances: classOf.map((byteClass) => (next[byteClass] === IDLE ? 1 : 0)) }
}

function matchesAtEnd(dfa: LazyDfa, state: number): boolean {
  const { endClass } = dfa.program
  const known = dfa.cache.transitions[state + endClass]
  return (known === UNBUILT ? buildTransition(dfa, state, endClass) : known) === MATCHED
}

/** Makes the transition from a state for a class of bytes, or for the end of the text, and returns what it leads to. */
function buildTransition(dfa: LazyDfa, state: number, byteClass: number): number {
  const { cache, program, meter } = dfa
  if (meter.spent > meter.allowed) meter.exceeded()
  const number = state / cache.rowLength
  const members = cache.members[number]
  const next = step(dfa, { members, side: cache.sides[number], byteClass })
  const isForgotten = cache.members[number] !== members
  if (!isForgotten) cache.transitions[state + byteClass] = next
  return byteClass === program.endClass && next !== MATCHED ? DEAD : next
}

function step(dfa: LazyDfa, at: { members: Uint16Array; side: number; byteClass: number }): number {
  const { program, reached, meter } = dfa
  const here = program.sideOf[at.byteClass]
  meter.spent += STEP_WORK + at.members.length
  const readers = program.hasLookAhead ? resolve(dfa, at.members, { before: at.side, after: here }) : at.members
  if (readers === MATCHED) return MATCHED
  if (at.byteClass === program.endClass) return DEAD
  reached.size = 0
  for (let index = 0; index < readers.length; index++) {
    const target = program.follow(readers[index], at.byteClass)
    if (target >= 0) addMember(reached, target)
  }
  return reachedState(dfa, here)
}

/** The members once it is known what stands on both sides, or that one of them is a match. */
function resolve(
  { program, resolved, meter }: LazyDfa,
  members: Uint16Array,
  sides: Sides,
): Uint16Array | typeof MATCHED {
  resolved.size = 0
  for (const member of members) addMember(resolved, member)
  close(program, resolved, sides)
  meter.spent += resolved.size
  return hasMatch(program, resolved) ? MATCHED : resolved.members.subarray(0, resolved.size)
}

/** Where `reached` and all that follows without reading is a state. */
function reachedState(dfa: LazyDfa, side: number): number {
  const { program, cache, reached } = dfa
  close(program, reached, { before: side, after: UNKNOWN_SIDE })
  dfa.meter.spent += reached.size
  if (hasMatch(program, reached)) return MATCHED
  const leaves = collectLeaves(dfa)
  if (leaves.length === 0) return DEAD
  const kept = keptSide(program, leaves, side)
  const known = findState(cache, leaves, kept)
  if (known >= 0) return known
  if (!isFull(cache, leaves.length)) return addState(cache, leaves, kept)
  const saved = leaves.slice()
  addFirstStates(dfa)
  return addState(cache, saved, kept)
}

/** Empties the cache but for the states that every search begins with. */
function addFirstStates(dfa: LazyDfa): void {
  const { program, cache, reached } = dfa
  clearStates(cache)
  const inside = (Side.inside | Side.other) & program.relevantSide
  reached.size = 0
  addMember(reached, program.start)
  close(program, reached, { before: inside, after: UNKNOWN_SIDE })
  dfa.meter.spent += reached.size
  const leaves = collectLeaves(dfa)
  addState(cache, leaves, keptSide(program, leaves, inside))
  reached.size = 0
  addMember(reached, program.start)
  dfa.initial = reachedState(dfa, program.sideOf[program.endClass])
}

/** Adds what members lead to without reading, past those assertions that are known to hold. */
function close(program: DfaProgram, set: StateSet, sides: Sides): void {
  for (let index = 0; index < set.size; index++) {
    const state = set.members[index]
    if (program.kinds[state] === Kind.bytes) continue
    const assertion = program.assertions[state]
    if (assertion && !holds(assertion, sides)) continue
    for (const target of program.targets[state]) addMember(set, target)
  }
}

function hasMatch(program: DfaProgram, set: StateSet): boolean {
  for (let index = 0; index < set.size; index++) {
    if (program.kinds[set.members[index]] === Kind.match) return true
  }
  return false
}

/** The members that the next byte decides about. All others have led to these. */
function collectLeaves({ program, reached, leaves }: LazyDfa): Uint16Array {
  let count = 0
  for (let index = 0; index < reached.size; index++) {
    const member = reached.members[index]
    const kind = program.kinds[member]
    if (kind === Kind.bytes || kind === Kind.looksAhead) leaves[count++] = member
  }
  return leaves.subarray(0, count).sort()
}

/** States differ by what came before only where an assertion is still to be decided. */
function keptSide(program: DfaProgram, leaves: Uint16Array, side: number): number {
  if (!program.hasLookAhead) return 0
  return leaves.some((leaf) => program.kinds[leaf] === Kind.looksAhead) ? side : 0
}

/** Whether an assertion holds. One of words never does within a character, and none that looks ahead before it can see. */
export function holds(kind: AssertionKind, { before, after }: Sides): boolean {
  if (kind === 'textStart') return (before & Side.edge) !== 0
  if (kind === 'lineStart') return (before & (Side.edge | Side.newLine)) !== 0
  if (kind === 'textEnd') return (after & Side.edge) !== 0
  if (kind === 'lineEnd') return (after & (Side.edge | Side.newLine)) !== 0
  if (after === UNKNOWN_SIDE || (after & Side.continuation) !== 0) return false
  if (kind === 'wordBoundary' || kind === 'maybeWordBoundary') return ((before | after) & EITHER) === EITHER
  return (before & after & EITHER) !== 0
}
