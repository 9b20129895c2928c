import { ASSIGNMENT, AZURE_SIGNATURE, DOCKER_AUTH, IDENTIFIED_BY } from './assignments'
import { cardCandidates, findCards, isCardNumber } from './card'
import { AWS_SECRET, AZURE_CLIENT_SECRET, CLOUDFLARE, DISCORD, DISCORD_WEBHOOK, TELEGRAM, TWILIO } from './contextual'
import { BASIC, BEARER, JWT, PRIVATE_KEY } from './credentials'
import type { RedactionKind } from './kinds'
import { findPersonal, personalCandidates } from './personal'
import { type Detector, mergeSpans, type Span, scanOf } from './scan'
import { TOKEN_FORMATS } from './token-formats'
import { eachTrigger, indexTriggers, type TriggerIndex, triggerCandidates } from './triggers'
import { COMMAND_USER, DATA_SOURCE, findUrlPasswords, userInfoCandidates } from './user-info'

export { secretKeyKind } from './key-names'
export { ALL_KINDS, DEFAULT_KINDS, type RedactionKind } from './kinds'

/** Removing one secret can lay bare the edge of another; a few rounds settle that. */
const ROUNDS_MAX = 4

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
  /** The kind of a JSON number written as digits that has to go: a card number. */
  redactNumber(text: string): RedactionKind | undefined
  /** What is written in place of a secret. */
  readonly placeholder: (kind: RedactionKind) => string
}

/** A redactor for these kinds, which writes `[REDACTED:kind]` or, if `plain`, `[REDACTED]`. */
export function createRedactor(options: { kinds: ReadonlySet<RedactionKind>; plain?: boolean }): Redactor {
  const { kinds, plain } = options
  const index = indexTriggers(DETECTORS.filter((detector) => detector.kinds.some((kind) => kinds.has(kind))))
  const placeholder = (kind: RedactionKind): string => (plain === true ? '[REDACTED]' : `[REDACTED:${kind}]`)
  const candidates = (bytes: Uint8Array): number[] => candidatesOf(bytes, index, kinds)
  return {
    candidates,
    mayContain: (latin1) => candidates(Buffer.from(latin1, 'latin1')).length > 0,
    redactText: (text) => redactUntilSettled(text, (part) => findSpans(part, index, kinds), placeholder),
    redactNumber: (text) => (kinds.has('card') && /^\d{13,19}$/.test(text) && isCardNumber(text) ? 'card' : undefined),
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
