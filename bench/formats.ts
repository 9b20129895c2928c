import { FORMATS, type FormatBodies, logsOf } from './format-bodies.ts'
import { load, quantile } from './http-load.ts'
import { measureTree } from './process-tree.ts'
import { type Ready, startServer } from './server.ts'
import { grouped, type Line } from './table.ts'

const PER_BODY = 1000
const BODIES = 100
const CONNECTIONS = 4

/** What a format must reach of NDJSON's own figure. */
const SHARE_MUST = 0.6

/** The machine's speed wanders: each format is measured this often, in turn, and its best counts. */
const ROUNDS = 3

/** The third table of `npm run bench`: the same logs through each wire format, 1,000 a request. */
export async function measureFormats(): Promise<readonly Line[]> {
  const server = await startServer()
  try {
    const measured = new Map<FormatBodies, Measured>()
    // The first requests of a process pay for compiling its code.
    for (const format of FORMATS) await sendLogs(server.ready, format, BODIES / 4)
    for (let round = 0; round < ROUNDS; round++) {
      for (const format of FORMATS) {
        const now = await sendLogs(server.ready, format, BODIES)
        if (now.perSecond > (measured.get(format)?.perSecond ?? 0)) measured.set(format, now)
      }
    }
    const own = measured.get(FORMATS[0])?.perSecond ?? Number.NaN
    return Array.from(measured, ([format, result]) => lineOf(format, result, own))
  } finally {
    await server.stop()
  }
}

interface Measured {
  readonly perSecond: number
  readonly cpuSecondsPerMillion: number
  readonly p50: number
  readonly failures: number
  readonly bytesPerLog: number
}

async function sendLogs({ url, pid, tenant }: Ready, format: FormatBodies, bodies: number): Promise<Measured> {
  const startMs = Date.now() - bodies * PER_BODY * 2
  const made = Array.from({ length: bodies }, (_, index) => format.bodyOf(logsOf(PER_BODY, index, startMs)))
  const target = { url, key: tenant.ingestKey }
  const { path, contentType, status } = format
  const before = measureTree(pid).cpuSeconds
  const result = await load({ requests: bodies, connections: CONNECTIONS, status }, (index) => ({
    target,
    request: { method: 'POST', path, contentType, body: made[index] },
  }))
  const records = bodies * PER_BODY
  return {
    perSecond: records / result.seconds,
    cpuSecondsPerMillion: ((measureTree(pid).cpuSeconds - before) / records) * 1e6,
    p50: quantile(result.latencies, 0.5),
    failures: result.failures,
    bytesPerLog: made.reduce((sum, body) => sum + body.length, 0) / records,
  }
}

function lineOf({ name }: FormatBodies, result: Measured, own: number): Line {
  const { perSecond, cpuSecondsPerMillion, p50, failures, bytesPerLog } = result
  const share = perSecond / own
  const failed = failures > 0 ? `, ${failures} FAILED` : ''
  return {
    measure: `${name}, 1,000 a request`,
    result: `${grouped(perSecond)}/s (${Math.round(share * 100)} %), ${cpuSecondsPerMillion.toFixed(1)} CPU-s/M, p50 ${p50.toFixed(1)} ms, ${Math.round(bytesPerLog)} B a log${failed}`,
    must: `${SHARE_MUST * 100} % of NDJSON`,
    aim: '',
    met: share >= SHARE_MUST && failures === 0,
  }
}
