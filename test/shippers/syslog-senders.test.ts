import { execFile } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { Client } from '../support/client'
import { endAllServers, Server } from '../support/server'

/** Senders of syslog that a machine has: `logger` of util-linux, and Python's handler. */

const run = promisify(execFile)
const Found = z.object({ level: z.string(), service: z.string().optional(), message: z.string() }).loose()

let server: Server
let reader: Client

beforeAll(async () => {
  server = await Server.start({ flags: ['--syslog-port', '0'] })
  reader = new Client({ port: server.port, key: server.tenant.queryKey })
})

afterAll(async () => {
  reader.close()
  await endAllServers()
})

/** The records that a word is in, once there are enough. */
async function found(word: string, wanted: number) {
  for (let tries = 0; ; tries++) {
    const { text } = await reader.get(`/logs/export?q=${word}`)
    const records = text
      .split('\n')
      .filter((line) => line.includes('"id":"log_'))
      .map((line) => Found.parse(JSON.parse(line)))
    if (records.length >= wanted || tries === 100) return records
    await sleep(100)
  }
}

describe('logger', () => {
  it.each([
    ['udp3164', ['-d', '--rfc3164']],
    ['udp5424', ['-d', '--rfc5424']],
    ['tcp5424', ['-T', '--rfc5424']],
    ['counted', ['-T', '--rfc5424', '--octet-count']],
    ['bsdtcp', ['-T', '--rfc3164']],
  ])('%s: keeps level, program and text', async (word, how) => {
    const port = `${server.ready.syslogPort}`
    const text = `grüße ${word} "quoted" 世界`
    await run('logger', ['-n', '127.0.0.1', '-P', port, ...how, '-p', 'local3.err', '-t', 'shop', text])
    expect(await found(word, 1)).toMatchObject([
      { level: 'error', service: 'shop', message: text, body: { facility: 'local3' } },
    ])
  })
})

const PYTHON = `
import logging, logging.handlers, socket, sys
for kind, word in ((socket.SOCK_STREAM, 'pythontcp'), (socket.SOCK_DGRAM, 'pythonudp')):
    handler = logging.handlers.SysLogHandler(('127.0.0.1', int(sys.argv[1])), socktype=kind)
    log = logging.getLogger(word)
    log.propagate = False
    log.addHandler(handler)
    for n in range(1000):
        log.error('%s grüße 世界 %d', word, n)
    handler.close()
`

describe('Python’s SysLogHandler', () => {
  it('has 1,000 messages kept, over TCP and UDP', async () => {
    await run('python3', ['-c', PYTHON, `${server.ready.syslogPort}`])
    for (const word of ['pythontcp', 'pythonudp']) {
      const records = await found(word, 1000)
      expect(new Set(records.map(({ message }) => message)).size).toBe(1000)
      expect(records).toHaveLength(1000)
      expect(records.every(({ level }) => level === 'error')).toBe(true)
    }
  })
})
