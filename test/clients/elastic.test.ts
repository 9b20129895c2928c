import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client as Client9 } from '@elastic/elasticsearch'
import { Client as Client8 } from 'elasticsearch-8'
import pino from 'pino'
import pinoElastic from 'pino-elasticsearch'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import winston from 'winston'
import { ElasticsearchTransport } from 'winston-elasticsearch'
import * as z from 'zod'
import { ELASTIC_DIALECT } from '../../src/routes/shippers/elastic-dialect'
import { endAllServers } from '../support/server'
import { countsOf, shipperLogs } from '../support/shipper-logs'
import { type Door, ShipperStand } from '../support/shipper-stand'

const RECORDS = 1000
const BULK = /_bulk/

const Body = z.object({ n: z.number().optional(), message: z.string().optional() }).loose()

let stand: ShipperStand

beforeAll(async () => {
  stand = await ShipperStand.start()
})

afterAll(async () => {
  await stand.end()
  await endAllServers()
})

/** What a client has sent, and what it believes became of it. */
interface Sent {
  readonly door: Door
  readonly delivered: Set<number>
  readonly conflicts: Set<number>
  readonly done: Promise<unknown>
}

const Document = z.object({ n: z.number() }).loose()

/** The bulk helper with an id for each document. Documents are texts, so that no digit is lost before they are sent. */
async function withHelper(Client: typeof Client9 | typeof Client8, mark: string): Promise<Sent> {
  const door = await stand.door(ELASTIC_DIALECT)
  const client = new Client({ node: door.url, auth: { apiKey: { id: 'test', api_key: door.key } } })
  const delivered = new Set<number>()
  const conflicts = new Set<number>()
  const done = client.helpers.bulk({
    datasource: shipperLogs(mark, RECORDS).map(
      (log) => `${JSON.stringify(log).slice(0, -1)},"huge":12345678901234567890}`,
    ),
    onDocument: (text) => ({
      create: { _index: `logs-${mark}`, _id: `${mark}-${Document.parse(JSON.parse(String(text))).n}` },
    }),
    onSuccess: ({ document }) => delivered.add(Document.parse(document).n),
    onDrop: ({ status, document }) => {
      const { n } = Document.parse(document)
      if (status === 409) conflicts.add(n)
      else throw new Error(`${n} was dropped with ${status}`)
    },
    ...{ flushBytes: 12_000, concurrency: 2, retries: 50, wait: 200 },
  })
  return { door, delivered, conflicts, done: done.finally(() => client.close()) }
}

async function withPino(mark: string): Promise<Sent> {
  const door = await stand.door(ELASTIC_DIALECT)
  const stream = pinoElastic({
    ...{ node: door.url, auth: { apiKey: door.key }, index: `logs-${mark}`, esVersion: 9 },
    ...{ opType: 'create', flushBytes: 12_000, flushInterval: 200 },
  })
  const delivered = new Set<number>()
  const logger = pino({ base: null }, stream)
  const inserted = once(stream, 'insert')
  const conflicts = new Set<number>()
  // It has three tries for what is refused by a limit, and tells of what it gives up.
  stream.on('insertError', (error: unknown) => conflicts.add(Dropped.parse(error).document.n))
  const sending = async () => {
    for (const log of shipperLogs(mark, RECORDS)) {
      logger.info(log, log.message)
      if (log.n % 20 === 0) await sleep(5)
    }
    stream.end()
    const [stats] = await inserted
    expect(stats).toMatchObject({ failed: conflicts.size, successful: RECORDS - conflicts.size })
    for (let n = 0; n < RECORDS; n++) if (!conflicts.has(n)) delivered.add(n)
  }
  return { door, delivered, conflicts, done: sending() }
}

async function withWinston(mark: string): Promise<Sent> {
  const door = await stand.door(ELASTIC_DIALECT)
  const transport = new ElasticsearchTransport({
    clientOpts: { node: door.url, auth: { username: 'elastic', password: door.key }, maxRetries: 0 },
    ...{ index: `logs-${mark}`, flushInterval: 100, healthCheckTimeout: '1s', internalLogger: () => undefined },
  })
  const logger = winston.createLogger({ level: 'silly', transports: [transport] })
  transport.on('warning', () => undefined)
  logger.on('error', () => undefined)
  const delivered = new Set<number>()
  const sending = async () => {
    for (const { level, message, ...log } of shipperLogs(mark, RECORDS)) {
      logger.log({ level, message, ...log })
      if (log.n % 20 === 0) await sleep(20)
    }
    // It keeps what is refused, and counts nothing: when nothing waits and nothing is under way, all was taken.
    for (let calm = 0; calm < 15; calm = isEmpty(transport) ? calm + 1 : 0) await sleep(100)
    for (let n = 0; n < RECORDS; n++) delivered.add(n)
    logger.close()
  }
  return { door, delivered, conflicts: new Set(), done: sending() }
}

describe('clients of Elasticsearch', () => {
  it('lose nothing that they count as delivered through 429, 503 and kill -9, and double nothing that has an id', async () => {
    const sent = {
      es9: await withHelper(Client9, 'es9'),
      es8: await withHelper(Client8, 'es8'),
      pino: await withPino('pino'),
      winston: await withWinston('winston'),
    }
    const doors = Object.values(sent).map(({ door }) => door)
    await Promise.all(doors.map((door) => door.trouble(BULK)))
    await stand.killAndRestart()
    await Promise.all(Object.values(sent).map(({ done }) => done))

    for (const [mark, { delivered, conflicts }] of Object.entries(sent)) {
      const found = (await stand.find(`_index:logs-${mark}`)).map(({ body }) => body)
      const counts = countsOf(found.map((body) => ({ n: numberOf(body) })))
      const lost = [...delivered].filter((n) => !counts.has(n))
      const doubled = [...counts].filter(([, count]) => count > 1).length
      console.log(
        `${mark}: ${delivered.size} delivered, ${conflicts.size} known, ${found.length} found, ${doubled} doubled`,
      )
      expect(lost, mark).toEqual([])
      expect(delivered.size + conflicts.size, mark).toBe(RECORDS)
      expect(counts.size, mark).toBeGreaterThanOrEqual(delivered.size)
      if (mark.startsWith('es')) expect(found, mark).toHaveLength(RECORDS)
    }
    // What was stored without an answer is known when it comes again.
    expect(sent.es9.conflicts.size + sent.es8.conflicts.size).toBeGreaterThan(0)
    expect(await stand.findText('_id:es9-17')).toContain('"huge":12345678901234567890')
    const [one] = await stand.find('_id:es9-17')
    const { _index, _id, huge: _huge, ...kept } = z.object({}).loose().parse(one.body)
    expect({ _index, _id, ...kept }).toEqual({ _index: 'logs-es9', _id: 'es9-17', ...shipperLogs('es9', 18)[17] })
  })
})

const Dropped = z.instanceof(Error).and(z.object({ document: Document }))

const Waiting = z.object({ bulkWriter: z.object({ bulk: z.array(z.unknown()) }) })

const isEmpty = (transport: unknown): boolean => Waiting.parse(transport).bulkWriter.bulk.length === 0

/** winston-elasticsearch puts what is not level or message under `fields`. */
const numberOf = (body: unknown): unknown => {
  const { n, fields } = Body.extend({ fields: Body.optional() }).parse(body)
  return n ?? fields?.n
}
