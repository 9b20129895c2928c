import type { Env } from './env'
import { CLEANUP_CRON, expireEverywhere } from './expire-everywhere'
import { sweep } from './sweep'

/** What each trigger of wrangler.toml is for. One that is not known sweeps: that is never wrong. */
export function runCron(env: Env, { cron, scheduledTime }: ScheduledController): Promise<void> {
  return cron === CLEANUP_CRON ? expireEverywhere(env, scheduledTime, scheduledTime) : sweep(env, scheduledTime)
}
