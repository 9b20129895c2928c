import { activityLog } from '../activity/activity-log'
import { noteStart } from '../activity/note-start'
import { toHostName } from '../domains/host-name'
import { readConfig } from '../env'
import type { Handler } from './handler'
import { noHints } from './request-hints'

/** Puts the host, the log and the checked variables beside the request. */
export const configure: Handler = (request, env) => {
  const { requestId } = request
  request.host = hostOf(request.url, request.headers.get('host'))
  // Variables that are wrong are an event too, and say no level.
  request.log = activityLog('info', { requestId })
  request.config = readConfig(env)
  request.hints = noHints()
  request.log = activityLog(request.config.LOG_LEVEL, { requestId })
  noteStart(env, request.log)
}

/**
 * The host that a request is for, as domains are stored: that of its URL, which the Host header has to agree with where there
 * is one. Where they differ, what stands before us may have read the request as one for another host; then it is for none.
 */
export function hostOf(url: string, hostHeader: string | null): string {
  const host = toHostName(new URL(url).hostname)
  return host !== undefined && (hostHeader === null || toHostName(hostHeader) === host) ? host : ''
}
