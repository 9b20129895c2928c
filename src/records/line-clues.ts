import { levelRank } from './levels'
import { type Instant, parseInstant } from './time'

/** What a line of plain text says about itself. */
export interface LineClues {
  readonly instant: Instant | undefined
  readonly levelRank: number | undefined
}

/** How much of a line is looked at: times and levels stand at its beginning. */
export const CLUE_CHARACTERS = 160

const ISO_WITH_ZONE = /^\[?(\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(?:[.,]\d{1,9})?\s?(?:Z|[+-]\d{2}:?\d{2}))(?![\w:])/
const COMMON_LOG = /^\S{1,64} \S{1,64} \S{1,64} \[(\d{2}\/[A-Z][a-z]{2}\/\d{4}:\d{2}:\d{2}:\d{2} [+-]\d{4})\]/
const LEVEL_IN_BRACKETS =
  /^[^\]]{0,64}?[[<(|]\s?(trace|debug|info|notice|warn|warning|error|err|crit|critical|alert|emerg|fatal|panic)\s?[\])>|]/i
const LEVEL_IN_CAPITALS =
  /^.{0,64}?(?:^|[\s[:|])(TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|CRITICAL|ALERT|FATAL|PANIC)(?=[\s\]:|,]|$)/
const LEVEL_PAIR = /(?:^|\s)(?:level|lvl|severity)=["']?([a-z]{3,11})\b/i

/**
 * Reads the time and the level at the beginning of a line, as servers and loggers write them. A time counts only with its
 * zone: without one, "10:15" may be hours away, and the time of receipt is nearer to the truth.
 */
export function readLineClues(line: string): LineClues {
  const beginning = line.slice(0, CLUE_CHARACTERS)
  const time = ISO_WITH_ZONE.exec(beginning)?.[1] ?? COMMON_LOG.exec(beginning)?.[1]
  const level =
    LEVEL_IN_BRACKETS.exec(beginning)?.[1] ?? LEVEL_IN_CAPITALS.exec(beginning)?.[1] ?? LEVEL_PAIR.exec(beginning)?.[1]
  return {
    instant: time === undefined ? undefined : parseInstant(time),
    levelRank: level === undefined ? undefined : levelRank(level),
  }
}
