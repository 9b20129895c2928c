import { type DfaProgram, Kind } from './dfa-program'
import { holds, type Sides } from './lazy-dfa'
import { addMember, type StateSet, stateSetOf } from './state-set'

/** A half-open range of bytes. */
export interface ByteSpan {
  readonly from: number
  readonly to: number
}

/** Places that may be looked at again for each byte, before the rest of a text counts as one match. */
const LOOKS_PER_BYTE = 16
const LOOKS_AT_LEAST = 4096

/**
 * Finds where a pattern matches: leftmost, of these the longest (POSIX), none over another. All matches are followed at once,
 * each state with the earliest place that has led to it, so a match costs no more than one pass with all states at each byte.
 * What is behind a match may be looked at again for the next; where that comes to too much, the rest is one span, since who
 * takes out what matches must rather take out too much.
 */
export function findSpans(program: DfaProgram, bytes: Uint8Array): ByteSpan[] {
  const threads = threadsOf(program)
  const spans: ByteSpan[] = []
  let looksLeft = bytes.length * LOOKS_PER_BYTE + LOOKS_AT_LEAST
  for (let from = 0; from <= bytes.length; ) {
    const { span, looks } = nextSpan(program, threads, bytes, from)
    looksLeft -= looks
    if (span === undefined) return spans
    if (looksLeft < 0) return [...spans, { from: span.from, to: bytes.length }]
    if (span.to > span.from) spans.push(span)
    from = Math.max(span.to, span.from + 1)
  }
  return spans
}

/** States that the texts so far have led to, each with where its match begins, the earliest first. */
interface Threads {
  readonly current: StateSet
  readonly next: StateSet
  /** By state. */
  readonly starts: Int32Array
  readonly nextStarts: Int32Array
  readonly stack: number[]
}

function threadsOf({ kinds }: DfaProgram): Threads {
  const limit = kinds.length
  return {
    current: stateSetOf(limit),
    next: stateSetOf(limit),
    starts: new Int32Array(limit),
    nextStarts: new Int32Array(limit),
    stack: [],
  }
}

function nextSpan(
  program: DfaProgram,
  threads: Threads,
  bytes: Uint8Array,
  from: number,
): { readonly span: ByteSpan | undefined; readonly looks: number } {
  let found: ByteSpan | undefined
  threads.next.size = 0
  let at = from
  for (; at <= bytes.length; at++) {
    moveOn(program, threads, sidesAt(program, bytes, at), found === undefined ? at : -1)
    found = bestMatch(program, threads, found, at)
    if (at === bytes.length) break
    step(program, threads, program.classOf[bytes[at]], found)
    if (found !== undefined && threads.next.size === 0) break
  }
  return { span: found, looks: at - from + 1 }
}

/** What the step has reached, and all that follows without reading; `start` is where a match may begin here, if one may. */
function moveOn(program: DfaProgram, threads: Threads, sides: Sides, start: number): void {
  const { next, nextStarts, current } = threads
  current.size = 0
  for (let index = 0; index < next.size; index++) {
    const state = next.members[index]
    close(program, threads, { state, start: nextStarts[state], sides })
  }
  if (start >= 0) close(program, threads, { state: program.matchStart, start, sides })
}

function close(
  program: DfaProgram,
  { current, starts, stack }: Threads,
  { state, start, sides }: { readonly state: number; readonly start: number; readonly sides: Sides },
): void {
  stack.push(state)
  for (let one = stack.pop(); one !== undefined; one = stack.pop()) {
    const size = current.size
    addMember(current, one)
    // Whoever came first began earlier.
    if (current.size === size) continue
    starts[one] = start
    if (program.kinds[one] === Kind.bytes) continue
    const assertion = program.assertions[one]
    if (assertion && !holds(assertion, sides)) continue
    for (const target of program.targets[one]) stack.push(target)
  }
}

/** The better of what was found and what ends here: the one that begins first, of one beginning the longer. */
function bestMatch(
  { kinds }: DfaProgram,
  { current, starts }: Threads,
  found: ByteSpan | undefined,
  at: number,
): ByteSpan | undefined {
  for (let index = 0; index < current.size; index++) {
    const state = current.members[index]
    if (kinds[state] !== Kind.match) continue
    return found === undefined || starts[state] <= found.from ? { from: starts[state], to: at } : found
  }
  return found
}

/** Reads a byte. What begins behind a match that was found is given up. */
function step(program: DfaProgram, threads: Threads, byteClass: number, found: ByteSpan | undefined): void {
  const { current, starts, next, nextStarts } = threads
  const last = found === undefined ? Number.POSITIVE_INFINITY : found.from
  next.size = 0
  for (let index = 0; index < current.size; index++) {
    const state = current.members[index]
    if (starts[state] > last || program.kinds[state] !== Kind.bytes) continue
    const target = program.follow(state, byteClass)
    if (target < 0) continue
    const size = next.size
    addMember(next, target)
    if (next.size > size) nextStarts[target] = starts[state]
  }
}

function sidesAt({ sideOf, classOf, endClass }: DfaProgram, bytes: Uint8Array, at: number): Sides {
  return {
    before: at === 0 ? sideOf[endClass] : sideOf[classOf[bytes[at - 1]]],
    after: at === bytes.length ? sideOf[endClass] : sideOf[classOf[bytes[at]]],
  }
}
