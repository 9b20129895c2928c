import type { RecordProblem } from '../blocks/batch-builder'

/**
 * How much of a body may be read in vain after objects that turn out to be broken: what never ends is read to the end each time it
 * is tried, and a hostile body could have that done for each of its lines.
 */
export class VainReading {
  #left: number

  constructor(body: Uint8Array) {
    this.#left = body.length * TIMES_MAX + SPARE_BYTES
  }

  /** Notes what was read in vain. False when it was too much: what is left of the body is not looked at. */
  note(from: number, to: number): boolean {
    this.#left -= to - from
    return this.#left > 0
  }
}

/** What stands for the rest of such a body, lest anybody think that it was taken. */
export const notRead = (at: number): RecordProblem => ({
  code: 'invalid_json',
  detail: 'so much before it is broken that what follows was not read',
  at,
})

const TIMES_MAX = 8
const SPARE_BYTES = 65_536
