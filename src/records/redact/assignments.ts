import { BASE64, CREDENTIAL, countOf, HEX, isIn, isMixed, KEY_NAME, VALUE } from './characters'
import { decodesToCredentials } from './credentials'
import { isHarmlessValue } from './harmless-values'
import { authorizationSpan, cookieSpan } from './headers'
import { type KeyFamily, keyFamily } from './key-names'
import { type Detector, runEnd, type Scan, type Span, skip } from './scan'
import { anyAfter } from './triggers'
import { closersEnd, separatorEnd, skipGap, valueAt } from './values'

const NAME_MAX = 64
const NAME_ENDS = '=:"\'\\%>]'
const UNMARKED_MIN = 6
const MENTIONED_MIN = 16
const ENCODED_MAX = 512
const SIGNATURE_MIN = 40
const ESCAPE = '\x1b'

/** Four characters that every long secret name has, the rarest there are. */
const NAME_PARTS =
  'assw assp assc secr oken riza ooki rede reds ssid jses pses ct.s et_s pi_k pi-k pike pi.k s_ke s-ke sske te_k te-k atek n-ke g-ke z-si g-si'.split(
    ' ',
  )

/** Names, or their ends, that are too short to look for without what follows them. */
const SHORT_NAMES = ['key', 'ass', 'pwd', 'jwt', 'otp', 'cvv', 'vv2', 'cvc', 'ssn', 'pin']
const NAME_TAILS = [
  'pi k',
  ...['ey', 'ss', 'wd', 'wt', 'tp', 'vv', 'vc', 'sn'].flatMap((end) => [`${end} =`, `${end} :`]),
]

/** `password=…`, `"api_key": "…"`, `--token …`, `Cookie: …` and their like: names that make their value a secret. */
export const ASSIGNMENT: Detector = {
  kinds: ['secret', 'cookie', 'private_key', 'bearer', 'basic'],
  triggers: [...NAME_PARTS, ...SHORT_NAMES.flatMap((name) => anyAfter(name, NAME_ENDS)), ...NAME_TAILS],
  find: findAssignment,
}

/** The signature of an Azure shared access address, which is all that it takes to use it. */
export const AZURE_SIGNATURE: Detector = {
  kinds: ['azure_key'],
  triggers: ['sig='],
  find: findAzureSignature,
}

/** Docker's `"auth": "…"` when the value decodes to a name and a password. */
export const DOCKER_AUTH: Detector = {
  kinds: ['basic'],
  triggers: ['uth"', 'uth\\', 'uth:', 'uth='],
  find: findDockerAuth,
}

/** `IDENTIFIED BY '…'`, as MySQL and Oracle set a password. */
export const IDENTIFIED_BY: Detector = {
  kinds: ['secret'],
  triggers: ['ntif'],
  find: findIdentifiedBy,
}

function findAssignment(scan: Scan, at: number): Span | undefined {
  const { text } = scan
  const name = { start: nameStart(text, at), end: skip(text, KEY_NAME, at, NAME_MAX) }
  const from = valueStart(text, name)
  if (from === undefined) return findMention(scan, name)
  const family = keyFamily(text.slice(name.start, name.end))
  if (family === undefined || (isStatement(text, name.end) && family !== 'password')) return undefined
  const value = valueAt(scan, from)
  if (family === 'authorization') return authorizationSpan(scan, value)
  if (family === 'cookie') return cookieSpan(scan, value)
  if (value.end === value.start || isHarmless(text.slice(value.start, value.end), family)) return undefined
  return { start: value.start, end: value.end, kind: family === 'private_key' ? family : 'secret' }
}

/** The name reaches back over name characters, but not into an escape such as `\n`, `%26` or a terminal colour. */
function nameStart(text: string, at: number): number {
  let start = at
  while (start > 0 && start > at - NAME_MAX && isIn(KEY_NAME, text.charCodeAt(start - 1))) start--
  const before = text.charAt(start - 1)
  if (before === '\\' && 'nrt'.includes(text.charAt(start))) return start + 1
  if (before === '%' && countOf(text, HEX, start, start + 2) === 2) return start + 2
  if (before === '[' && text.charAt(start - 2) === ESCAPE) return Math.min(text.indexOf('m', start) + 1, at)
  return start
}

function valueStart(text: string, name: { start: number; end: number }): number | undefined {
  const gap = skipGap(text, closersEnd(text, name.end))
  const separator = separatorEnd(text, gap)
  if (separator !== undefined) return insideList(text, skipGap(text, separator))
  if (text.charAt(gap) === '>' && text.charAt(name.start - 1) === '<') return gap + 1
  if (isStatement(text, name.end)) return gap
  const isOption = gap > name.end && text.startsWith('--', name.start) && text.charAt(gap) !== '-'
  return isOption ? gap : undefined
}

/** The first of the values when there is a list of them. */
const insideList = (text: string, at: number): number =>
  text.charAt(at) === '[' && `"'`.includes(text.charAt(at + 1) || ' ') ? at + 1 : at

/** `password is …` and `token "…"`, when what follows cannot be a word. */
function findMention(scan: Scan, name: { start: number; end: number }): Span | undefined {
  const { text } = scan
  const gap = skipGap(text, name.end)
  if (gap === name.end) return undefined
  const word = text.startsWith('is ', gap) || text.startsWith('was ', gap) ? text.indexOf(' ', gap) + 1 : gap
  const start = closersEnd(text, word)
  const end = skip(text, CREDENTIAL, start, NAME_MAX)
  if (end - start < MENTIONED_MIN || !isMixed(text.slice(start, end))) return undefined
  if (keyFamily(text.slice(name.start, name.end)) === undefined) return undefined
  return { start, end: runEnd(scan, VALUE, start), kind: 'secret' }
}

/** `PASSWORD '…'`, as Postgres sets one. */
const isStatement = (text: string, nameEnd: number): boolean => text.startsWith(" '", nameEnd)

function isHarmless(value: string, family: KeyFamily): boolean {
  if (isHarmlessValue(value)) return true
  if (family === 'password') return false
  return value.length < UNMARKED_MIN
}

function findAzureSignature(scan: Scan, at: number): Span | undefined {
  const { text } = scan
  const start = at + 4
  const before = text.charAt(at - 1)
  if (before !== '?' && before !== '&' && before !== ';') return undefined
  const end = runEnd(scan, VALUE, start)
  const tail = text.slice(Math.max(start, end - 3), end)
  if (end - start < SIGNATURE_MIN || !(tail.endsWith('=') || tail.toUpperCase() === '%3D')) return undefined
  return { start, end, kind: 'azure_key' }
}

function findDockerAuth(scan: Scan, at: number): Span | undefined {
  const { text } = scan
  const separator = separatorEnd(text, skipGap(text, closersEnd(text, at + 3)))
  if (separator === undefined) return undefined
  const opening = closersEnd(text, skipGap(text, separator))
  const end = runEnd(scan, BASE64, opening)
  return decodesToCredentials(text.slice(opening, Math.min(end, opening + ENCODED_MAX)))
    ? { start: opening, end, kind: 'basic' }
    : undefined
}

function findIdentifiedBy(scan: Scan, at: number): Span | undefined {
  const { text } = scan
  const phrase = 'identified by '
  const start = at - 3
  if (start < 0 || text.slice(start, start + phrase.length).toLowerCase() !== phrase) return undefined
  const value = valueAt(scan, start + phrase.length)
  if (!value.quoted || isHarmlessValue(text.slice(value.start, value.end))) return undefined
  return { start: value.start, end: value.end, kind: 'secret' }
}
