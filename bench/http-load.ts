import http from 'node:http'
import { performance } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'

export interface Target {
  readonly url: string
  /** A key or a JWT; without one, nobody asks. */
  readonly key?: string
  /** The host that is asked for, where it is not that of the address. */
  readonly host?: string
}

/** A request to the product. */
export interface Request {
  readonly method: 'GET' | 'POST' | 'PATCH'
  readonly path: string
  readonly body?: Uint8Array
  /** Of the body: NDJSON unless told. */
  readonly contentType?: string
}

export interface LoadResult {
  readonly seconds: number
  readonly requests: number
  readonly failures: number
  /** Milliseconds, sorted. */
  readonly latencies: readonly number[]
}

/** Posts the bodies in turn over some connections, each waiting for its answer. */
export function post(target: Target, bodies: readonly Uint8Array[], connections: number): Promise<LoadResult> {
  const logs = (index: number) => ({ target, request: postOf(bodies[index]) })
  return load({ requests: bodies.length, connections, status: 202 }, logs)
}

/** A POST of logs. */
export const postOf = (body: Uint8Array): Request => ({ method: 'POST', path: '/logs', body })

/** Sends requests in turn over some connections, each waiting for its answer. Another status than this one is a failure. */
export async function load(
  options: { readonly requests: number; readonly connections: number; readonly status: number },
  at: (index: number) => { readonly target: Target; readonly request: Request },
): Promise<LoadResult> {
  const { requests, connections } = options
  const agent = new http.Agent({ keepAlive: true, maxSockets: connections })
  const latencies: number[] = []
  let next = 0
  let failures = 0
  const started = performance.now()
  const work = async (): Promise<void> => {
    while (next < requests) {
      const { target, request } = at(next++)
      const before = performance.now()
      const { status } = await send(target, request, agent)
      latencies.push(performance.now() - before)
      if (status !== options.status) failures++
    }
  }
  await Promise.all(Array.from({ length: connections }, work))
  agent.destroy()
  const seconds = (performance.now() - started) / 1000
  return { seconds, requests, failures, latencies: latencies.sort((left, right) => left - right) }
}

/** What became of POSTs that were sent at their times. */
export interface PacedResult {
  readonly seconds: number
  /** How many were answered with each status; 0 are those whose connection broke. */
  readonly statuses: Readonly<Record<string, number>>
  /** Milliseconds from when each was due, in no order. */
  readonly latencies: readonly number[]
}

/** Posts the bodies again and again at fixed times, whether or not those before have been answered, as many clients do. */
export async function postPaced(
  target: Target,
  bodies: readonly Uint8Array[],
  pace: { readonly perSecond: number; readonly seconds: number },
): Promise<PacedResult> {
  const agent = new http.Agent({ keepAlive: true })
  const latencies: number[] = []
  const statuses: Record<string, number> = {}
  const started = performance.now()
  const sendDue = async (dueMs: number, body: Uint8Array): Promise<void> => {
    const { status } = await send(target, postOf(body), agent).catch(() => ({ status: 0 }))
    latencies.push(performance.now() - dueMs)
    statuses[status] = (statuses[status] ?? 0) + 1
  }
  const sent: Promise<void>[] = []
  for (let index = 0; index < pace.perSecond * pace.seconds; index++) {
    const dueMs = started + (index * 1000) / pace.perSecond
    await pause(Math.max(0, dueMs - performance.now()))
    sent.push(sendDue(dueMs, bodies[index % bodies.length]))
  }
  await Promise.all(sent)
  agent.destroy()
  return { seconds: (performance.now() - started) / 1000, statuses, latencies }
}

/** What a request is answered. */
interface Reply {
  readonly status: number
  readonly text: string
}

/** One request, its whole answer as text. */
export async function send(target: Target, request: Request, agent?: http.Agent): Promise<Reply> {
  const first = await sendOnce(target, request, agent)
  return first ?? (await sendOnce(target, request, agent)) ?? Promise.reject(new Error('two connections were closed'))
}

/** Undefined when the connection had been used before and the server, as it may, has closed it just then. */
function sendOnce(
  target: Target,
  { method, path, body, contentType = 'application/x-ndjson' }: Request,
  agent: http.Agent | undefined,
): Promise<Reply | undefined> {
  const { hostname, port } = new URL(target.url)
  const headers: http.OutgoingHttpHeaders = {
    ...(target.key !== undefined && { authorization: `Bearer ${target.key}` }),
    ...(target.host !== undefined && { host: `${target.host}:${port}` }),
    ...(body && { 'content-type': contentType, 'content-length': body.length }),
  }
  return new Promise((resolve, reject) => {
    const outgoing = http.request({ hostname, port, method, path, headers, agent }, (incoming) => {
      const chunks: Buffer[] = []
      incoming.on('error', reject)
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
      incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, text: Buffer.concat(chunks).toString() }))
    })
    outgoing.on('error', (error) => (outgoing.reusedSocket ? resolve(undefined) : reject(error)))
    outgoing.end(body)
  })
}

/** The value below which a share of sorted numbers lies. */
export const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
