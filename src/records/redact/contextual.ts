import {
  ALNUM,
  BASE64,
  BASE64_URL,
  beginsToken,
  countOf,
  DIGIT,
  DOTTED,
  HEX,
  isIn,
  isMixed,
  KEY_NAME,
  UPPER,
  WORD,
} from './characters'
import type { RedactionKind } from './kinds'
import { type Detector, runEnd, type Scan, type Span, skip } from './scan'
import { anyAfter, tokenCharacterAfter } from './triggers'

const CONTEXT_MAX = 120
const AZURE_SECRET_MIN = 31
const AZURE_SECRET_MAX = 34
const AZURE_SECRET_LEAD = 3
const TELEGRAM_ID_MAX = 16
const TELEGRAM_ID_MIN = 6
const TELEGRAM_BODY_MIN = 33
const TELEGRAM_BODY_MAX = 37
const DISCORD_PART_MIN = 22

/** Twilio keys are plain hex, so they are looked for only close after the vendor's name. */
export const TWILIO: Detector = {
  kinds: ['twilio_key'],
  triggers: ['twil'],
  find: (scan, at) => findNearby(scan, at, 'twilio', HEX | UPPER, isTwilioKey, 'twilio_key'),
}

/** The secret half of an AWS key has no mark, so it is looked for close after the half that has one. */
export const AWS_SECRET: Detector = {
  kinds: ['aws_key'],
  triggers: ['akia', 'asia'],
  find: (scan, at) => findNearby(scan, at, scan.text.slice(at, at + 4).toLowerCase(), BASE64, isAwsSecret, 'aws_key'),
}

/** Older Cloudflare tokens are forty characters without a mark, so they too need the name. */
export const CLOUDFLARE: Detector = {
  kinds: ['cloudflare_key'],
  triggers: ['dfla'],
  find: (scan, at) => findNearby(scan, at - 4, 'cloudflare', BASE64_URL, isCloudflareKey, 'cloudflare_key'),
}

/** Discord tokens have three parts of base64url of which the first is a number, and need the name. */
export const DISCORD: Detector = {
  kinds: ['discord_token'],
  triggers: ['scor'],
  find: (scan, at) => findNearby(scan, at - 2, 'discord', DOTTED, isDiscordToken, 'discord_token'),
}

/** A Discord webhook address: whoever knows it may post. */
export const DISCORD_WEBHOOK: Detector = {
  kinds: ['discord_token'],
  triggers: ['webh'],
  find: findDiscordWebhook,
}

/** A Telegram bot token: the bot's number, a colon, and `AA…`. */
export const TELEGRAM: Detector = {
  kinds: ['telegram_token'],
  triggers: [...'0123456789'].map((digit) => `${digit}:aa`),
  find: findTelegramToken,
}

/** A client secret of Microsoft Entra, which has `8Q~` in its fourth place. */
export const AZURE_CLIENT_SECRET: Detector = {
  kinds: ['azure_key'],
  triggers: [
    ...tokenCharacterAfter('7q~'),
    ...tokenCharacterAfter('8q~'),
    ...anyAfter('7q~', '~.'),
    ...anyAfter('8q~', '~.'),
  ],
  find: findAzureSecret,
}

function findNearby(
  scan: Scan,
  start: number,
  name: string,
  body: number,
  accepts: (token: string) => boolean,
  kind: RedactionKind,
): Span | undefined {
  const { text } = scan
  if (start < 0 || text.slice(start, start + name.length).toLowerCase() !== name) return undefined
  const limit = start + name.length + CONTEXT_MAX
  for (let at = start + name.length; at < limit && at < text.length; at++) {
    if (text.charAt(at) === '[' && text.startsWith('[REDACTED', at)) return undefined
    if (!isIn(body, text.charCodeAt(at)) || isIn(KEY_NAME, text.charCodeAt(at - 1))) continue
    const end = skip(text, body, at, CONTEXT_MAX)
    if (!isIn(WORD, text.charCodeAt(end)) && accepts(text.slice(at, end))) return { start: at, end, kind }
    at = end
  }
  return undefined
}

function isTwilioKey(token: string): boolean {
  const key = token.startsWith('SK') ? token.slice(2) : token
  return key.length === 32 && countOf(key, HEX, 0, key.length) === 32 && countOf(key, UPPER, 0, key.length) === 0
}

const isAwsSecret = (token: string): boolean => token.length === 40 && isMixed(token)

function isCloudflareKey(token: string): boolean {
  if (token.length === 37) return countOf(token, HEX, 0, token.length) === 37
  return token.length === 40 && isMixed(token)
}

function isDiscordToken(token: string): boolean {
  const parts = token.split('.')
  if (parts.length !== 3 || !'MNO'.includes(token.charAt(0))) return false
  const [id, time, signature] = parts
  return id.length >= DISCORD_PART_MIN && time.length >= 6 && time.length <= 7 && signature.length >= DISCORD_PART_MIN
}

function findDiscordWebhook(scan: Scan, at: number): Span | undefined {
  const { text } = scan
  if (!text.startsWith('webhooks/', at)) return undefined
  const host = text.slice(Math.max(at - 32, 0), at)
  if (!/discord(?:app)?\.com\/api\//.test(host)) return undefined
  const number = at + 'webhooks/'.length
  const slash = skip(text, DIGIT, number, CONTEXT_MAX)
  if (slash === number || text.charAt(slash) !== '/') return undefined
  const end = runEnd(scan, BASE64_URL, slash + 1)
  return end - slash > DISCORD_PART_MIN ? { start: slash + 1, end, kind: 'discord_token' } : undefined
}

function findTelegramToken(scan: Scan, at: number): Span | undefined {
  const { text } = scan
  const colon = at + 1
  if (!text.startsWith(':AA', colon)) return undefined
  let start = at
  while (start > colon - TELEGRAM_ID_MAX && isIn(DIGIT, text.charCodeAt(start - 1))) start--
  const isNamed = text.slice(Math.max(start - 3, 0), start) === 'bot'
  if (colon - start < TELEGRAM_ID_MIN || !(isNamed || beginsToken(text, start))) return undefined
  const end = runEnd(scan, BASE64_URL, colon + 1)
  const length = end - colon - 1
  if (length < TELEGRAM_BODY_MIN || length > TELEGRAM_BODY_MAX) return undefined
  return { start, end, kind: 'telegram_token' }
}

function findAzureSecret(scan: Scan, at: number): Span | undefined {
  const { text } = scan
  const start = at - AZURE_SECRET_LEAD
  if (start < 0 || !text.startsWith('Q~', at + 1) || !beginsToken(text, start)) return undefined
  if (countOf(text, ALNUM | DOTTED, start, at) < AZURE_SECRET_LEAD) return undefined
  const end = runEnd(scan, DOTTED, at + 3)
  const length = end - at - 3
  if (length < AZURE_SECRET_MIN || length > AZURE_SECRET_MAX + 1) return undefined
  return { start, end, kind: 'azure_key' }
}
