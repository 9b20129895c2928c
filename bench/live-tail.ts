import path from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { requestLogs } from './datasets.ts'
import { type PacedResult, post, postPaced, quantile, send, type Target } from './http-load.ts'
import type { Noise } from './noisy-neighbour.ts'
import { type Ready, startServer } from './server.ts'
import { grouped, type Line } from './table.ts'
import { administer, makeTenants } from './tenants.ts'

const VIEWERS = 200

/** Logs of a round of ingest, of which some have one viewer and some many. */
const INGEST_RECORDS = 150_000

/** A tenant as this bench uses it. */
interface Watched {
  readonly writer: Target
  readonly reader: Target
}

/** The table of `npm run bench -- --live`: how soon a log is seen, how many are, and what it costs those who send. */
export async function measureLive(): Promise<readonly Line[]> {
  const server = await startServer()
  try {
    const watched = await makeWatched(server.ready)
    // The first requests of a process pay for compiling its code.
    await post(watched.writer, requestLogs({ records: 100_000, perBody: 1000, seed: 1 }).bodies, 4)
    return [
      await measureIdle(watched),
      await measureBusy(watched),
      await measureFast(watched),
      await measureMany(watched),
      await measureIngest(watched),
    ]
  } finally {
    await server.stop()
  }
}

async function makeWatched(ready: Ready): Promise<Watched> {
  const name = 'bench-live'
  const [writer] = await makeTenants(ready, [name], 'custom')
  const made = await administer(
    { url: ready.url, key: ready.operatorKey },
    { method: 'POST', path: `/admin/tenants/${name}/keys`, document: { kind: 'rd' } },
  )
  const { key }: { key: string } = JSON.parse(JSON.stringify(made))
  return { writer, reader: { url: ready.url, key } }
}

/** A client that acknowledges what it gets, and looks at no more of it than it must. */
class Viewer {
  rows = 0
  gaps = 0
  /** Milliseconds from when a marked log was sent, for each that came. */
  readonly latencies: number[] = []
  readonly #socket: WebSocket

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.addEventListener('message', ({ data }) => this.#take(String(data)))
  }

  static async open({ url, key }: Target, q: string): Promise<Viewer> {
    const address = `${url.replace(/^http/, 'ws')}/logs/tail?${new URLSearchParams({ q })}`
    // Node's WebSocket takes headers, of which its types know nothing.
    const options = { protocols: ['sluice.tail.v1'], headers: { authorization: `Bearer ${key}` } }
    const viewer = new Viewer(Reflect.construct(WebSocket, [address, options]))
    await new Promise((resolve, reject) => {
      viewer.#socket.addEventListener('message', resolve, { once: true })
      viewer.#socket.addEventListener('error', () => reject(new Error('a tail was refused')), { once: true })
    })
    return viewer
  }

  static openMany(target: Target, q: string, count: number): Promise<Viewer[]> {
    return Promise.all(Array.from({ length: count }, () => Viewer.open(target, q)))
  }

  close(): void {
    this.#socket.close()
  }

  #take(frame: string): void {
    if (frame.startsWith('{"t":"gap"')) this.gaps++
    const [, cursor] = /^\{"t":"rows","sub":\d+,"cursor":"([^"]+)"/.exec(frame) ?? []
    if (cursor === undefined) return
    const nowMs = performance.now()
    for (const [, sentMs] of frame.matchAll(/"message":"sent at ([\d.]+) /g))
      this.latencies.push(nowMs - Number(sentMs))
    this.rows += frame.split('{"id":"log_').length - 1
    this.#socket.send(`{"t":"ack","cursor":"${cursor}"}`)
  }
}

/** A log that says when it was sent. */
const marked = (): Buffer => Buffer.from(`{"message":"sent at ${performance.now()} by the bench","service":"probe"}`)

const sendMarked = (writer: Target) => send(writer, { method: 'POST', path: '/logs', body: marked() })

const sorted = (numbers: readonly number[]): number[] => numbers.toSorted((left, right) => left - right)

const inMs = (latencies: readonly number[]): string =>
  `p50 ${quantile(latencies, 0.5).toFixed(1)} p99 ${quantile(latencies, 0.99).toFixed(1)} ms`

/** From sending a log to seeing it, with nothing else going on. */
async function measureIdle({ writer, reader }: Watched): Promise<Line> {
  const viewer = await Viewer.open(reader, 'service:probe')
  const answered: number[] = []
  for (let count = 0; count < 220; count++) {
    const before = performance.now()
    await sendMarked(writer)
    answered.push(performance.now() - before)
    await pause(10)
  }
  await pause(200)
  viewer.close()
  // The first ones load the code.
  const latencies = sorted(viewer.latencies.slice(20))
  const met = quantile(latencies, 0.5) <= 5 && quantile(latencies, 0.99) <= 50 && viewer.rows === 220
  const result = `${inMs(latencies)} (the POST itself ${inMs(sorted(answered.slice(20)))})`
  return { measure: 'POST to WebSocket, idle', result, must: '5 / 50 ms', aim: '', met }
}

/** The same while a thread sends 50 POSTs of 1,000 logs a second. */
async function measureBusy({ writer, reader }: Watched): Promise<Line> {
  const workerData: Noise = {
    target: writer,
    bodies: requestLogs({ records: 50_000, perBody: 1000, seed: 77 }).bodies,
  }
  const thread = new Worker(path.join(import.meta.dirname, 'noise.ts'), { workerData })
  const flowing = new Promise<PacedResult>((resolve) => thread.once('message', resolve))
  const viewer = await Viewer.open(reader, 'service:probe')
  thread.postMessage({ perSecond: 50, seconds: 6 })
  await pause(500)
  for (let count = 0; count < 100; count++) {
    void sendMarked(writer)
    await pause(50)
  }
  const flow = await flowing
  const { statuses, seconds } = flow
  await pause(500)
  viewer.close()
  await thread.terminate()
  const latencies = sorted(viewer.latencies)
  const rate = grouped(((statuses[202] ?? 0) * 1000) / seconds)
  return {
    measure: 'POST to WebSocket while 50,000 logs/s flow',
    result: `${inMs(latencies)} at ${rate}/s (their POSTs ${inMs(sorted(flow.latencies))})`,
    must: 'p99 250 ms',
    aim: '',
    met: quantile(latencies, 0.99) <= 250 && viewer.rows === 100,
  }
}

/** 2,000 records a second, all of which match. */
async function measureFast({ writer, reader }: Watched): Promise<Line> {
  const viewer = await Viewer.open(reader, '')
  const { bodies } = requestLogs({ records: 2000, perBody: 100, seed: 5 })
  const { statuses } = await postPaced(writer, bodies, { perSecond: 20, seconds: 6 })
  const sent = (statuses[202] ?? 0) * 100
  for (let waited = 0; viewer.rows < sent && waited < 5000; waited += 50) await pause(50)
  viewer.close()
  return {
    measure: '2,000 rows/s to one viewer',
    result: `${grouped(viewer.rows)} of ${grouped(sent)} rows, ${viewer.gaps} gaps`,
    must: 'all, no gap',
    aim: '',
    met: viewer.rows === sent && viewer.gaps === 0,
  }
}

/** 50 POSTs of one log a second, which everybody sees. */
async function measureMany({ writer, reader }: Watched): Promise<Line> {
  const viewers = await Viewer.openMany(reader, 'service:probe', VIEWERS)
  const sent = 250
  const started = performance.now()
  for (let count = 0; count < sent; count++) {
    await pause(Math.max(0, started + count * 20 - performance.now()))
    void sendMarked(writer)
  }
  const allRows = () => viewers.reduce((sum, { rows }) => sum + rows, 0)
  for (let waited = 0; allRows() < sent * VIEWERS && waited < 5000; waited += 50) await pause(50)
  for (const viewer of viewers) viewer.close()
  const gaps = viewers.reduce((sum, viewer) => sum + viewer.gaps, 0)
  const latencies = sorted(viewers.flatMap((viewer) => viewer.latencies))
  return {
    measure: `${VIEWERS} viewers at 50 rows/s`,
    result: `${grouped(allRows())} of ${grouped(sent * VIEWERS)} rows, ${gaps} gaps, ${inMs(latencies)}`,
    must: 'all, no gap',
    aim: '',
    met: allRows() === sent * VIEWERS && gaps === 0,
  }
}

/** Whether who sends notices how many watch. Rounds take turns, so that whatever else goes on in the machine is in both. */
async function measureIngest({ writer, reader }: Watched): Promise<Line> {
  const rates = new Map<number, number[]>()
  let gaps = 0
  for (let round = 0; round < 6; round++) {
    const count = round % 2 === 0 ? 1 : VIEWERS
    const { bodies } = requestLogs({ records: INGEST_RECORDS, perBody: 1000, seed: 9000 + round })
    const viewers = await Viewer.openMany(reader, '', count)
    const { seconds, failures } = await post(writer, bodies, 4)
    if (failures > 0) throw new Error(`${failures} POSTs failed`)
    rates.set(count, [...(rates.get(count) ?? []), INGEST_RECORDS / seconds])
    await pause(300)
    gaps += viewers.reduce((sum, viewer) => sum + viewer.gaps, 0)
    for (const viewer of viewers) viewer.close()
    await pause(300)
  }
  const [one, many] = [1, VIEWERS].map((count) => quantile(sorted(rates.get(count) ?? []), 0.5))
  return {
    measure: `ingest with 1 and with ${VIEWERS} viewers of everything`,
    result: `${grouped(one)}/s and ${grouped(many)}/s (${((many / one - 1) * 100).toFixed(0)} %), ${gaps} gaps told`,
    must: 'within 20 %',
    aim: '',
    met: many >= one * 0.8,
  }
}
