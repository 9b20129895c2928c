import { type Env, readConfig } from '../env'
import { ACTIVITY_LINES_MAX } from '../limits/limits'
import { type Log, type LogFields, type LogLevel, type LogLine, logInto, printLine } from '../log'
import { sendActivity } from './send-activity'

/** A log that also keeps its lines, for the end of the request. */
export interface ActivityLog extends Log {
  readonly kept: readonly LogLine[]
  /** Keeps a line at info without printing it: for what everybody at the console knows. */
  readonly note: Log['info']
}

/** The log of one request: each line is printed at once, and those from info on are kept to be sent together. */
export function activityLog(least: LogLevel, about: LogFields): ActivityLog {
  const kept: LogLine[] = []
  const keep = (line: LogLine): void => {
    if (isActivity(line) && kept.length < ACTIVITY_LINES_MAX) kept.push(line)
  }
  const whole = (line: LogLine): LogLine => ({ ...line, fields: { ...about, ...line.fields } })
  const take = (line: LogLine): void => {
    printLine(whole(line))
    keep(whole(line))
  }
  return { ...logInto(take, least), kept, note: logInto((line) => keep(whole(line)), least).info }
}

/** The log of a tenant's object. It has no end of a request to wait for, so each line is sent at once. */
export function objectLog(env: Env, ctx: Pick<DurableObjectState, 'waitUntil'>, tenantId: string): Log {
  const take = (line: LogLine): void => {
    const whole = { ...line, fields: { tenantId, ...line.fields } }
    printLine(whole)
    if (isActivity(line)) ctx.waitUntil(sendActivity(env, { service: 'sluice-tenant', lines: [whole] }))
  }
  return logInto(take, readConfig(env).LOG_LEVEL)
}

const isActivity = ({ level }: LogLine): boolean => level !== 'debug'
