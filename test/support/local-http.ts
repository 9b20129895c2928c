import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { callOutside } from '../../src/http/call-outside'
import { OUTSIDE_PORTS } from '../../src/outside-ports'

/** What a request to a local server was. */
export interface HttpQuestion {
  readonly method: string
  readonly url: URL
  readonly headers: http.IncomingHttpHeaders
  readonly body: Buffer
}

/** What it is answered with; undefined: the connection is closed without a word. */
export interface HttpReply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
}

/** A real HTTP server on this machine, whose answers a function decides. */
export interface LocalServer {
  /** `http://localhost:PORT` */
  readonly url: string
  readonly close: () => Promise<void>
}

/** Starts a server on any free port. */
export async function startLocalServer(
  answer: (question: HttpQuestion) => HttpReply | undefined,
): Promise<LocalServer> {
  const server = http.createServer((request, response) => {
    buffer(request)
      .then((body) => {
        const url = new URL(request.url ?? '', 'http://localhost')
        const reply = answer({ method: request.method ?? '', url, headers: request.headers, body })
        if (reply === undefined) return request.socket.destroy()
        return response.writeHead(reply.status, reply.headers).end(reply.body)
      })
      .catch(() => request.socket.destroy())
  })
  server.listen(0, 'localhost')
  await once(server, 'listening')
  const { port } = portOf(server.address())
  return {
    url: `http://localhost:${port}`,
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

/** Asks as the Worker would, through the guard; servers on this machine are allowed, as they are in development. */
export const callLocally = callOutside({ ownHosts: new Set(), allowsLocalHttp: true }, OUTSIDE_PORTS)

function portOf(address: AddressInfo | string | null): AddressInfo {
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return address
}
