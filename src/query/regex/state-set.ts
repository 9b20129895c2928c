/** A set of small numbers that is emptied, added to and asked in constant time (Briggs and Torczon). */
export interface StateSet {
  /** The members, in the order in which they came, up to `size`. */
  readonly members: Uint16Array
  readonly places: Uint16Array
  size: number
}

/** An empty set of numbers below `limit`. */
export const stateSetOf = (limit: number): StateSet => ({
  members: new Uint16Array(limit),
  places: new Uint16Array(limit),
  size: 0,
})

/** Adds a number unless it is there. */
export function addMember(set: StateSet, member: number): void {
  const place = set.places[member]
  if (place < set.size && set.members[place] === member) return
  set.places[member] = set.size
  set.members[set.size] = member
  set.size++
}
