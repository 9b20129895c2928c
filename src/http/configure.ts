import { readConfig } from '../env'
import type { Handler } from './handler'

/** Puts the checked variables and the host beside the request. */
export const configure: Handler = (request, env) => {
  request.config = readConfig(env)
  request.host = hostOf(request.url)
}

/** The host of a URL as domains are stored: lower case, without port and final dot. */
export const hostOf = (url: string): string => new URL(url).hostname.toLowerCase().replace(/\.$/, '')
