/** The six levels, least severe first. A level's rank is its index here. */
export const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const

export type Level = (typeof LEVELS)[number]

/** What a record without a level gets. */
export const DEFAULT_LEVEL_RANK = 2

/**
 * Every spelling that names a level, lower case: syslog keywords, pino, winston, Python, java.util.logging,
 * OpenTelemetry short names, Datadog and GCP. Anything else leaves the record at the default and stays a plain field.
 */
const SPELLINGS: ReadonlyMap<string, number> = new Map(
  [
    ['trace', 'trc', 'silly', 'finest', 'finer', 't', 'trace2', 'trace3', 'trace4'],
    ['debug', 'dbg', 'verbose', 'http', 'fine', 'config', 'd', 'debug2', 'debug3', 'debug4'],
    [
      'info',
      'inf',
      'information',
      'informational',
      'notice',
      'log',
      'ok',
      'default',
      'i',
      'n',
      'info2',
      'info3',
      'info4',
    ],
    ['warn', 'warning', 'wrn', 'w', 'warn2', 'warn3', 'warn4'],
    ['error', 'err', 'severe', 'e', 'error2', 'error3', 'error4'],
    [
      'fatal',
      'critical',
      'crit',
      'alert',
      'emerg',
      'emergency',
      'panic',
      'dpanic',
      'ftl',
      'f',
      'c',
      'fatal2',
      'fatal3',
      'fatal4',
    ],
  ].flatMap((words, rank) => words.map((word): [string, number] => [word, rank])),
)

/** Rank of a level word in any case, or undefined when it names none. */
export function levelRank(text: string): number | undefined {
  return SPELLINGS.get(text) ?? SPELLINGS.get(text.trim().toLowerCase())
}

/**
 * Rank of a numeric level. 10–60 in tens are pino and bunyan, 0–7 are syslog severities (RFC 5424 table 2).
 * OpenTelemetry numbers (1–24) come under a name of their own: see {@link otelSeverityRank}.
 */
export function numericLevelRank(value: number): number | undefined {
  if (value >= 10 && value <= 60) return Math.floor(value / 10) - 1
  return SYSLOG_RANKS[value]
}

/** Rank of an OpenTelemetry SeverityNumber, 1–24 (opentelemetry-proto, logs/v1). */
export function otelSeverityRank(value: number): number | undefined {
  if (!Number.isInteger(value) || value < 1 || value > 24) return undefined
  return Math.floor((value - 1) / 4)
}

const SYSLOG_RANKS: readonly (number | undefined)[] = [5, 5, 5, 4, 3, 2, 2, 1]
