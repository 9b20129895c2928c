import { isIn } from './characters'
import type { RedactionKind } from './kinds'

/** A part of a text that has to go. */
export interface Span {
  readonly start: number
  readonly end: number
  readonly kind: RedactionKind
}

interface Run {
  readonly start: number
  readonly end: number
}

/** One text and the longest runs already measured in it, which keep overlapping look-ups linear. */
export interface Scan {
  readonly text: string
  readonly runs: Map<number, Run>
}

/** Recognises one family of secrets. `find` is told where one of the four-character triggers stands. */
export interface Detector {
  readonly kinds: readonly RedactionKind[]
  readonly triggers: readonly string[]
  find(scan: Scan, at: number): Span | undefined
}

/** A text that nothing is known of yet. */
export const scanOf = (text: string): Scan => ({ text, runs: new Map() })

/** Where the run of characters of these classes that begins at `from` ends. Asking inside a known run costs nothing. */
export function runEnd(scan: Scan, mask: number, from: number): number {
  const known = scan.runs.get(mask) ?? { start: -1, end: -1 }
  if (from >= known.start && from < known.end) return known.end
  let at = from
  while (isIn(mask, scan.text.charCodeAt(at))) {
    at++
    if (at === known.start && known.end > at) at = known.end
  }
  scan.runs.set(mask, { start: from, end: at })
  return at
}

/** The first place from `from` on where the character is not of the class, at most `limit` characters on. */
export function skip(text: string, mask: number, from: number, limit: number): number {
  let at = from
  while (at < from + limit && isIn(mask, text.charCodeAt(at))) at++
  return at
}

/** Overlapping and touching spans as one, named after the first. */
export function mergeSpans(spans: readonly Span[]): Span[] {
  const sorted = spans.toSorted((left, right) => left.start - right.start || right.end - left.end)
  const merged: Span[] = []
  for (const span of sorted) {
    const last = merged.at(-1)
    if (last === undefined || span.start >= last.end) merged.push(span)
    else if (span.end > last.end) merged.splice(-1, 1, { ...last, end: span.end })
  }
  return merged
}
