import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import * as z from 'zod'
import type { Dialect } from '../../src/http/dialect'
import { type Log, readAll } from './answers'
import { Client, parseAnswer } from './client'
import { Server } from './server'

const NewKey = z.object({ key: z.string() }).loose()

/** Few enough that a client with a few dozen requests meets the limit, and can go on after a second. */
const LIMITED = { RATE_LIMIT_ENABLED: 'true', RATE_LIMIT_REQUESTS: '4', RATE_LIMIT_WINDOW: '1' }

/** A service that real clients send to, through doors whose addresses stay while it is killed and started again. */
export class ShipperStand {
  #server: Server
  readonly #doors: Door[] = []

  private constructor(server: Server) {
    this.#server = server
  }

  /** With a limit that clients run into, until it is killed. */
  static async start(flags: readonly string[] = []): Promise<ShipperStand> {
    return new ShipperStand(await Server.start({ flags: ['--quiet', ...flags], environment: LIMITED }))
  }

  /** Where it listens for syslog, when it was started so: the same before and after it was killed. */
  get syslogPort(): number {
    return this.#server.ready.syslogPort ?? 0
  }

  get tenant(): Server['tenant'] {
    return this.#server.tenant
  }

  /** An address for one client, where what it is answered can be seen and spoilt. */
  async door(dialect: Dialect, key: Readonly<Record<string, unknown>> = { kind: 'ing' }): Promise<Door> {
    const door = await Door.open(dialect, () => this.#server.port, await this.#newKey(key))
    this.#doors.push(door)
    return door
  }

  /** Limits are by key: clients do not wait for each other. */
  async #newKey(about: Readonly<Record<string, unknown>>): Promise<string> {
    const admin = new Client({ port: this.#server.port, key: this.tenant.adminKey })
    const body = JSON.stringify({ ...about, note: `door ${this.#doors.length}` })
    let answer = await admin.post('/admin/keys', body, { 'content-type': 'application/json' })
    while (answer.status === 429) {
      await sleep(POLL_MS)
      answer = await admin.post('/admin/keys', body, { 'content-type': 'application/json' })
    }
    admin.close()
    return parseAnswer(NewKey, answer).key
  }

  /** kill -9, and a start on the same data without the limit. */
  async killAndRestart(): Promise<void> {
    await this.#server.kill()
    const syslog = this.syslogPort === 0 ? [] : ['--syslog-port', `${this.syslogPort}`]
    this.#server = await Server.start({ data: this.#server.data, flags: ['--quiet', ...syslog] })
    for (const door of this.#doors) door.resume()
  }

  /** What a query finds, the oldest first. */
  find(query: string): Promise<Log[]> {
    const reader = new Client({ port: this.#server.port, key: this.tenant.queryKey })
    return readAll(reader, `/logs?limit=1000&order=asc&q=${encodeURIComponent(query)}`).finally(() => reader.close())
  }

  /** The same as text, in which no digit is lost. */
  async findText(query: string): Promise<string> {
    const reader = new Client({ port: this.#server.port, key: this.tenant.queryKey })
    const { text } = await reader.get(`/logs?limit=1000&q=${encodeURIComponent(query)}`)
    reader.close()
    return text
  }

  async end(): Promise<void> {
    for (const door of this.#doors) door.close()
    await this.#server.kill()
  }
}

/** The way of one client to the service. */
export class Door {
  /** How often each status was answered to the client. */
  readonly statuses = new Map<number, number>()
  /** How often the client was told of a limit, in whatever way its protocol has for that. */
  limited = 0
  /** Requests that the service took, or may have when it was killed, and whose answer the client never saw. */
  answersLost = 0
  /** The client's own key. */
  readonly key: string
  readonly #dialect: Dialect
  readonly #port: () => number
  readonly #listener: http.Server
  #refusals = 0
  #loses = false
  #isHeld = false
  readonly #waiting: (() => void)[] = []
  #paths: RegExp = /./

  private constructor(dialect: Dialect, port: () => number, key: string) {
    this.key = key
    this.#dialect = dialect
    this.#port = port
    this.#listener = http.createServer((request, response) => {
      this.#pass(request, response).catch(() => {
        this.answersLost++
        response.destroy()
      })
    })
  }

  static async open(dialect: Dialect, port: () => number, key: string): Promise<Door> {
    const door = new Door(dialect, port, key)
    await new Promise<void>((resolve) => door.#listener.listen(0, '127.0.0.1', resolve))
    return door
  }

  get port(): number {
    return portOf(this.#listener.address())
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  /** Answers the next requests to such a path 503, as the service does while its journal is full. */
  refuseNext(count: number, paths: RegExp): void {
    this.#refusals = count
    this.#paths = paths
  }

  /**
   * Lets the next request to such a path through and throws its answer away: what it brought is stored, and nobody knows. What comes
   * after it waits for `resume`.
   */
  loseNextAnswer(paths: RegExp): void {
    this.#loses = true
    this.#paths = paths
  }

  /** Refuses two requests, loses an answer, and then holds what comes: the client is in the middle of its logs. */
  async trouble(paths: RegExp): Promise<void> {
    await this.until(() => this.count(200) + this.count(202) + this.count(204) > 1 && this.limited > 0)
    this.refuseNext(2, paths)
    await this.until(() => this.#refusals === 0)
    this.loseNextAnswer(paths)
    await this.until(() => this.answersLost > 0)
  }

  /** Lets through what waits. */
  resume(): void {
    for (const go of this.#waiting.splice(0)) go()
    this.#isHeld = false
  }

  /** Waits until something is so; requests come all the while. */
  async until(isSo: (door: Door) => boolean): Promise<void> {
    for (let tries = 0; !isSo(this); tries++) {
      if (tries > TRIES_MAX) throw new Error(`it never was: ${JSON.stringify([...this.statuses])}`)
      await sleep(POLL_MS)
    }
  }

  count(status: number): number {
    return this.statuses.get(status) ?? 0
  }

  close(): void {
    this.#listener.close()
    this.#listener.closeAllConnections()
  }

  async #pass(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    if (this.#isHeld) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    // A client that has given up waiting sends it again.
    if (request.socket.destroyed) return
    const isMeant = this.#paths.test(request.url ?? '') && request.method !== 'GET'
    if (isMeant && this.#refusals > 0) {
      this.#refusals--
      return this.#refuse(request, response)
    }
    const answer = await this.#forward(request, Buffer.concat(chunks))
    const status = answer.status
    const isLimited = status === 429 || LIMITED_ANSWER.test(answer.body.toString())
    if (isLimited) this.limited++
    if (isMeant && this.#loses && status < 300 && !isLimited) {
      this.#loses = false
      this.answersLost++
      this.#isHeld = true
      response.destroy()
      return
    }
    this.#note(status)
    response.writeHead(status, answer.headers)
    response.end(answer.body)
  }

  async #refuse({ url, method, headers }: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const about = {
      status: 503,
      code: 'ingest_paused',
      detail: 'for the test',
      retryAfterSeconds: 1,
      errors: [],
    } as const
    const page = headers.origin === undefined ? {} : { 'access-control-allow-origin': headers.origin }
    const request = new Request(`http://localhost${url}`, {
      headers: { accept: headers.accept ?? '', 'content-type': headers['content-type'] ?? '' },
    })
    const refusal = this.#dialect.refuse(about, Object.assign(request, UNUSED))
    this.#note(refusal.status)
    response.writeHead(refusal.status, { ...Object.fromEntries(refusal.headers), ...page, 'retry-after': '1' })
    response.end(method === 'HEAD' ? undefined : await refusal.text())
  }

  #note(status: number): void {
    this.statuses.set(status, this.count(status) + 1)
  }

  #forward(
    { method, url, headers }: http.IncomingMessage,
    body: Buffer,
  ): Promise<{ status: number; headers: http.IncomingHttpHeaders; body: Buffer }> {
    return new Promise((resolve, reject) => {
      const { 'transfer-encoding': _chunked, ...kept } = headers
      const forwarded = http.request(
        {
          host: '127.0.0.1',
          port: this.#port(),
          method,
          path: url,
          agent: false,
          headers: { ...kept, ...(body.length > 0 && { 'content-length': body.length }) },
        },
        (answer) => {
          const chunks: Buffer[] = []
          answer.on('data', (chunk: Buffer) => chunks.push(chunk))
          answer.on('error', reject)
          answer.on('close', () => {
            if (!answer.complete) return reject(new Error('the answer was cut short'))
            const { 'transfer-encoding': _cut, ...rest } = answer.headers
            resolve({ status: answer.statusCode ?? 0, headers: rest, body: Buffer.concat(chunks) })
          })
        },
      )
      forwarded.on('error', reject)
      forwarded.end(body)
    })
  }
}

const POLL_MS = 10

/** Items of Elasticsearch, Splunk’s word for it, and the sentence of those who are answered 503. */
const LIMITED_ANSWER = /"status":429|"Server is busy"|^The limit /
const TRIES_MAX = 3000

/** A refusal is made of the problem alone. */
const UNUSED = { route: '', params: {}, query: {} }

/** The port of a listener. */
export function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('nobody listens')
  return address.port
}
