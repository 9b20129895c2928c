import { parseInstant } from '../../records/time'
import { EMBEDDED, embeddedJson } from '../embedded-json'
import { type Member, optionalMember, textMember, toObjectJson } from '../json-members'
import { parseCef } from './cef'
import { type GuessClues, guessTime } from './guess-time'
import { readStructuredData } from './structured-data'

/** How a message is to be read. */
export interface SyslogReading extends GuessClues {
  /** Heroku leaves out the structured data of RFC 5424: what follows the message id is the message. */
  readonly hasStructuredData: boolean
}

const FACILITIES = [
  ...['kern', 'user', 'mail', 'daemon', 'auth', 'syslog', 'lpr', 'news', 'uucp', 'cron', 'authpriv', 'ftp'],
  ...['ntp', 'audit', 'alert', 'clock', 'local0', 'local1', 'local2', 'local3', 'local4', 'local5', 'local6', 'local7'],
] as const

const SEVERITIES = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'] as const

const PRIORITY_MAX = FACILITIES.length * SEVERITIES.length - 1

const RFC5424_HEADER = /^1 (\S{1,64}) (\S{1,255}) (\S{1,255}) (\S{1,128}) (\S{1,128})(?: |$)/
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

/** `Nov  1 10:15:00`, with a year before or after the time of day or none, and what Cisco puts before it. */
const BARE_TIME =
  /^(?:\d{1,10}: )?(?:([\w.-]{1,255}): )?[*.]?((?:([A-Za-z]{3}) {1,2}(\d{1,2}) (?:(\d{4}) )?(\d{2}):(\d{2}):(\d{2})(?:[.,](\d{1,9}))?(?: (\d{4})(?= ))?))(?: ([A-Z]{3,4}|[+-]\d{2}:?\d{2})(?=:? ))?(?:: | |$)/
/** What rsyslog's forwarding template and newer devices write in its place. */
const ISO_TIME = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:[.,]\d{1,9})?(?:Z|[+-]\d{2}:?\d{2})?)(?: |$)/
const TAG = /^([^\s:[\]]{1,64})(?:\[([^\]\s]{1,64})\])?: ?/
const HOST = /^(?!%)([\w.:%-]{1,255}) /

/**
 * Reads a syslog message into the members of a record: RFC 5424 with its structured data, else RFC 3164 as far as it goes.
 * Nothing is refused: what has no header at all is a message.
 */
export function parseSyslog(text: string, reading: SyslogReading): Member[] {
  const { members, rest, isPrioritised } = readPriority(text)
  const after = RFC5424_HEADER.exec(rest)
  const body = after && isPrioritised ? readRfc5424(after, rest, reading) : readRfc3164(rest, reading)
  return [...members, ...body.members, ...messageMembers(body.message, isPrioritised)]
}

/** A part of a message, and what follows it. */
interface Header {
  readonly members: readonly Member[]
  readonly message: string
}

function readPriority(text: string): { members: readonly Member[]; rest: string; isPrioritised: boolean } {
  const match = /^<(\d{1,3})>/.exec(text)
  const priority = match ? Number(match[1]) : PRIORITY_MAX + 1
  if (!match || priority > PRIORITY_MAX) return { members: [], rest: text, isPrioritised: false }
  const members = [textMember('facility', FACILITIES[priority >> 3]), textMember('severity', SEVERITIES[priority & 7])]
  return { members, rest: text.slice(match[0].length), isPrioritised: true }
}

function readRfc5424(match: RegExpExecArray, text: string, { hasStructuredData }: SyslogReading): Header {
  const [header, time, hostname, app, procid, msgid] = match
  const members = [
    ...timeMembers(time),
    ...optionalMember('hostname', unlessNil(hostname)),
    ...optionalMember('app', unlessNil(app)),
    ...optionalMember('procid', unlessNil(procid)),
    ...optionalMember('msgid', unlessNil(msgid)),
  ]
  const rest = text.slice(header.length)
  const data = hasStructuredData ? readStructuredData(rest) : undefined
  if (data === undefined) return { members, message: rest }
  const message = rest.slice(data.end).replace(/^ \ufeff?/, '')
  return { members: data.json === '{}' ? members : [...members, ['structured_data', data.json]], message }
}

/** A time that cannot be read is kept as it was written; the record has the time at which it was received. */
function timeMembers(text: string): readonly Member[] {
  if (text === '-') return []
  return [textMember(parseInstant(text) === undefined ? 'timestamp_text' : 'timestamp', text)]
}

const unlessNil = (text: string): string | undefined => (text === '-' ? undefined : text)

function readRfc3164(text: string, reading: SyslogReading): Header {
  const time = readBareTime(text, reading) ?? readIsoTime(text)
  // Without a time there is no header: a device that leaves it out leaves out the rest too (RFC 3164, 4.3.3).
  if (time === undefined) return { members: [], message: text }
  const { members, message } = time
  const localTag = TAG.exec(message)
  const host = localTag && isTag(localTag) ? null : HOST.exec(message)
  const rest = host ? message.slice(host[0].length) : message
  const hostMembers = host ? optionalMember('hostname', host[1].replace(/:$/, '')) : []
  const tag = TAG.exec(rest)
  if (!tag || !isTag(tag)) return { members: [...members, ...hostMembers], message: rest }
  const [whole, app, procid] = tag
  return {
    members: [...members, ...hostMembers, ...optionalMember('app', app), ...optionalMember('procid', procid)],
    message: rest.slice(whole.length),
  }
}

/** `CEF:0|…` and `%SYS-5-CONFIG_I: …` are messages. */
const isTag = ([, app]: RegExpExecArray): boolean => app !== 'CEF' && !app.startsWith('%')

function readBareTime(text: string, reading: SyslogReading): Header | undefined {
  const match = BARE_TIME.exec(text)
  if (!match) return undefined
  const [whole, host, written, monthName, day, yearBefore, hour, minute, second, fraction = '', yearAfter, zone] = match
  const month = MONTHS.indexOf(monthName.toLowerCase()) + 1
  if (month === 0 || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return undefined
  const year = yearBefore ?? yearAfter
  const bare = {
    month,
    day: Number(day),
    year: year === undefined ? undefined : Number(year),
    ofDayMs: ((Number(hour) * 60 + Number(minute)) * 60 + Number(second)) * 1000,
    fraction,
  }
  const guessed = guessTime(bare, { ...reading, offsetMinutes: reading.offsetMinutes ?? knownZone(zone) })
  if (guessed === undefined) return undefined
  return {
    members: [
      textMember('timestamp', guessed),
      textMember('timestamp_text', zone ? `${written} ${zone}` : written),
      ...optionalMember('hostname', host),
    ],
    message: text.slice(whole.length),
  }
}

/** Names of zones other than these two mean different things to different people. */
function knownZone(zone: string | undefined): number | undefined {
  if (zone === 'UTC' || zone === 'GMT') return 0
  const match = /^([+-])(\d{2}):?(\d{2})$/.exec(zone ?? '')
  return match ? Number(`${match[1]}${Number(match[2]) * 60 + Number(match[3])}`) : undefined
}

function readIsoTime(text: string): Header | undefined {
  const match = ISO_TIME.exec(text)
  if (!match || parseInstant(match[1]) === undefined) return undefined
  return { members: [textMember('timestamp', match[1])], message: text.slice(match[0].length) }
}

/** The message, and what is in it: an event in CEF beside it, JSON in its place. */
function messageMembers(message: string, isPrioritised: boolean): readonly Member[] {
  const json = embeddedJson(message)
  if (json !== undefined) return [[EMBEDDED, json]]
  const cef = parseCef(message)
  if (cef === undefined) return [textMember('message', message)]
  const level = isPrioritised ? [] : [textMember('level', cef.level)]
  return [...level, textMember('message', message), ['cef', cef.json]]
}

/** The JSON text of a message as a record. */
export const syslogJson = (text: string, reading: SyslogReading, more: readonly Member[]): string =>
  toObjectJson([...parseSyslog(text, reading), ...more])
