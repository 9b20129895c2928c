import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { shipperLogs } from './shipper-logs'
import { portOf } from './shipper-stand'

/** How long a daemon may take until it listens. */
const TRIES_MAX = 200
const POLL_MS = 50

/** How many messages are written before the sender rests, and for how long: about four hundred a second. */
const BURST = 20
const REST_MS = 50

/** A port that nobody listens on just now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const port = portOf(server.address())
  server.close()
  await once(server, 'close')
  return port
}

/** Messages of a program: every other one JSON, the others text with a stack trace under it. */
export const syslogTexts = (mark: string, count: number): string[] =>
  shipperLogs(mark, count).map((log) =>
    log.n % 2 === 0 ? JSON.stringify(log) : `${mark} n=${log.n} ${log.message.replaceAll('\u0000', '0')}\n${log.stack}`,
  )

/** The number in what became of such a message; undefined where it was cut to pieces. */
export function numberOf(text: string): number | undefined {
  const [, json, plain] = /^\{.*"n":(\d+)|\bn=(\d+) /s.exec(text) ?? []
  const digits = json ?? plain
  return digits === undefined ? undefined : Number(digits)
}

/** Writes messages to a daemon, counted (RFC 6587), over one connection, until all are written. */
export async function sendSyslog(port: number, program: string, texts: readonly string[]): Promise<void> {
  const socket = await connected(port)
  for (const [index, text] of texts.entries()) {
    const message = Buffer.from(`<131>1 ${new Date().toISOString()} shop-1 ${program} 42 - - ${text}`)
    socket.write(`${message.length} `)
    socket.write(message)
    if (index % BURST === 0) await sleep(REST_MS)
  }
  socket.end()
  await once(socket, 'close')
}

async function connected(port: number) {
  for (let tries = 0; ; tries++) {
    const socket = connect(port, '127.0.0.1')
    const isOpen = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'error').then(() => false),
    ]).catch(() => false)
    if (isOpen) return socket
    if (tries === TRIES_MAX) throw new Error(`nobody listens on ${port}`)
    await sleep(POLL_MS)
  }
}
