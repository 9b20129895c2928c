/** A log as applications write it. */
export interface ShipperLog {
  readonly mark: string
  readonly n: number
  readonly message: string
  readonly level: string
  readonly nested: object
  readonly stack: string
  readonly big: number
}

const LEVELS = ['debug', 'info', 'warn', 'error']

const TEXTS = [
  'plain',
  'grüße, κόσμε, 世界 🌍',
  'a "quoted" \\ path\tand\nlines',
  'null \u0000 and \u2028',
  '{"looks":"like JSON"',
]

/** Logs with what is easily spoilt: Unicode, nesting, stack traces, integers at the edge of what a double keeps. */
export const shipperLogs = (mark: string, count: number): ShipperLog[] =>
  Array.from({ length: count }, (_, n) => ({
    mark,
    n,
    message: `${TEXTS[n % TEXTS.length]} ${n}`,
    level: LEVELS[n % LEVELS.length],
    nested: { a: { b: [n, { c: null, d: [true, []] }], empty: {} }, 'dotted.name': `${n % 7}` },
    stack: `Error: boom ${n}\n    at pay (/srv/app/pay.js:${n}:7)\n    at process.processTicksAndRejections (node:internal)`,
    big: Number.MAX_SAFE_INTEGER - (n % 3),
  }))

/** How often each number was found; what is not a log of this mark counts as number −1. */
export function countsOf(found: readonly { readonly n?: unknown }[]): Map<number, number> {
  const counts = new Map<number, number>()
  for (const { n } of found) {
    const number = typeof n === 'number' ? n : -1
    counts.set(number, (counts.get(number) ?? 0) + 1)
  }
  return counts
}
