import type { ReadClaim } from '../records/names'
import type { Format } from './format'
import { optionalMember, toObjectJson } from './json-members'
import { parseLogfmt } from './logfmt'
import { claimSyslog, openSyslog, readingOf } from './syslog/syslog'

/** Heroku's router: its lines are pairs, and those are what one looks for. */
const ROUTER = / heroku router - /

/** What Heroku calls the program of every message of an app. */
const claimHeroku: ReadClaim = (path) =>
  path === 'drain_service' ? { role: 'service', strength: 0 } : claimSyslog(path)

/**
 * Heroku's Logplex: counted messages of RFC 5424 without its structured data (devcenter.heroku.com/articles/log-drains). Its
 * programs are all called `app` or `heroku`, so the address may say what to call them: `?service=shop`.
 */
export const HEROKU: Format = {
  source: 'heroku',
  claims: claimHeroku,
  open: (body, about) => {
    const drain = optionalMember('drain', about.header('logplex-drain-token'))
    const service = optionalMember('drain_service', about.parameters.get('service') ?? undefined)
    return openSyslog(body, { ...readingOf(about), hasStructuredData: false }, (text) => [
      ...service,
      ...drain,
      ...routerMembers(text),
    ])
  },
}

function routerMembers(text: string) {
  const match = ROUTER.exec(text.slice(0, HEADER_CHARACTERS))
  const pairs = match ? parseLogfmt(text.slice(match.index + match[0].length).trimEnd()) : undefined
  return pairs === undefined ? [] : [['router', toObjectJson(pairs)] as const]
}

/** A header of Logplex is shorter. */
const HEADER_CHARACTERS = 256
