export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const

export type LogLevel = (typeof LOG_LEVELS)[number]

/** Named plain values, so that no env, Request or header set gets into a line by its type. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>

/** The service's own activity: an event's snake_case name and its fields, as one line of JSON. */
export type Log = Readonly<Record<LogLevel, (event: string, fields?: LogFields) => void>>

/** A log that leaves out what is below the level. */
export function logFrom(least: LogLevel): Log {
  const writerOf = (level: LogLevel) =>
    LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(least) ? silence : writeAt(level)
  return { debug: writerOf('debug'), info: writerOf('info'), warn: writerOf('warn'), error: writerOf('error') }
}

/** What a log line says of a caught value. The stack names our files only; the message may quote a store's answer. */
export function errorFields(error: unknown): LogFields {
  if (!(error instanceof Error)) return { error: typeof error === 'string' ? error : `a thrown ${typeof error}` }
  return { error: `${error.name}: ${error.message}`, stack: error.stack }
}

const silence = (): void => {}

const writeAt =
  (level: LogLevel) =>
  (event: string, fields: LogFields = {}): void =>
    console[level](JSON.stringify({ ...fields, level, event, time: new Date().toISOString() }))
