import { LEVELS, type Level, levelRank } from '../../records/levels'

/** The levels of the second seed's API, least severe first. It has no trace, and its fatal is called CRITICAL. */
export const SEED_LEVELS = ['DEBUG', 'INFO', 'WARN', 'ERROR', 'CRITICAL'] as const

export type SeedLevel = (typeof SEED_LEVELS)[number]

const SEED_LEVEL_OF = {
  trace: 'DEBUG',
  debug: 'DEBUG',
  info: 'INFO',
  warn: 'WARN',
  error: 'ERROR',
  fatal: 'CRITICAL',
} as const satisfies Record<Level, SeedLevel>

/** What a level is called under /api/v1; INFO for what is none, as everywhere. */
export const seedLevelOf = (level: string): SeedLevel => SEED_LEVEL_OF[LEVELS[levelRank(level) ?? INFO_RANK]]

/** The levels of records that a level of the second seed's API stands for, in any spelling; undefined for no level. */
export function levelsOfSeed(text: string): readonly Level[] | undefined {
  const rank = levelRank(text)
  if (rank === undefined) return undefined
  const seedLevel = SEED_LEVEL_OF[LEVELS[rank]]
  return LEVELS.filter((level) => SEED_LEVEL_OF[level] === seedLevel)
}

const INFO_RANK = LEVELS.indexOf('info')
