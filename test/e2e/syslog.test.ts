import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Client } from '../support/client'
import { endAllServers, newDirectory, Server } from '../support/server'

/** npm start -- --syslog-port: what daemons send over UDP and TCP, also while the service is away. */

let server: Server
let reader: Client

const flags = ['--syslog-port', '0']
const data = newDirectory()

beforeAll(async () => {
  server = await Server.start({ data, flags })
  reader = new Client({ port: server.port, key: server.tenant.queryKey })
})

afterAll(async () => {
  reader.close()
  await endAllServers()
})

const syslogPort = (): number => server.ready.syslogPort ?? expect.fail('it does not listen')

const line = (word: string, n: number): string =>
  `<13>1 ${new Date().toISOString()} host app 1 - [n@1 n="${n}"] ${word} ünïcode ${n}`

/** Writes all of it to one connection, and ends when the operating system has taken it. */
async function writeTcp(text: string): Promise<void> {
  const socket = connect(syslogPort(), '127.0.0.1')
  await once(socket, 'connect')
  socket.end(text)
  await once(socket, 'close')
}

/** How many records a word is in; asked again until there are enough. */
async function countOf(word: string, wanted: number): Promise<number> {
  for (let tries = 0; ; tries++) {
    const answer = await reader.get(`/logs/export?q=${word}`).catch(() => undefined)
    const count = answer?.status === 200 ? answer.text.split('"id":"log_').length - 1 : -1
    if (count >= wanted || tries === 100) return count
    await sleep(100)
  }
}

describe('the listener for syslog', () => {
  it('takes TCP with counted messages, and with lines, in any pieces', async () => {
    const lines = Array.from({ length: 1000 }, (_, n) => line('counted', n))
    await writeTcp(lines.map((text) => `${Buffer.byteLength(text)} ${text}`).join(''))
    await writeTcp(lines.map((text) => `${text.replace('counted', 'lined')}\r\n`).join(''))
    expect(await countOf('counted', 1000)).toBe(1000)
    expect(await countOf('lined', 1000)).toBe(1000)
  })

  it('takes datagrams, each a message', async () => {
    const udp = createSocket('udp4')
    for (let n = 0; n < 100; n++) udp.send(line('datagram', n), syslogPort(), '127.0.0.1')
    udp.send('no priority at all\nand two lines: datagram', syslogPort(), '127.0.0.1')
    expect(await countOf('datagram', 101)).toBe(101)
    udp.close()
  })

  it('stores each message once when the runtime is killed in between', async () => {
    const [runtime] = server.runtimes
    for (let part = 0; part < 10; part++) {
      const texts = Array.from({ length: 200 }, (_, n) => line('killed', part * 200 + n))
      await writeTcp(texts.map((text) => `${text}\n`).join(''))
      if (part === 4) process.kill(runtime, 'SIGKILL')
    }
    expect(await countOf('killed', 2000)).toBe(2000)
  })

  it('hands on what it holds to a service that is started again after kill -9', async () => {
    const { port } = server
    process.kill(server.runtimes[0], 'SIGSTOP')
    await writeTcp(Array.from({ length: 500 }, (_, n) => `${line('orphaned', n)}\n`).join(''))
    process.kill(server.ready.pid, 'SIGKILL')
    server = await Server.start({ data, flags: [...flags, '--port', `${port}`] })
    expect(await countOf('orphaned', 500)).toBe(500)
  })
})
