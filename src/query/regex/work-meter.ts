import { REGEX_WORK_AT_FIRST, REGEX_WORK_PER_BYTE, REGEX_WORK_PER_SEARCH } from '../../limits/limits'

/**
 * The account of what a pattern costs beside looking at each byte once. States of its automaton are made when a text leads to
 * them; a text that leads to new ones with every byte makes a search slower by a hundred times. The unit is one NFA state
 * looked at, 10 to 15 ns.
 */
export interface WorkMeter {
  spent: number
  /** Grows with the text that is searched, so that what a pattern needs once is not held against it. */
  allowed: number
  /** Called when more is spent than allowed. It may throw; when it returns, the search goes on. */
  readonly exceeded: () => void
}

/** A meter at its beginning. */
export const workMeterOf = (exceeded: () => void): WorkMeter => ({ spent: 0, allowed: REGEX_WORK_AT_FIRST, exceeded })

/** Allows for a search in a text of so many bytes. */
export function allowSearch(meter: WorkMeter, bytes: number): void {
  meter.allowed += REGEX_WORK_PER_SEARCH + REGEX_WORK_PER_BYTE * bytes
}
