import http from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type * as z from 'zod'

export interface Request {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array | Readable
}

/** An answer as it came: nothing of it is interpreted. */
export interface Answer {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  readonly text: string
  /** The body before anything was read into it. */
  readonly bytes: Buffer
}

export interface Identity {
  readonly port: number
  readonly key: string
  /** The Host header; the service's own host when absent. */
  readonly host?: string
}

/** One connection to a server with one key. Node resolves no names below localhost, so the host is only a header. */
export class Client {
  readonly #identity: Identity
  readonly #agent = new http.Agent({ keepAlive: true, maxSockets: 1 })

  constructor(identity: Identity) {
    this.#identity = identity
  }

  get(target: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.send(target, { headers })
  }

  post(target: string, body: NonNullable<Request['body']>, headers: Readonly<Record<string, string>> = {}) {
    return this.send(target, { method: 'POST', headers, body })
  }

  close(): void {
    this.#agent.destroy()
  }

  /** Rejects when the connection breaks before there is an answer. */
  async send(target: string, { method = 'GET', headers = {}, body }: Request): Promise<Answer> {
    const { port, key, host = '127.0.0.1' } = this.#identity
    const request = http.request({
      host: '127.0.0.1',
      port,
      path: target,
      method,
      agent: this.#agent,
      headers: { host: `${host}:${port}`, authorization: `Bearer ${key}`, ...headers },
    })
    const answer = answerOf(request)
    if (body instanceof Readable) {
      // The server may answer, and close, before it has read a body that it refuses.
      await Promise.race([pipeline(body, request).catch(() => {}), answer.catch(() => {})])
    } else request.end(body)
    return answer
  }
}

/** A connection that breaks after the answer, as when a body was refused half-way, does not take the answer away. */
function answerOf(request: http.ClientRequest): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let hasAnswer = false
    request.on('error', (error) => {
      if (!hasAnswer) reject(error)
    })
    request.on('response', (response) => {
      hasAnswer = true
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', () => {})
      response.on('close', () => {
        if (!response.complete) return reject(new Error('the answer was cut short'))
        const { statusCode = 0, headers } = response
        const bytes = Buffer.concat(chunks)
        resolve({ status: statusCode, headers, text: bytes.toString(), bytes })
      })
    })
  })
}

/** An answer's JSON, checked. */
export function parseAnswer<Schema extends z.ZodType>(schema: Schema, { status, text }: Answer): z.infer<Schema> {
  const result = schema.safeParse(JSON.parse(text))
  if (result.success) return result.data
  throw new Error(`not the answer that was expected: ${status} ${text.slice(0, 700)}`)
}
