import { ASSIGNMENT, AZURE_SIGNATURE, DOCKER_AUTH, IDENTIFIED_BY } from './assignments'
import { cardCandidates, findCards, isCardNumber } from './card'
import { AWS_SECRET, AZURE_CLIENT_SECRET, CLOUDFLARE, DISCORD, DISCORD_WEBHOOK, TELEGRAM, TWILIO } from './contextual'
import { BASIC, BEARER, JWT, PRIVATE_KEY } from './credentials'
import { secretKeyKind } from './key-names'
import type { RedactionKind } from './kinds'
import { type OwnPattern, ownCandidates, ownMatch, redactOwn } from './own-patterns'
import { findPersonal, personalCandidates } from './personal'
import { type Detector, mergeSpans, type Span, scanOf } from './scan'
import { TOKEN_FORMATS } from './token-formats'
import { eachTrigger, indexTriggers, type TriggerIndex, triggerCandidates } from './triggers'
import { COMMAND_USER, DATA_SOURCE, findUrlPasswords, userInfoCandidates } from './user-info'

export { secretKeyKind } from './key-names'
export { ALL_KINDS, DEFAULT_KINDS, type RedactionKind } from './kinds'

/** Removing one secret can lay bare the edge of another; a few rounds settle that. */
const ROUNDS_MAX = 4

/** The shortest number that can be a card's. */
const CARD_DIGITS_MIN = 13

const DETECTORS: readonly Detector[] = [
  PRIVATE_KEY,
  JWT,
  BEARER,
  BASIC,
  ...TOKEN_FORMATS,
  AWS_SECRET,
  TELEGRAM,
  TWILIO,
  CLOUDFLARE,
  DISCORD,
  DISCORD_WEBHOOK,
  AZURE_CLIENT_SECRET,
  AZURE_SIGNATURE,
  DOCKER_AUTH,
  IDENTIFIED_BY,
  COMMAND_USER,
  DATA_SOURCE,
  ASSIGNMENT,
]

/** A compiled choice of kinds. It holds no state between calls. */
export interface Redactor {
  /**
   * Byte offsets in UTF-8 text where a secret may begin, be named or end, in no order. A cell without one cannot
   * change. Many cells are looked at in one call when a byte 0xFF, which UTF-8 never contains, stands between them.
   */
  candidates(bytes: Uint8Array): number[]
  /** Whether `candidates` would find any, for the same bytes as a string of one character each. */
  mayContain(latin1: string): boolean
  /** The text with every secret replaced, or undefined when there is none. */
  redactText(text: string): string | undefined
  /** The kind of a JSON number that has to go: a card number, or what a pattern of the tenant's own matches. */
  redactNumber(text: string): string | undefined
  /** Numbers with fewer characters need not be asked about. */
  readonly numberCharactersMin: number
  /** The kind of what stands under a member of this name, if that is a secret and of a kind that goes. */
  keyKind(name: string): RedactionKind | undefined
  /** What is written in place of a secret. */
  readonly placeholder: (kind: string) => string
}

/** What a redactor takes out. */
export interface RedactorOptions {
  readonly kinds: ReadonlySet<RedactionKind>
  /** `[REDACTED]` instead of `[REDACTED:kind]`. */
  readonly plain?: boolean
  /** What a tenant takes out beside the kinds. */
  readonly patterns?: readonly OwnPattern[]
}

/** A redactor for these kinds, which writes `[REDACTED:kind]` or, if `plain`, `[REDACTED]`. */
export function createRedactor({ kinds, plain, patterns = [] }: RedactorOptions): Redactor {
  const index = indexTriggers(DETECTORS.filter((detector) => detector.kinds.some((kind) => kinds.has(kind))))
  const placeholder = (kind: string): string => (plain === true ? '[REDACTED]' : `[REDACTED:${kind}]`)
  const candidates = (bytes: Uint8Array): number[] => {
    const found = candidatesOf(bytes, index, kinds)
    ownCandidates(bytes, patterns, found)
    return found
  }
  const redactKinds = (text: string): string | undefined =>
    redactUntilSettled(text, (part) => findSpans(part, index, kinds), placeholder)
  const cardKind = (text: string): 'card' | undefined =>
    kinds.has('card') && /^\d{13,19}$/.test(text) && isCardNumber(text) ? 'card' : undefined
  return {
    candidates,
    mayContain: (latin1) => candidates(Buffer.from(latin1, 'latin1')).length > 0,
    redactText: (text) => {
      if (patterns.length === 0) return redactKinds(text)
      // The tenant's own come first: they see the text as it was sent, and no placeholder in it.
      const own = redactOwn(text, patterns, placeholder)
      return redactKinds(own ?? text) ?? own
    },
    redactNumber: (text) => cardKind(text) ?? ownMatch(text, patterns)?.name,
    numberCharactersMin: patterns.length === 0 ? CARD_DIGITS_MIN : 1,
    keyKind: (name) => {
      const kind = secretKeyKind(name)
      return kind !== undefined && kinds.has(kind) ? kind : undefined
    },
    placeholder,
  }
}

function candidatesOf(bytes: Uint8Array, index: TriggerIndex, kinds: ReadonlySet<RedactionKind>): number[] {
  const found: number[] = []
  triggerCandidates(index, bytes, found)
  if (kinds.has('card')) cardCandidates(bytes, found)
  if (kinds.has('url_password')) userInfoCandidates(bytes, found)
  personalCandidates(bytes, kinds, found)
  return found
}

function findSpans(text: string, index: TriggerIndex, kinds: ReadonlySet<RedactionKind>): Span[] {
  const scan = scanOf(text)
  const spans: Span[] = []
  eachTrigger(index, text, (at, detectors) => {
    for (const detector of detectors) {
      const span = detector.find(scan, at)
      if (span !== undefined && kinds.has(span.kind)) spans.push(span)
    }
  })
  const urlPasswords = kinds.has('url_password') ? findUrlPasswords(scan) : []
  const cards = kinds.has('card') ? findCards(text) : []
  return mergeSpans(spans.concat(urlPasswords, cards, findPersonal(text, kinds)))
}

function redactUntilSettled(
  text: string,
  find: (text: string) => readonly Span[],
  placeholder: (kind: RedactionKind) => string,
): string | undefined {
  let redacted: string | undefined
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const current = redacted ?? text
    const spans = find(current)
    if (spans.length === 0) break
    redacted = replaceSpans(current, spans, placeholder)
  }
  return redacted
}

function replaceSpans(text: string, spans: readonly Span[], placeholder: (kind: RedactionKind) => string): string {
  let written = ''
  let from = 0
  for (const span of spans) {
    written += text.slice(from, span.start) + placeholder(span.kind)
    from = span.end
  }
  return written + text.slice(from)
}
