/** As RE2 has it: patterns people write need tens of states, and one that needs more makes them as it goes. */
const STATES_MAX = 2000

/** Bounds the memory of large patterns, whose states are large too: at two bytes each, a megabyte. */
const MEMBERS_MAX = 500_000

/** A power of two that is well above the number of states. */
const SLOTS = 8192

const STATES_AT_FIRST = 16

/** The transition has not been asked for yet. */
export const UNBUILT = -1

/** The DFA states known so far. A state is called by the place of its row in `transitions`. */
export interface StateCache {
  readonly rowLength: number
  /** Rows of next states, or negative numbers, by class. Replaced when it has to grow. */
  transitions: Int32Array
  /** The NFA states that each state stands for, ascending. */
  members: Uint16Array[]
  /** What each state remembers of the byte before it. */
  sides: number[]
  memberCount: number
  /** Hash table of state number + 1. */
  readonly slots: Int16Array
}

/** A cache without states. */
export const stateCacheOf = (rowLength: number): StateCache => ({
  rowLength,
  transitions: new Int32Array(STATES_AT_FIRST * rowLength).fill(UNBUILT),
  members: [],
  sides: [],
  memberCount: 0,
  slots: new Int16Array(SLOTS),
})

/** Forgets every state. */
export function clearStates(cache: StateCache): void {
  cache.transitions.fill(UNBUILT)
  cache.slots.fill(0)
  cache.members = []
  cache.sides = []
  cache.memberCount = 0
}

/** Must states be forgotten before one with this many members is added? */
export const isFull = (cache: StateCache, memberCount: number): boolean =>
  cache.members.length >= STATES_MAX || (cache.members.length > 0 && cache.memberCount + memberCount > MEMBERS_MAX)

/** The row of the state with these members (ascending) and this side, or a negative number when it is not known. */
export function findState(cache: StateCache, members: Uint16Array, side: number): number {
  const slot = findSlot(cache, members, side)
  return (cache.slots[slot] - 1) * cache.rowLength
}

/** Adds a state that is not known yet, and returns its row. Keeps a copy of the members. */
export function addState(cache: StateCache, members: Uint16Array, side: number): number {
  const number = cache.members.length
  cache.slots[findSlot(cache, members, side)] = number + 1
  cache.members.push(members.slice())
  cache.sides.push(side)
  cache.memberCount += members.length
  if ((number + 1) * cache.rowLength > cache.transitions.length) cache.transitions = grown(cache.transitions)
  return number * cache.rowLength
}

function findSlot(cache: StateCache, members: Uint16Array, side: number): number {
  let slot = hash(members, side) & (SLOTS - 1)
  while (cache.slots[slot] !== 0 && !isState(cache, cache.slots[slot] - 1, members, side)) {
    slot = (slot + 1) & (SLOTS - 1)
  }
  return slot
}

function isState(cache: StateCache, number: number, members: Uint16Array, side: number): boolean {
  const known = cache.members[number]
  if (cache.sides[number] !== side || known.length !== members.length) return false
  for (let index = 0; index < known.length; index++) if (known[index] !== members[index]) return false
  return true
}

/** FNV-1a, with its high bits brought down to where the slot is taken from. */
function hash(members: Uint16Array, side: number): number {
  let value = 0x811c9dc5 ^ side
  for (let index = 0; index < members.length; index++) value = Math.imul(value ^ members[index], 0x01000193)
  return value ^ (value >>> 15)
}

function grown(transitions: Int32Array): Int32Array {
  const larger = new Int32Array(transitions.length * 2).fill(UNBUILT)
  larger.set(transitions)
  return larger
}
