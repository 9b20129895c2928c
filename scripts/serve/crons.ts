import { Cron } from 'croner'

/** Runs one cron trigger. */
export type Dispatch = (cron: string, scheduledTime: Date) => Promise<void>

/** Fires the Worker's cron triggers, which Miniflare does not do by itself. A run that is not over holds back the next one. */
export function startCrons(
  expressions: readonly string[],
  dispatch: Dispatch,
  report: (error: unknown) => void,
): Cron[] {
  return expressions.map((expression) => {
    const options = { ...CLOUDFLARE_RULES, protect: true, catch: report }
    return new Cron(expression, options, () => dispatch(expression, startOfMinute(new Date())))
  })
}

/** Five fields, in UTC, with Sunday as day 1 of the week. */
const CLOUDFLARE_RULES = { mode: '5-part', timezone: 'UTC', alternativeWeekdays: true } as const

/** The slot that a run belongs to, so that whoever hears of it twice can tell. */
export const startOfMinute = (time: Date): Date => new Date(Math.floor(time.getTime() / 60_000) * 60_000)

/** When an expression is next due. */
export const nextRun = (expression: string, after: Date): Date | null =>
  new Cron(expression, CLOUDFLARE_RULES).nextRun(after)
