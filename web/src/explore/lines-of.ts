import type { TableAnswer } from '../api/logs'

const LINES_MAX = 8

/** The table of a timeline as lines: the largest by themselves, all others as one. */
export function linesOf(
  answer: TableAnswer,
  by: string,
  range: { readonly fromMs: number; readonly toMs: number; readonly stepMs: number },
) {
  const start = Math.floor(range.fromMs / range.stepMs) * range.stepMs
  const points = Math.max(1, Math.ceil((range.toMs - start) / range.stepMs))
  const values = new Map<string, number[]>()
  for (const row of answer.data) {
    const name = String(row[by] ?? '–')
    const line = values.get(name) ?? new Array<number>(points).fill(0)
    const at = Math.round((Date.parse(String(row.time)) - start) / range.stepMs)
    if (at >= 0 && at < points) line[at] += Number(row.count ?? row['count()'] ?? 0)
    values.set(name, line)
  }
  const sum = (line: readonly number[]): number => line.reduce((total, value) => total + value, 0)
  const sorted = [...values].sort(([, left], [, right]) => sum(right) - sum(left))
  const lines = sorted.slice(0, LINES_MAX).map(([name, line]) => ({ name, values: line }))
  const rest = sorted.slice(LINES_MAX)
  if (rest.length > 0) {
    const others = new Array<number>(points).fill(0)
    for (const [, line] of rest) for (let at = 0; at < points; at++) others[at] += line[at]
    lines.push({ name: `${rest.length} others`, values: others })
  }
  return { startMs: start, stepMs: range.stepMs, lines }
}
