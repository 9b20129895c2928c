import { setTimeout as sleep } from 'node:timers/promises'
import { client } from '@datadog/datadog-api-client'
import pino from 'pino'
import datadogTransport from 'pino-datadog-transport'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { DATADOG_DIALECT } from '../../src/routes/shippers/datadog-dialect'
import { endAllServers } from '../support/server'
import { countsOf, shipperLogs } from '../support/shipper-logs'
import { type Door, ShipperStand } from '../support/shipper-stand'

const RECORDS = 1000

const Item = z.object({ message: z.object({ n: z.number() }).loose() }).loose()
const Items = z.array(z.object({ message: z.string() }).loose())

let stand: ShipperStand

beforeAll(async () => {
  stand = await ShipperStand.start()
})

afterAll(async () => {
  await stand.end()
  await endAllServers()
})

/** pino with Datadog's own client behind it. It tells of batches that it gives up, and of nothing that went well. */
async function sendAll(door: Door, failed: Set<number>): Promise<void> {
  const stream = datadogTransport({
    ddClientConf: {
      authMethods: { apiKeyAuth: door.key },
      baseServer: new client.BaseServerConfiguration(door.url, {}),
    },
    ...{ ddsource: 'nodejs', ddtags: 'env:test,team:shop', service: 'shop', sendIntervalMs: 100, retries: 12 },
    onError: (_error: unknown, logs: unknown) => {
      for (const { message } of Items.parse(logs)) failed.add(z.object({ n: z.number() }).parse(JSON.parse(message)).n)
    },
  })
  const logger = pino({ base: null, level: 'trace' }, stream)
  for (const { level: _level, message, ...log } of shipperLogs('datadog', RECORDS)) {
    logger.warn(log, message)
    if (log.n % 10 === 0) await sleep(25)
  }
}

describe('pino-datadog-transport', () => {
  it('loses nothing that it does not give up through limits, 503 and kill -9, and doubles only what lost its answer', async () => {
    const door = await stand.door(DATADOG_DIALECT)
    const failed = new Set<number>()
    const sending = sendAll(door, failed)
    await door.trouble(/logs/)
    await stand.killAndRestart()
    await sending
    const distinct = async () =>
      countsOf((await stand.find('tags.team:shop')).map(({ body }) => Item.parse(body).message))
    let counts = await distinct()
    for (let tries = 0; counts.size + failed.size < RECORDS && tries < 150; tries++) {
      await sleep(100)
      counts = await distinct()
    }
    const doubled = [...counts].filter(([, count]) => count > 1).length
    console.log(
      `datadog: ${RECORDS - failed.size} delivered, ${counts.size} found, ${doubled} doubled, ${door.answersLost} answers lost`,
    )
    expect([...Array(RECORDS).keys()].filter((n) => !counts.has(n) && !failed.has(n))).toEqual([])
    expect(doubled).toBeLessThanOrEqual(door.answersLost * 100)
    const [one] = await stand.find('source:datadog service:shop level:warn tags.env:test message.n:17')
    const { level: _level, message, ...log } = shipperLogs('datadog', 18)[17]
    expect(Item.parse(one.body).message).toMatchObject({ ...log, msg: message })
  })
})
