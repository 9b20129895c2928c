import { setTimeout as sleep } from 'node:timers/promises'
import { Logger } from 'splunk-logging'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { SPLUNK_DIALECT } from '../../src/routes/shippers/splunk-dialect'
import { endAllServers } from '../support/server'
import { countsOf, type ShipperLog, shipperLogs } from '../support/shipper-logs'
import { type Door, ShipperStand } from '../support/shipper-stand'

const RECORDS = 1200
const BATCH = 30
const CHANNEL = '6b1f3a52-90c4-4a0e-8f1b-2a7c5d9e0f11'

const HecBody = z.object({ code: z.number(), ackId: z.int().optional() }).loose()
const Event = z.object({ event: z.object({ message: z.object({ n: z.number() }).loose() }).loose() }).loose()

let stand: ShipperStand

beforeAll(async () => {
  stand = await ShipperStand.start()
})

afterAll(async () => {
  await stand.end()
  await endAllServers()
})

/** One batch with the client of Splunk: it sends again what the network has lost, and leaves to the caller what was refused. */
function flush(logger: Logger, logs: readonly ShipperLog[]): Promise<z.infer<typeof HecBody> | undefined> {
  for (const log of logs) {
    const metadata = { time: Date.now(), host: 'web-1', source: 'shop', sourcetype: '_json', index: 'main' }
    logger.send({ message: log, severity: log.level, metadata })
  }
  return new Promise((resolve) => {
    logger.flush((error: unknown, _response: unknown, body: unknown) => {
      resolve(error ? undefined : HecBody.parse(body))
    })
  })
}

/** Sends all, each batch until it is answered with code 0; answers the numbers of acknowledgements. */
async function sendAll(door: Door, delivered: Set<number>): Promise<number[]> {
  const config = { token: door.key, url: door.url, maxBatchCount: 0, maxRetries: 8 }
  const logger = new Logger(config)
  logger.requestOptions.headers = { 'X-Splunk-Request-Channel': CHANNEL }
  logger.error = () => undefined
  const acks: number[] = []
  const logs = shipperLogs('splunk', RECORDS)
  for (let at = 0; at < RECORDS; at += BATCH) {
    const batch = logs.slice(at, at + BATCH)
    let answer = await flush(logger, batch)
    while (answer?.code !== 0) {
      await sleep(100)
      answer = await flush(logger, batch)
    }
    for (const { n } of batch) delivered.add(n)
    if (answer.ackId !== undefined) acks.push(answer.ackId)
  }
  return acks
}

const askAcks = async (door: Door, acks: readonly number[]): Promise<unknown> => {
  const response = await fetch(`${door.url}/services/collector/ack?channel=${CHANNEL}`, {
    method: 'POST',
    headers: { authorization: `Splunk ${door.key}` },
    body: JSON.stringify({ acks }),
  })
  return z.object({ acks: z.record(z.string(), z.boolean()) }).parse(await response.json()).acks
}

describe('splunk-logging', () => {
  it('loses nothing that it counts as delivered through limits, 503 and kill -9, and doubles only what lost its answer', async () => {
    const door = await stand.door(SPLUNK_DIALECT)
    const delivered = new Set<number>()
    const sending = sendAll(door, delivered)
    await door.trouble(/collector/)
    await stand.killAndRestart()
    const acks = await sending

    const found = await stand.find('sourcetype:_json')
    const counts = countsOf(found.map(({ body }) => Event.parse(body).event.message))
    const doubled = [...counts].filter(([, count]) => count > 1).length
    console.log(
      `splunk: ${delivered.size} delivered, ${found.length} found, ${doubled} doubled, ${door.answersLost} answers lost`,
    )
    expect(delivered.size).toBe(RECORDS)
    expect([...counts.keys()].sort((left, right) => left - right)).toEqual([...Array(RECORDS).keys()])
    expect(doubled).toBeLessThanOrEqual(door.answersLost * BATCH)
    expect(new Set(acks).size).toBe(RECORDS / BATCH)
    expect(await askAcks(door, acks)).toEqual(Object.fromEntries(acks.map((id) => [id, true])))
    const [one] = await stand.find('source:splunk service:shop level:info event.message.n:17')
    expect(Event.parse(one.body).event).toEqual({ message: shipperLogs('splunk', 18)[17], severity: 'info' })
  })
})
