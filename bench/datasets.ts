import { randomIntegers, sampleLogs } from '../test/support/sample-logs.ts'

/** Bodies of NDJSON, and the lines in them. */
export interface Dataset {
  readonly name: string
  readonly records: number
  readonly bodies: readonly Buffer[]
}

const HOUR_MS = 3_600_000

/** What sampleLogs lets pass between two logs on average. */
const MEAN_STEP_MS = 2

/** Distinct logs of about 227 bytes, in the order of time: what the tables of other engines are made with. */
export function requestLogs(options: {
  readonly records: number
  readonly perBody: number
  readonly seed: number
  /** How many logs will come after these: their times end as much earlier. */
  readonly newerRecords?: number
}): Dataset {
  const { records, perBody, seed, newerRecords = 0 } = options
  const startMs = Date.now() - (newerRecords + records) * MEAN_STEP_MS
  return toDataset('requests', options, (count, part) =>
    sampleLogs({ count, seed: seed + part, startMs: startMs + part * perBody * MEAN_STEP_MS }),
  )
}

/** Logs of about 1 kB with 40 fields. */
export const wideLogs = (options: {
  readonly records: number
  readonly perBody: number
  readonly seed: number
}): Dataset =>
  toDataset('wide', options, (count, part) => {
    const next = randomIntegers(options.seed + part)
    return Array.from({ length: count }, () => {
      const fields = Array.from({ length: 36 }, (_, index): [string, unknown] => [
        `field_${index}`,
        index % 3 === 0 ? next(1_000_000) : index % 3 === 1 ? `value ${next(500)}` : index % 2 === 0,
      ])
      const base = {
        timestamp: new Date(Date.now() - next(HOUR_MS)).toISOString(),
        level: 'info',
        service: 'wide',
        message: `wide event ${next(1e9)} of a long record`,
      }
      return JSON.stringify({ ...base, ...Object.fromEntries(fields) })
    })
  })

/** Logs of 50 shapes with escapes, nesting and missing fields, so that no one shape is what is fast. */
export const mixedLogs = (options: {
  readonly records: number
  readonly perBody: number
  readonly seed: number
}): Dataset =>
  toDataset('mixed', options, (count, part) => {
    const next = randomIntegers(options.seed + part)
    return Array.from({ length: count }, () => {
      const shape = next(50)
      const record: Record<string, unknown> = {
        ts: Date.now() - next(HOUR_MS),
        level: shape % 2 ? 'INFO' : 'warn',
        msg: `shape ${shape}: "quoted" path C:\\dir\\${next(1000)}\nline two`,
      }
      if (shape % 3 === 0) record.service = `service-${shape % 7}`
      if (shape % 4 === 0) record.user = { id: next(1e6), name: `Zoë ${next(100)}`, tags: ['a', shape, null] }
      if (shape % 5 === 0) record.http = { method: 'GET', status: 200 + next(300), path: `/api/${next(100)}/items` }
      for (let extra = 0; extra < shape % 8; extra++)
        record[`extra_${shape}_${extra}`] = extra % 2 ? next(1e6) / 8 : `text ${next(1e4)}`
      return JSON.stringify(record)
    })
  })

function toDataset(
  name: string,
  { records, perBody }: { readonly records: number; readonly perBody: number },
  lines: (count: number, part: number) => string[],
): Dataset {
  const parts = Math.ceil(records / perBody)
  const bodies = Array.from({ length: parts }, (_, part) =>
    Buffer.from(lines(Math.min(perBody, records - part * perBody), part).join('\n')),
  )
  return { name, records, bodies }
}
