import { setTimeout as sleep } from 'node:timers/promises'
import { AxiomWithoutBatching } from '@axiomhq/js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AXIOM } from '../../src/routes/shippers/ingest-axiom'
import { endAllServers } from '../support/server'
import { countsOf, type ShipperLog, shipperLogs } from '../support/shipper-logs'
import { type Door, ShipperStand } from '../support/shipper-stand'

const RECORDS = 1000
const BATCH = 40

let stand: ShipperStand

beforeAll(async () => {
  stand = await ShipperStand.start()
})

afterAll(async () => {
  await stand.end()
  await endAllServers()
})

/** Sends a batch until the client says that it was taken: it tries a 5xx again once, and tells of the rest. */
async function ingest(door: Door, batch: readonly ShipperLog[]): Promise<number> {
  for (;;) {
    let failure: unknown
    const axiom = new AxiomWithoutBatching({ token: door.key, url: door.url, onError: (error) => (failure = error) })
    const status = await axiom.ingest('cart', [...batch]).catch((error: unknown) => {
      failure = error
      return undefined
    })
    if (failure === undefined && status !== undefined) return status.ingested
    await sleep(100)
  }
}

describe('@axiomhq/js', () => {
  it('has everything that it was told is ingested kept through 429, 503 and kill -9', async () => {
    const door = await stand.door(AXIOM)
    const logs = shipperLogs('axiom', RECORDS)
    const trouble = door.trouble(/ingest/).then(() => stand.killAndRestart())
    let ingested = 0
    for (let at = 0; at < RECORDS; at += BATCH) ingested += await ingest(door, logs.slice(at, at + BATCH))
    await trouble
    expect(ingested).toBe(RECORDS)
    const found = await stand.find('mark:axiom')
    const counts = countsOf(found.map(({ body }) => ({ n: Reflect.get(Object(body), 'n') })))
    const doubled = [...counts].filter(([, count]) => count > 1).length
    console.log(
      `axiom: ${ingested} ingested, ${counts.size} found, ${doubled} doubled, ${door.answersLost} answers lost`,
    )
    expect(counts.size).toBe(RECORDS)
    expect(doubled).toBeLessThanOrEqual(door.answersLost * BATCH)
    const { level, message, nested, big } = logs[17]
    const [one] = await stand.find('mark:axiom n:17')
    expect(one).toMatchObject({ message, body: { dataset: 'cart', level, nested, big } })
  })
})
