import { setTimeout as sleep } from 'node:timers/promises'
import { Logtail } from '@logtail/node'
import { LogtailTransport } from '@logtail/winston'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import winston from 'winston'
import { BETTER_STACK } from '../../src/routes/shippers/ingest-logtail'
import { endAllServers } from '../support/server'
import { countsOf, shipperLogs } from '../support/shipper-logs'
import { type Door, ShipperStand } from '../support/shipper-stand'

const RECORDS = 1000
const BATCH = 20

let stand: ShipperStand

beforeAll(async () => {
  stand = await ShipperStand.start()
})

afterAll(async () => {
  await stand.end()
  await endAllServers()
})

const clientOf = (door: Door): Logtail =>
  new Logtail(door.key, {
    endpoint: door.url,
    ...{ batchSize: BATCH, batchInterval: 50, retryCount: 100, retryBackoff: 100, contextObjectMaxDepth: 50 },
    ...{ throwExceptions: true, burstProtectionMax: 1_000_000 },
  })

/** How often each number is found, asked until the client's count is there. */
async function counted(query: string, wanted: number): Promise<Map<number, number>> {
  for (let tries = 0; ; tries++) {
    const counts = countsOf((await stand.find(query)).map(({ body }) => ({ n: Reflect.get(Object(body), 'n') })))
    if (counts.size >= wanted || tries === 50) return counts
    await sleep(100)
  }
}

function expectAll(
  name: string,
  door: Door,
  delivered: ReadonlySet<number>,
  counts: ReadonlyMap<number, number>,
): void {
  const doubled = [...counts].filter(([, count]) => count > 1).length
  console.log(
    `${name}: ${delivered.size} delivered, ${counts.size} found, ${doubled} doubled, ${door.answersLost} answers lost`,
  )
  expect([...delivered].filter((n) => !counts.has(n))).toEqual([])
  // It has no name for a request: what lost its answer comes again, whole. After refusals a request may hold all that waited.
  expect(Math.max(...counts.values())).toBeLessThanOrEqual(1 + door.answersLost)
}

describe('@logtail/node', () => {
  it('has everything that it counts as delivered kept through 429, 503 and kill -9', async () => {
    const door = await stand.door(BETTER_STACK)
    const logtail = clientOf(door)
    const delivered = new Set<number>()
    const logs = shipperLogs('logtail', RECORDS)
    const sending: Promise<void>[] = []
    const trouble = door.trouble(/^\/$/).then(() => stand.killAndRestart())
    for (const { message, level, ...context } of logs) {
      const sent = logtail.log(message, level, context).then(
        () => void delivered.add(context.n),
        () => {},
      )
      sending.push(sent)
      if (context.n % BATCH === 0) await sleep(20)
    }
    await Promise.all([trouble, logtail.flush(), ...sending])
    expect(delivered.size).toBeGreaterThan(RECORDS / 2)
    expectAll('logtail', door, delivered, await counted('mark:logtail', delivered.size))
    const [one] = await stand.find('mark:logtail n:17')
    const { message, nested, stack, big, level } = logs[17]
    expect(one).toMatchObject({ message, body: { level, nested, stack, big } })
  })
})

describe('@logtail/winston', () => {
  it('has everything that winston is given kept', async () => {
    const door = await stand.door(BETTER_STACK)
    const logtail = clientOf(door)
    const logger = winston.createLogger({ level: 'silly', transports: [new LogtailTransport(logtail)] })
    for (const { level, message, ...meta } of shipperLogs('winston', RECORDS)) logger.log(level, message, meta)
    const all = new Set(Array.from({ length: RECORDS }, (_, n) => n))
    for (let tries = 0; logtail.synced < RECORDS && tries < 200; tries++) await sleep(50)
    expect(logtail.synced).toBe(RECORDS)
    expectAll('logtail-winston', door, all, await counted('mark:winston', RECORDS))
  })
})
