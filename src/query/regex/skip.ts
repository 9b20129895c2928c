import { type DfaProgram, Kind } from './dfa-program'
import { addMember, type StateSet, stateSetOf } from './state-set'

/**
 * How a search gets on while no match has begun (Horspool, for sets of bytes): the byte at the end of the window says
 * how far the window can move. A distance of 0 says that a match may begin at the start of the window.
 */
export interface Skip {
  readonly window: number
  readonly distances: Uint8Array
}

/** The bytes that can stand at one place of a match: 1 for each class that can. */
type Place = Uint8Array

/** Wider windows hardly ever move further, because places far from the start let most bytes pass. */
const WINDOW_MAX = 16

/** A pattern that leads to this many states at once has no telling start, and looking for one would take long. */
const STATES_MAX = 256

/** What windows are judged by: how far they would move on text like what they will see. */
const SAMPLE = new TextEncoder().encode(
  'GET /api/v1/orders?id=4821 failed for user 1042 after 350 ms with status 503: connection to "10.0.0.7:443" timed out',
)

/** Finds the window that moves furthest, if there is one for this pattern. */
export function skipOf(program: DfaProgram): Skip | undefined {
  const places = leadingPlaces(program)
  const skips = places.map((_, index) => toSkip(program, places.slice(0, index + 1)))
  const [best] = skips.toSorted((a, b) => gain(b) - gain(a))
  return best && gain(best) > 0 ? best : undefined
}

/** The next position at which a match may begin, or `to` when there is no room for one. */
export function skipIdle({ window, distances }: Skip, bytes: Uint8Array, from: number, to: number): number {
  let position = from
  if (window === 1) {
    // The next look does not wait for this one, as it would if the distance were added.
    while (position < to && distances[bytes[position]] === 1) position++
    return position
  }
  const ahead = window - 1
  while (position + ahead < to) {
    const distance = distances[bytes[position + ahead]]
    if (distance === 0) return position
    position += distance
  }
  return to
}

const gain = ({ distances }: Skip): number => SAMPLE.reduce((sum, byte) => sum + distances[byte], 0)

function toSkip({ classOf }: DfaProgram, places: readonly Place[]): Skip {
  const distances = Uint8Array.from({ length: 0x100 }, (_, byte) => {
    const last = places.findLastIndex((place) => place[classOf[byte]] === 1)
    return places.length - 1 - last
  })
  return { window: places.length, distances }
}

/** The bytes at each place from the start of a match, for as many places as bytes alone decide about. */
function leadingPlaces(program: DfaProgram): readonly Place[] {
  if (program.isAnchored || program.hasLineStart) return []
  const places: Place[] = []
  let states = stateSetOf(program.kinds.length)
  addMember(states, program.matchStart)
  while (isTelling(program, states) && places.length < WINDOW_MAX) {
    const { place, reached } = advance(program, states)
    places.push(place)
    states = reached
  }
  return places
}

/** Adds what follows without reading, and says whether the next byte is worth knowing. */
function isTelling(program: DfaProgram, states: StateSet): boolean {
  for (let index = 0; index < states.size; index++) {
    const state = states.members[index]
    if (program.kinds[state] === Kind.match || program.kinds[state] === Kind.looksAhead) return false
    for (const target of program.targets[state]) addMember(states, target)
    if (states.size > STATES_MAX) return false
  }
  return true
}

function advance(program: DfaProgram, states: StateSet): { place: Place; reached: StateSet } {
  const place = new Uint8Array(program.endClass)
  const reached = stateSetOf(program.kinds.length)
  for (let index = 0; index < states.size; index++) {
    for (let byteClass = 0; byteClass < program.endClass; byteClass++) {
      const target = program.follow(states.members[index], byteClass)
      if (target < 0) continue
      place[byteClass] = 1
      addMember(reached, target)
    }
  }
  return { place, reached }
}
