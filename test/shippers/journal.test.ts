import { once } from 'node:events'
import http from 'node:http'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import * as z from 'zod'
import { JOURNAL_REMOTE } from '../../src/routes/shippers/ingest-journal'
import { ForeignProgram } from '../support/foreign-program'
import { pageConfiguration } from '../support/page-configuration'
import { endAllServers, newDirectory } from '../support/server'
import { countsOf } from '../support/shipper-logs'
import { type Door, portOf, ShipperStand } from '../support/shipper-stand'
import { numberOf, syslogTexts } from '../support/syslog-sender'

/** What stands in systemd's journal, sent by its own programs as docs/shippers/journald.md says. */

const RECORDS = 1500
const PART = 500
const TRIES_MAX = 20

let stand: ShipperStand

beforeAll(async () => {
  stand = await ShipperStand.start()
})

afterAll(async () => {
  await stand.end()
  await endAllServers()
})

/** Entries in the journal's export format, whose texts of several lines are counted. */
function exported(program: string, texts: readonly string[], from: number): Buffer {
  const startUs = (Date.now() - RECORDS) * 1000
  return Buffer.concat(
    texts.flatMap((text, index) => {
      const message = Buffer.from(text)
      const length = Buffer.alloc(8)
      length.writeBigUInt64LE(BigInt(message.length))
      const time = startUs + (from + index) * 1000
      const head = `__REALTIME_TIMESTAMP=${time}\n__MONOTONIC_TIMESTAMP=${from + index + 1}\n_BOOT_ID=${'1'.repeat(32)}\nPRIORITY=3\nSYSLOG_IDENTIFIER=${program}\nMESSAGE\n`
      return [Buffer.from(head), length, message, Buffer.from('\n\n')]
    }),
  )
}

const Found = z.looseObject({
  MESSAGE: z.string().optional(),
  json: z.looseObject({ n: z.number() }).optional(),
  SYSLOG_IDENTIFIER: z.string(),
})

async function numbersOf(program: string): Promise<Map<number, number>> {
  const found = (await stand.find(`service:${program}`)).map(({ body }) => Found.parse(body))
  return countsOf(found.map(({ MESSAGE = '', json }) => ({ n: json?.n ?? numberOf(MESSAGE) })))
}

/** A journal of its own, which grows when it is told to. */
class Journal {
  readonly file = path.join(newDirectory(), 'test.journal')
  readonly texts: readonly string[]
  readonly #program: string
  #written = 0

  constructor(program: string) {
    this.#program = program
    this.texts = syslogTexts(program, RECORDS)
  }

  async grow(): Promise<void> {
    const texts = this.texts.slice(this.#written, this.#written + PART)
    const entries = exported(this.#program, texts, this.#written)
    this.#written += texts.length
    await ForeignProgram.run('systemd-journal-remote', [`--output=${this.file}`, '-'], entries)
  }
}

/** What the page asks for: a proxy on the same machine that adds the key. */
async function proxyOf(door: Door): Promise<{ port: number; close: () => void }> {
  const proxy = http.createServer((request, response) => {
    const { host: _host, ...headers } = request.headers
    const forwarded = http.request(`${door.url}${request.url}`, {
      method: request.method ?? 'GET',
      headers: { ...headers, authorization: `Bearer ${door.key}` },
    })
    forwarded.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    forwarded.on('error', () => response.destroy())
    request.pipe(forwarded)
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  return { port: portOf(proxy.address()), close: () => proxy.close() }
}

it('systemd-journal-upload, which is started again after each failure, loses nothing', async () => {
  const door = await stand.door(JOURNAL_REMOTE)
  const proxy = await proxyOf(door)
  const journal = new Journal('journal-upload')
  const state = path.join(newDirectory(), 'state')
  const upload = async (): Promise<void> => {
    const args = [
      '--follow=no',
      `--url=http://127.0.0.1:${proxy.port}`,
      `--file=${journal.file}`,
      `--save-state=${state}`,
    ]
    for (let tries = 0; ; tries++) {
      const failure = await ForeignProgram.run('systemd-journal-upload', args).then(
        () => undefined,
        (error: unknown) => error,
      )
      if (failure === undefined) return
      if (tries > TRIES_MAX) throw failure
    }
  }
  await journal.grow()
  await upload()
  await journal.grow()
  door.refuseNext(2, /upload/)
  await upload()
  await journal.grow()
  door.loseNextAnswer(/upload/)
  const last = upload()
  await door.until(({ answersLost }) => answersLost > 0)
  await stand.killAndRestart()
  await last
  proxy.close()

  const counts = await numbersOf('journal-upload')
  const doubled = [...counts.values()].filter((count) => count > 1).length
  console.log(`systemd-journal-upload: ${counts.size} found, ${doubled} doubled, ${[...door.statuses]}`)
  expect(counts.has(-1)).toBe(false)
  expect(counts.size).toBe(RECORDS)
  // The request whose answer was lost, and at each start the last entry that had been sent.
  expect(doubled).toBeLessThanOrEqual(PART + 2)
})

it('journalctl and curl send it by the line that the page shows', async () => {
  const door = await stand.door(JOURNAL_REMOTE)
  const journal = new Journal('journalctl')
  while ((await numbersOf('journalctl')).size < RECORDS) {
    await journal.grow()
    const line = pageConfiguration('journald', 'journalctl', {
      'https://logs.example.com': door.url,
      slc_ing_YOUR_KEY: door.key,
      '--since=-1min': `--file=${journal.file} --cursor-file=${journal.file}.cursor`,
    })
    await ForeignProgram.run('sh', ['-c', line])
  }
  const counts = await numbersOf('journalctl')
  expect(counts.has(-1)).toBe(false)
  expect([...counts.values()].every((count) => count === 1)).toBe(true)
})
