import type { Env } from '../env'
import type { Log } from '../log'
import { VERSION } from '../version'

/** The env object lives as long as the isolate, so this holds one entry in practice. */
const noted = new WeakSet<object>()

/** Logs that an isolate runs this version, once. */
export function noteStart(env: Env, log: Log): void {
  if (noted.has(env)) return
  noted.add(env)
  log.info('isolate_started', { version: VERSION })
}
