import { randomInt } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect, it } from 'vitest'
import * as z from 'zod'
import { readAll } from '../support/answers'
import { Client } from '../support/client'
import { KillWriter } from '../support/kill-writer'
import { randomIntegers } from '../support/sample-logs'
import { endAllServers, Server } from '../support/server'
import { TailClient, type TailSocket } from '../support/tail-client'

const SEED = Number(process.env.SLUICE_SEED ?? randomInt(1_000_000))
const KILLS = Number(process.env.SLUICE_KILLS ?? (process.env.SLUICE_SOAK ? 100 : 10))

/** Records of the writer between two kills; many rounds make the journal seal now and then. */
const ROUND_ROWS = 40_000
const KILL_LATER_MS_MAX = 200

/** All that is in memory is the runtime's: killing it is enough, and cheaper than the whole server, which every tenth kill is. */
const WHOLE_EVERY = 10
const ANSWERS_MAX = 12

afterAll(endAllServers)

it(`shows every record once and in order over ${KILLS} times kill -9, by sockets and by events (SLUICE_SEED=${SEED})`, {
  timeout: 60_000 + KILLS * 10_000,
}, async () => {
  const random = randomIntegers(SEED)
  let server = await Server.start({ flags: ['--quiet'] })
  const { ingestKey, queryKey } = server.tenant
  let answers = 0
  const writer = new KillWriter({
    name: 'w',
    targets: [{ name: 'acme', ingestKey }],
    random: randomIntegers(random(2 ** 31)),
    // Less than all tails together may be sent: nothing is skipped, and each record has to be there.
    largeRowsMax: 120,
    onAnswer: () => {
      answers++
    },
  })
  const tails = [new Tail('killed', openByKey), new Tail('', openByTicket)]
  const events = new EventTail('killed')
  for (let kill = 0; kill < KILLS; kill++) {
    for (const tail of tails) await tail.connect(server.port, queryKey)
    await events.connect(server.port, queryKey)
    const writing = writer.write(server.port, ROUND_ROWS)
    // The first requests of a process take long: what is killed must have begun to answer.
    for (const goal = answers + 1 + random(ANSWERS_MAX); answers < goal; ) await sleep(5)
    await sleep(random(KILL_LATER_MS_MAX))
    const isAll = kill % WHOLE_EVERY === WHOLE_EVERY - 1
    const killed = isAll ? server.kill() : server.killRuntime()
    await Promise.all([killed, writing, events.lost(), ...tails.map((tail) => tail.lost())])
    if (isAll) server = await Server.start({ data: server.data, flags: ['--quiet'] })
  }
  await writer.finish(server.port)
  const reader = new Client({ port: server.port, key: queryKey })
  const found = await readAll(reader, '/logs?limit=1000')
  const expected = found.sort((left, right) => left.seq - right.seq).map(({ id }) => id)
  for (const tail of tails) {
    await tail.connect(server.port, queryKey)
    await tail.until(expected.length)
    expect(tail.ids).toEqual(expected)
  }
  await events.connect(server.port, queryKey)
  await events.until(expected.length)
  expect(events.ids).toEqual(expected)
  console.log(`seed ${SEED}, ${KILLS} kills: ${expected.length} records, none lost, none doubled`)
  expect(expected.length).toBeGreaterThan(KILLS)
  reader.close()
  for (const tail of tails) expect(await tail.close()).toBe(1000)
  events.close()
  await server.stop()
})

/** A client that connects again and again behind the last frame that it has got whole. */
class Tail {
  readonly ids: string[] = []
  readonly #q: string
  readonly #open: Opening
  #cursor = '0-0'
  #client: TailClient | undefined

  constructor(q: string, open: Opening) {
    this.#q = q
    this.#open = open
  }

  async connect(port: number, key: string): Promise<void> {
    const query = new URLSearchParams({ q: this.#q, after: this.#cursor })
    this.#client = new TailClient(await this.#open(`127.0.0.1:${port}/logs/tail`, query, key))
    await this.#client.until('hello')
  }

  async lost(): Promise<void> {
    await this.#client?.untilClosed()
    this.#keep()
  }

  async until(count: number): Promise<void> {
    await this.#client?.untilRows(count - this.ids.length)
    this.#keep()
  }

  /** Answers the code with which the server agrees. */
  async close(): Promise<number | undefined> {
    this.#client?.close()
    return this.#client?.untilClosed()
  }

  #keep(): void {
    expect(this.#client?.frames.filter(({ t }) => t === 'gap' || t === 'problem')).toEqual([])
    this.ids.push(...(this.#client?.rows.map(({ id }) => id) ?? []))
    this.#cursor = this.#client?.cursor ?? this.#cursor
  }
}

/** The same for a stream of events, of which the last one may be cut in the middle. */
class EventTail {
  readonly ids: string[] = []
  readonly #q: string
  #lastId = '0-0'
  #reading: Promise<void> = Promise.resolve()
  #abort = new AbortController()

  constructor(q: string) {
    this.#q = q
  }

  async connect(port: number, key: string): Promise<void> {
    this.#abort = new AbortController()
    const response = await fetch(`http://127.0.0.1:${port}/logs/tail?q=${this.#q}`, {
      headers: { ...bearer(key), accept: 'text/event-stream', 'last-event-id': this.#lastId },
      signal: this.#abort.signal,
    })
    expect(response.status).toBe(200)
    this.#reading = this.#read(response).catch(() => undefined)
  }

  lost(): Promise<void> {
    return this.#reading
  }

  async until(count: number): Promise<void> {
    while (this.ids.length < count) await sleep(10)
  }

  close(): void {
    this.#abort.abort()
  }

  async #read({ body }: Response): Promise<void> {
    if (body === null) throw new Error('the stream has no body')
    let text = ''
    for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
      const events = (text + chunk).split('\n\n')
      text = events.pop() ?? ''
      for (const event of events) this.#take(event)
    }
  }

  #take(event: string): void {
    const [, id] = /^id: (.*)$/m.exec(event) ?? []
    const [, log] = /^data: \{"id":"(log_\w+)"/m.exec(event) ?? []
    expect(event).not.toContain('event: gap')
    if (log !== undefined) this.ids.push(log)
    if (id !== undefined) this.#lastId = id
  }
}

type Opening = (address: string, query: URLSearchParams, key: string) => Promise<TailSocket>

/** Node's WebSocket takes headers, which its types and browsers do not know of. */
async function openByKey(address: string, query: URLSearchParams, key: string): Promise<TailSocket> {
  const options = { protocols: ['sluice.tail.v1'], headers: bearer(key) }
  return Reflect.construct(WebSocket, [`ws://${address}?${query}`, options])
}

/** As a page or a program does that sends no headers. */
async function openByTicket(address: string, query: URLSearchParams, key: string): Promise<TailSocket> {
  const made = await fetch(`http://${address}/tickets`, { method: 'POST', headers: bearer(key) })
  const { protocols } = z.object({ protocols: z.array(z.string()) }).parse(await made.json())
  return new WebSocket(`ws://${address}?${query}`, protocols)
}

const bearer = (key: string) => ({ authorization: `Bearer ${key}` })
