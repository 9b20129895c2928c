const MS_PER_UNIT: ReadonlyMap<string, number> = new Map([
  ['ns', 1e-6],
  ['us', 1e-3],
  ['µs', 1e-3],
  ['μs', 1e-3],
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
  ['w', 604_800_000],
])

const BYTES_PER_UNIT: ReadonlyMap<string, number> = new Map([
  ['b', 1],
  ['kb', 1e3],
  ['mb', 1e6],
  ['gb', 1e9],
  ['kib', 2 ** 10],
  ['mib', 2 ** 20],
  ['gib', 2 ** 30],
])

const NUMBER = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i
const PARTS = /^([-+]?)((?:(?:\d+\.?\d*|\.\d+)[a-zµμ]+)+)$/i

/**
 * A number as people type it, with or without a unit: durations in milliseconds, sizes in bytes, `%` as it stands.
 * Undefined when the text is not a number.
 */
export function parseQuantity(text: string): number | undefined {
  const plain = text.endsWith('%') ? text.slice(0, -1) : text
  if (NUMBER.test(plain)) return finite(Number(plain))
  return sumOfParts(text, MS_PER_UNIT) ?? sumOfParts(text, BYTES_PER_UNIT)
}

/** A duration with its unit, such as `1h30m`, in milliseconds. A number without a unit is none. */
export const parseDuration = (text: string): number | undefined => sumOfParts(text, MS_PER_UNIT)

/** A whole number of milliseconds in the largest unit that divides it: 300000 is `5m`. */
export function formatDuration(durationMs: number): string {
  const unit = (['d', 'h', 'm', 's'] as const).find((name) => durationMs % (MS_PER_UNIT.get(name) ?? 1) === 0)
  return `${durationMs / (MS_PER_UNIT.get(unit ?? 'ms') ?? 1)}${unit ?? 'ms'}`
}

function sumOfParts(text: string, scales: ReadonlyMap<string, number>): number | undefined {
  const [, sign, parts] = PARTS.exec(text) ?? []
  if (parts === undefined) return undefined
  let sum = 0
  for (const [, number, unit] of parts.matchAll(/([\d.]+)([a-zµμ]+)/gi)) {
    const scale = scales.get(unit.toLowerCase())
    if (scale === undefined) return undefined
    sum += Number(number) * scale
  }
  return finite(sign === '-' ? -sum : sum)
}

const finite = (value: number): number | undefined => (Number.isFinite(value) ? value : undefined)
