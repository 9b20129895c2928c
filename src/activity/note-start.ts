import type { Env } from '../env'
import { VERSION } from '../version'
import type { ActivityLog } from './activity-log'

/** The env object lives as long as the isolate, so this holds one entry in practice. */
const noted = new WeakSet<object>()

/** Notes that an isolate runs this version, once. */
export function noteStart(env: Env, log: ActivityLog): void {
  if (noted.has(env)) return
  noted.add(env)
  log.note('isolate_started', { version: VERSION })
}
