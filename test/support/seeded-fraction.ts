import fc from 'fast-check'
import { randomIntegers } from './sample-logs'

/** The seed of this run: the same in each `npm test`, another in each soak, or SLUICE_SEED. */
export const drawnSeed = (): number => fc.readConfigureGlobal()?.seed ?? Math.floor(Math.random() * 2 ** 32)

/** A seeded source of fractions from 0 to below 1. */
export function seededFraction(seed: number): () => number {
  const next = randomIntegers(seed)
  return () => next(2 ** 32) / 2 ** 32
}
