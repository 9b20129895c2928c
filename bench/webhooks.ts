import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { performance } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { postOf, quantile, send, type Target } from './http-load.ts'
import { startServer } from './server.ts'
import { grouped, type Line } from './table.ts'
import { administer } from './tenants.ts'

/** Events that are sent before anything is measured, and each time. */
const EVENTS = 1000
const ROUNDS = 5

/** Logs that a rule fires for, one after the other. */
const MATCHES = 200

const WEBHOOK = 'bench'
const PATH = `/integration/webhooks/${WEBHOOK}`

/** A receiver on this machine that answers at once, and remembers when it was asked. */
interface Receiver {
  readonly url: string
  readonly times: number[]
  readonly close: () => void
}

/** What webhooks do: deliveries a second from one tenant to one receiver, and how long a match takes to arrive. */
export async function measureWebhooks(): Promise<readonly Line[]> {
  const receiver = await startReceiver()
  const { ready, stop } = await startServer({ ALLOW_LOCAL_DESTINATIONS: 'true' })
  try {
    const admin: Target = { url: ready.url, key: ready.tenant.adminKey }
    const writer: Target = { url: ready.url, key: ready.tenant.ingestKey }
    const document = { webhookId: WEBHOOK, url: receiver.url, events: ['critical_error'] }
    await administer(admin, { method: 'POST', path: '/integration/webhooks', document })
    const latencies = await matchToReceiver(writer, receiver)
    const rates = await deliveryRates(admin, receiver)
    return [latencyLine(latencies), rateLine(rates)]
  } finally {
    await stop()
    receiver.close()
  }
}

/** Milliseconds from sending a log to the moment at which the receiver has the event, one at a time. */
async function matchToReceiver(writer: Target, { times }: Receiver): Promise<readonly number[]> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  const taken: number[] = []
  for (let match = 0; match < MATCHES; match++) {
    const had = times.length
    const body = Buffer.from(JSON.stringify({ level: 'fatal', service: `bench-${match}`, message: 'out of memory' }))
    const started = performance.now()
    await send(writer, postOf(body), agent)
    await received(times, had + 1)
    taken.push(times[had] - started)
  }
  agent.destroy()
  return taken
}

/** Tests as a stock of deliveries, then all of them again and again: what waits is sent as fast as it goes. */
async function deliveryRates(admin: Target, { times }: Receiver): Promise<readonly number[]> {
  const from = new Date().toISOString()
  for (let event = 0; event < EVENTS; event++) await send(admin, { method: 'POST', path: `${PATH}/test` })
  await received(times, times.length)
  await pause(1000)
  const range = { from, to: new Date(Date.now() + 1000).toISOString(), status: 'delivered' }
  const rates: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const had = times.length
    const started = performance.now()
    await administer(admin, { method: 'POST', path: `${PATH}/redeliver`, document: range })
    await received(times, had + EVENTS)
    rates.push((EVENTS * 1000) / (times[had + EVENTS - 1] - started))
    await pause(200)
  }
  return rates
}

/** Until the receiver was asked so often; an error when it is not. */
async function received(times: readonly number[], count: number): Promise<void> {
  for (let waited = 0; times.length < count; waited++) {
    if (waited > 30_000) throw new Error(`the receiver got ${times.length} of ${count}`)
    await pause(1)
  }
}

async function startReceiver(): Promise<Receiver> {
  const times: number[] = []
  const server = http.createServer((request, response) => {
    times.push(performance.now())
    request.resume()
    request.on('end', () => response.end('ok'))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = portOf(server.address())
  const close = (): void => {
    server.close()
    server.closeAllConnections()
  }
  return { url: `http://127.0.0.1:${port}/`, times, close }
}

function portOf(address: AddressInfo | string | null): AddressInfo {
  if (address === null || typeof address === 'string') throw new Error('the receiver has no port')
  return address
}

function latencyLine(taken: readonly number[]): Line {
  const sorted = taken.toSorted((one, other) => one - other)
  const [p50, p99] = [0.5, 0.99].map((share) => quantile(sorted, share))
  return {
    measure: `webhooks: log to receiver, ${MATCHES} times`,
    result: `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`,
    must: 'p50 100 ms',
    aim: 'p50 10 ms',
    met: p50 <= 100,
  }
}

function rateLine(rates: readonly number[]): Line {
  const median = quantile(
    rates.toSorted((one, other) => one - other),
    0.5,
  )
  return {
    measure: `webhooks: deliveries of one tenant, ${EVENTS} waiting`,
    result: `${grouped(median)}/s`,
    must: '1,000/s',
    aim: '2,000/s',
    met: median >= 1000,
  }
}
