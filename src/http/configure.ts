import { activityLog } from '../activity/activity-log'
import { noteStart } from '../activity/note-start'
import { readConfig } from '../env'
import type { Handler } from './handler'

/** Puts the host, the log and the checked variables beside the request. */
export const configure: Handler = (request, env) => {
  const { requestId } = request
  request.host = hostOf(request.url)
  // Variables that are wrong are an event too, and say no level.
  request.log = activityLog('info', { requestId })
  request.config = readConfig(env)
  request.log = activityLog(request.config.LOG_LEVEL, { requestId })
  noteStart(env, request.log)
}

/** The host of a URL as domains are stored: lower case, without port and final dot. */
export const hostOf = (url: string): string => new URL(url).hostname.toLowerCase().replace(/\.$/, '')
