import fc from 'fast-check'

/**
 * `npm test` draws the same cases each time, so that what passed here passes elsewhere; `npm run test:soak` draws others, and
 * fast-check prints the seed of a failure. SLUICE_SEED sets it.
 */
const FIXED_SEED = 20_261_121

const { SLUICE_SEED, SLUICE_SOAK } = process.env
const seed = SLUICE_SEED === undefined ? FIXED_SEED : Number(SLUICE_SEED)
if (SLUICE_SEED !== undefined || SLUICE_SOAK !== '1') fc.configureGlobal({ seed })
