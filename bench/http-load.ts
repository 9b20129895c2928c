import http from 'node:http'
import { performance } from 'node:perf_hooks'

export interface Target {
  readonly url: string
  readonly key: string
}

export interface LoadResult {
  readonly seconds: number
  readonly requests: number
  readonly failures: number
  /** Milliseconds, sorted. */
  readonly latencies: readonly number[]
}

/** Posts the bodies in turn over some connections, each waiting for its answer. */
export async function post(target: Target, bodies: readonly Buffer[], connections: number): Promise<LoadResult> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: connections })
  const latencies: number[] = []
  let next = 0
  let failures = 0
  const started = performance.now()
  const work = async (): Promise<void> => {
    while (next < bodies.length) {
      const body = bodies[next++]
      const before = performance.now()
      const { status } = await send(target, { method: 'POST', path: '/logs', body, agent })
      latencies.push(performance.now() - before)
      if (status !== 202) failures++
    }
  }
  await Promise.all(Array.from({ length: connections }, work))
  agent.destroy()
  const seconds = (performance.now() - started) / 1000
  return { seconds, requests: bodies.length, failures, latencies: latencies.sort((left, right) => left - right) }
}

/** One request, its whole answer as text. */
export function send(
  target: Target,
  request: {
    readonly method: 'GET' | 'POST'
    readonly path: string
    readonly body?: Buffer
    readonly agent?: http.Agent
  },
): Promise<{ readonly status: number; readonly text: string }> {
  const { hostname, port } = new URL(target.url)
  const { method, path, body, agent } = request
  const headers: http.OutgoingHttpHeaders = { authorization: `Bearer ${target.key}` }
  if (body) Object.assign(headers, { 'content-type': 'application/x-ndjson', 'content-length': body.length })
  return new Promise((resolve, reject) => {
    const outgoing = http.request({ hostname, port, method, path, headers, agent }, (incoming) => {
      const chunks: Buffer[] = []
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
      incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, text: Buffer.concat(chunks).toString() }))
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

/** The value below which a share of sorted numbers lies. */
export const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
