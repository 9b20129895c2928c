import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

/** What a receiver does with one request: a status, or nothing at all. */
export type HookAnswer = { readonly status: number; readonly delayMs?: number } | 'reset'

/** One request that a receiver has read whole. */
export interface HookRequest {
  readonly id: string
  readonly path: string
  readonly headers: http.IncomingHttpHeaders
  readonly body: string
}

/** A receiver of webhooks on this machine. */
export interface HookReceiver {
  /** `http://127.0.0.1:PORT` */
  readonly url: string
  readonly port: number
  readonly requests: readonly HookRequest[]
  /** The ids that were answered with 2xx. */
  readonly accepted: ReadonlySet<string>
  readonly close: () => Promise<void>
}

/** Starts a receiver whose answers a function decides. */
export async function startHookReceiver(decide: (request: HookRequest) => HookAnswer): Promise<HookReceiver> {
  const requests: HookRequest[] = []
  const accepted = new Set<string>()
  const server = http.createServer((request, response) => {
    buffer(request)
      .then((bytes) => {
        const { headers, url = '' } = request
        const one = { id: `${headers['webhook-id']}`, path: url, headers, body: bytes.toString() }
        requests.push(one)
        const answer = decide(one)
        if (answer === 'reset') return request.socket.destroy()
        const { status, delayMs = 0 } = answer
        const end = (): void => {
          if (status >= 200 && status < 300) accepted.add(one.id)
          response.writeHead(status).end()
        }
        return delayMs === 0 ? end() : setTimeout(end, delayMs)
      })
      .catch(() => request.socket.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = portOf(server.address())
  return {
    ...{ url: `http://127.0.0.1:${port}`, port, requests, accepted },
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

function portOf(address: AddressInfo | string | null): AddressInfo {
  if (address === null || typeof address === 'string') throw new Error('the receiver has no port')
  return address
}
