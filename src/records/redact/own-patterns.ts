import { REDACTION_SPAN_BYTES_MAX } from '../../limits/limits'
import type { ByteSpan, Regex } from '../../query/regex/regex'

/** A pattern of a tenant's own, compiled. */
export interface OwnPattern {
  readonly name: string
  readonly regex: Regex
}

/** UTF-8 never contains it: it stands between cells. */
const BETWEEN_CELLS = 0xff

/** Adds where the cells begin in which one of the patterns matches. */
export function ownCandidates(bytes: Uint8Array, patterns: readonly OwnPattern[], found: number[]): void {
  for (const { regex } of patterns) {
    for (let from = 0; from < bytes.length; ) {
      const next = bytes.indexOf(BETWEEN_CELLS, from)
      const to = next < 0 ? bytes.length : next
      if (regex.test(bytes, from, to)) found.push(from)
      from = to + 1
    }
  }
}

/** The first of the patterns that matches anywhere in a text. */
export function ownMatch(text: string, patterns: readonly OwnPattern[]): OwnPattern | undefined {
  if (patterns.length === 0) return undefined
  const bytes = encoder.encode(text)
  return patterns.find(({ regex }) => regex.test(bytes, 0, bytes.length))
}

/** The text with everything that one of the patterns matches replaced, or undefined when none does. */
export function redactOwn(
  text: string,
  patterns: readonly OwnPattern[],
  placeholder: (name: string) => string,
): string | undefined {
  const bytes = encoder.encode(text)
  const found = patterns.flatMap(({ name, regex }) => {
    if (!regex.test(bytes, 0, bytes.length)) return []
    const spans = bytes.length > REDACTION_SPAN_BYTES_MAX ? [{ from: 0, to: bytes.length }] : regex.spans(bytes)
    return spans.map((span) => ({ ...span, name }))
  })
  if (found.length === 0) return undefined
  let written = ''
  let from = 0
  for (const span of merged(found)) {
    written += decoder.decode(bytes.subarray(from, span.from)) + placeholder(span.name)
    from = span.to
  }
  return written + decoder.decode(bytes.subarray(from))
}

interface NamedSpan extends ByteSpan {
  readonly name: string
}

/** Overlapping spans as one, named after the first. */
function merged(spans: readonly NamedSpan[]): NamedSpan[] {
  const sorted = spans.toSorted((left, right) => left.from - right.from || right.to - left.to)
  const kept: NamedSpan[] = []
  for (const span of sorted) {
    const last = kept.at(-1)
    if (last === undefined || span.from >= last.to) kept.push(span)
    else if (span.to > last.to) kept.splice(-1, 1, { ...last, to: span.to })
  }
  return kept
}

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true })
