import * as z from 'zod'
import { type Client, parseAnswer } from './client'

/** Ends of a range of time, both in it, as a query's parameters have them. */
export interface Range {
  readonly from: string
  readonly to: string
}

const Histogram = z.object({
  data: z.array(z.object({ time: z.iso.datetime(), count: z.number() })),
  truncated: z.literal(false),
  meta: z.object({ partial: z.literal(false) }),
})

const ExportLine = z.union([
  z.strictObject({ _meta: z.object({ complete: z.literal(true), rows: z.number() }) }),
  z.object({ time: z.iso.datetime() }),
])

/** Counts of a bucket's records by where the bucket begins, without those that have none. */
export type Counts = ReadonlyMap<number, number>

/** What the histogram says of a range, in buckets of an hour, over all levels together. */
export async function histogramOf(reader: Client, range: Range): Promise<Counts> {
  const target = `/analytics/histogram?${new URLSearchParams({ step: '1h', by: 'level', ...range })}`
  const { data } = parseAnswer(Histogram, await reader.get(target))
  return countsOf(data.flatMap(({ time, count }) => Array.from({ length: count }, () => time)))
}

/** The same, counted from the lines of an export of that range, which must be complete. */
export async function exportedCounts(reader: Client, range: Range): Promise<Counts> {
  const { text } = await reader.get(`/logs/export?${new URLSearchParams({ fields: 'time', ...range })}`)
  const lines = text.trimEnd().split('\n')
  const read = lines.map((line) => ExportLine.parse(JSON.parse(line)))
  const times = read.flatMap((line) => ('time' in line ? [line.time] : []))
  const ending = read.at(-1)
  if (ending === undefined || !('_meta' in ending)) throw new Error('the export says nothing about its end')
  if (ending._meta.rows !== times.length) throw new Error(`the export counts ${ending._meta.rows}, not ${times.length}`)
  return countsOf(times)
}

/** How many records the buckets have together. */
export const totalOf = (counts: Counts): number => [...counts.values()].reduce((sum, count) => sum + count, 0)

const HOUR_MS = 3_600_000

function countsOf(times: readonly string[]): Counts {
  const buckets = Map.groupBy(times, (time) => Math.floor(Date.parse(time) / HOUR_MS) * HOUR_MS)
  const counts = [...buckets].map(([start, members]): [number, number] => [start, members.length])
  return new Map(counts.sort(([left], [right]) => left - right))
}
