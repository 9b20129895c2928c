import { activityLog } from './activity/activity-log'
import { sendActivity } from './activity/send-activity'
import { type Env, readConfig } from './env'
import { CLEANUP_CRON, expireEverywhere } from './expire-everywhere'
import { errorFields } from './log'
import { sweep } from './sweep'

/** Runs what a trigger of wrangler.toml is for, and says so in the service's own activity. */
export async function runCron(env: Env, { cron, scheduledTime }: ScheduledController): Promise<void> {
  const log = activityLog(readConfig(env).LOG_LEVEL, { cron })
  try {
    await runTask(env, cron, scheduledTime)
    // The sweep runs each minute, and would be most of the activity.
    log[cron === CLEANUP_CRON ? 'info' : 'debug']('cron_ran')
  } catch (error) {
    log.error('cron_failed', errorFields(error))
    throw error
  } finally {
    await sendActivity(env, { service: 'sluice-worker', lines: log.kept })
  }
}

/** A trigger that is not known sweeps: that is never wrong. */
const runTask = (env: Env, cron: string, scheduledMs: number): Promise<void> =>
  cron === CLEANUP_CRON ? expireEverywhere(env, scheduledMs, scheduledMs) : sweep(env, scheduledMs)
