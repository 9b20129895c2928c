import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { MessageSplitter } from './message-splitter.ts'

/** Asked of the operating system: what comes while this process is busy waits there. */
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024

/** Connections at once. Each holds the part of a message that has not ended. */
const CONNECTIONS_MAX = 1000

/** Who takes messages. */
export interface Taker {
  /** False when there is no room. */
  readonly take: (message: Buffer) => boolean
  readonly isFull: () => boolean
  /** A datagram for which there was no room. */
  readonly onDropped: () => void
  /** Messages of a connection that ended while there was no room. */
  readonly onCut: (count: number) => void
}

/** Sockets for syslog over UDP and TCP, on one port. */
export interface Listening {
  readonly port: number
  /** Those whose sender was told to wait, by reading nothing of them, go on. */
  readonly resume: () => void
  /** Datagrams that the operating system had no room for, since the last time. Linux only. */
  readonly missedDatagrams: () => number
  readonly close: () => void
}

/** Listens. A TCP sender is slowed down when there is no room; a datagram is dropped and counted. */
export async function listen(
  place: { readonly port: number; readonly host: string },
  taker: Taker,
): Promise<Listening> {
  const paused = new Set<Socket>()
  const connections = new Set<Socket>()
  const tcp = createServer((socket) => {
    connections.add(socket)
    socket.on('close', () => {
      connections.delete(socket)
      paused.delete(socket)
    })
    takeStream(socket, taker, () => {
      socket.pause()
      paused.add(socket)
    })
  })
  tcp.maxConnections = CONNECTIONS_MAX
  tcp.listen(place.port, place.host)
  await once(tcp, 'listening')
  const port = portOf(tcp)
  const udp = await listenUdp(port, place.host, taker)
  return {
    port,
    resume: () => {
      for (const socket of paused) socket.resume()
      paused.clear()
    },
    missedDatagrams: missedCounter(port),
    close: () => {
      udp.close()
      tcp.close()
      for (const socket of connections) socket.destroy()
    },
  }
}

/** A message is taken whole or stays in its chunk: one chunk more than there is room for is held for each connection. */
function takeStream(socket: Socket, taker: Taker, pause: () => void): void {
  const splitter = new MessageSplitter()
  let waiting: Buffer[] = []
  const takeAll = (): void => {
    const stays = waiting.findIndex((message) => !taker.take(message))
    waiting = stays < 0 ? [] : waiting.slice(stays)
    if (waiting.length > 0 || taker.isFull()) pause()
  }
  socket.on('data', (chunk: Buffer) => {
    waiting.push(...splitter.push(chunk))
    takeAll()
  })
  socket.on('resume', takeAll)
  socket.on('end', () => {
    waiting.push(...splitter.end())
    takeAll()
  })
  socket.on('close', () => {
    takeAll()
    taker.onCut(waiting.length)
  })
  socket.on('error', () => {})
}

async function listenUdp(port: number, host: string, taker: Taker): Promise<UdpSocket> {
  const udp = createSocket({ type: host.includes(':') ? 'udp6' : 'udp4', recvBufferSize: RECEIVE_BUFFER_BYTES })
  udp.on('message', (message: Buffer) => {
    if (message.length > 0 && !taker.take(message)) taker.onDropped()
  })
  udp.bind(port, host)
  await once(udp, 'listening')
  udp.on('error', () => {})
  return udp
}

function portOf(server: Server): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return address.port
}

/** The last column of /proc/net/udp is what was dropped for want of room, since the socket was made. */
function missedCounter(port: number): () => number {
  const place = `:${port.toString(16).toUpperCase().padStart(4, '0')} `
  let known = 0
  return () => {
    const lines = ['/proc/net/udp', '/proc/net/udp6'].flatMap(readLines).filter((line) => line.includes(place))
    const total = lines.reduce((sum, line) => sum + Number(line.trim().split(/\s+/).at(-1)), 0)
    const missed = Math.max(total - known, 0)
    known = total
    return missed
  }
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n')
  } catch {
    return []
  }
}
