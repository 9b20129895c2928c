export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const

export type LogLevel = (typeof LOG_LEVELS)[number]

/** Named plain values, so that no env, Request or header set gets into a line by its type. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>

/** One event of the service's own activity. */
export interface LogLine {
  /** RFC 3339, UTC. */
  readonly time: string
  readonly level: LogLevel
  /** In snake_case. */
  readonly event: string
  readonly fields: LogFields
}

/** The service's own activity: an event's snake_case name and its fields, as one line of JSON. */
export type Log = Readonly<Record<LogLevel, (event: string, fields?: LogFields) => void>>

/** A log that leaves out what is below the level. */
export const logFrom = (least: LogLevel): Log => logInto(printLine, least)

/** A log whose lines go where the caller wants them, without those below the level. */
export function logInto(take: (line: LogLine) => void, least: LogLevel): Log {
  const writerOf = (level: LogLevel) =>
    LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(least) ? silence : writeAt(level, take)
  return { debug: writerOf('debug'), info: writerOf('info'), warn: writerOf('warn'), error: writerOf('error') }
}

/** To the console, where the platform's own log takes it up. */
export const printLine = ({ time, level, event, fields }: LogLine): void =>
  console[level](JSON.stringify({ ...fields, level, event, time }))

/** What a log line says of a caught value. The stack names our files only; the message may quote a store's answer. */
export function errorFields(error: unknown): LogFields {
  if (!(error instanceof Error)) return { error: typeof error === 'string' ? error : `a thrown ${typeof error}` }
  return { error: `${error.name}: ${error.message}`, stack: error.stack }
}

const silence = (): void => {}

const writeAt =
  (level: LogLevel, take: (line: LogLine) => void) =>
  (event: string, fields: LogFields = {}): void =>
    take({ time: new Date().toISOString(), level, event, fields })
