import { setTimeout as sleep } from 'node:timers/promises'
import pino from 'pino'
import { pinoLoki } from 'pino-loki'
import { afterAll, beforeAll, expect, it } from 'vitest'
import winston from 'winston'
import LokiTransport from 'winston-loki'
import * as z from 'zod'
import { LOKI_DIALECT } from '../../src/routes/shippers/loki'
import { endAllServers } from '../support/server'
import { countsOf, shipperLogs } from '../support/shipper-logs'
import { type Door, ShipperStand } from '../support/shipper-stand'

const RECORDS = 1000
const PUSH = /push/

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
  readonly done: Promise<void>
}

const Push = z.object({ streams: z.array(z.object({ values: z.array(z.array(z.string())) })) })
const Line = z.object({ mark: z.string(), n: z.number() }).loose()

/** It sends everything once, and says nothing of what it was answered: what it delivered is seen where it asks. */
async function withPino(mark: string): Promise<Sent> {
  const door = await stand.door(LOKI_DIALECT)
  const delivered = new Set<number>()
  const realFetch = globalThis.fetch
  globalThis.fetch = async (input, init) => {
    const response = await realFetch(input, init)
    if (!String(input).startsWith(door.url) || !response.ok) return response
    for (const { values } of Push.parse(JSON.parse(String(init?.body))).streams)
      for (const [, line] of values) delivered.add(Line.parse(JSON.parse(line)).n)
    return response
  }
  const stream = pinoLoki({
    host: door.url,
    basicAuth: { username: '1', password: door.key },
    labels: { app: mark },
    batching: { interval: 0.05 },
    silenceErrors: true,
  })
  const logger = pino({ base: null }, stream)
  const sending = async () => {
    for (const { message, level: _level, ...log } of shipperLogs(mark, RECORDS)) {
      logger.info(log, message)
      if (log.n % 10 === 0) await sleep(25)
    }
    stream.end()
    await new Promise((resolve) => stream.once('close', resolve))
    for (let calm = 0, seen = -1; calm < 5; calm = delivered.size === seen ? calm + 1 : 0) {
      seen = delivered.size
      await sleep(100)
    }
    globalThis.fetch = realFetch
  }
  return { door, delivered, done: sending() }
}

/** It keeps what is refused, and sends it again until it is taken. */
async function withWinston(mark: string, json: boolean): Promise<Sent> {
  const door = await stand.door(LOKI_DIALECT)
  const transport = new LokiTransport({
    ...{ host: door.url, basicAuth: `1:${door.key}`, labels: { app: mark }, json, interval: 0.1 },
    ...{ format: winston.format.json(), gracefulShutdown: false, timeout: 60_000, onConnectionError: () => undefined },
  })
  // After a refusal it waits for a minute.
  Reflect.set(BatcherItself.parse(Reflect.get(transport, 'batcher')), 'circuitBreakerInterval', 200)
  const logger = winston.createLogger({ level: 'silly', transports: [transport] })
  logger.on('error', () => undefined)
  const delivered = new Set<number>()
  const sending = async () => {
    for (const { level, message, ...log } of shipperLogs(mark, RECORDS)) {
      logger.log({ level, message, ...log })
      if (log.n % 10 === 0) await sleep(30)
    }
    for (let calm = 0; calm < 15; calm = isEmpty(transport) ? calm + 1 : 0) await sleep(100)
    for (let n = 0; n < RECORDS; n++) delivered.add(n)
    logger.close()
  }
  return { door, delivered, done: sending() }
}

const BatcherItself = z.custom<object>((value) => typeof value === 'object' && value !== null)
const Batcher = z.object({ batch: z.object({ streams: z.array(z.unknown()) }), batchesSending: z.number() })

function isEmpty(transport: LokiTransport): boolean {
  const { batch, batchesSending } = Batcher.parse(Reflect.get(transport, 'batcher'))
  return batch.streams.length === 0 && batchesSending === 0
}

const Found = z.object({ line: z.string(), json: Line, labels: z.object({ app: z.string() }).loose() }).loose()

it('transports of Loki lose nothing that they count as delivered through 429, 503 and kill -9', async () => {
  const sent = {
    'pino-loki': await withPino('pino-loki'),
    'winston-loki': await withWinston('winston-loki', false),
    'winston-loki-json': await withWinston('winston-loki-json', true),
  }
  await Promise.all(Object.values(sent).map(({ door }) => door.trouble(PUSH)))
  await stand.killAndRestart()
  await Promise.all(Object.values(sent).map(({ done }) => done))

  for (const [mark, { door, delivered }] of Object.entries(sent)) {
    const found = (await stand.find(`service:${mark}`)).map(({ body }) => Found.parse(body))
    const counts = countsOf(found.map(({ json }) => json))
    const doubled = [...counts].filter(([, count]) => count > 1).length
    console.log(
      `${mark}: ${delivered.size} delivered, ${found.length} found, ${doubled} doubled, ${[...door.statuses]}`,
    )
    expect(delivered.size, mark).toBeGreaterThan(0)
    expect(
      [...delivered].filter((n) => !counts.has(n)),
      mark,
    ).toEqual([])
    const logs = shipperLogs(mark, RECORDS)
    for (const { line, json } of found) {
      const { level: _level, message: _message, ...rest } = logs[json.n]
      expect(json).toMatchObject(rest)
      expect(JSON.parse(line)).toEqual(json)
    }
  }
})
