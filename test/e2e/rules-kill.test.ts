import { randomInt } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect, it, vi } from 'vitest'
import * as z from 'zod'
import { readAll } from '../support/answers'
import { Client } from '../support/client'
import { startHookReceiver } from '../support/hook-receiver'
import { randomIntegers } from '../support/sample-logs'
import { endAllServers, Server } from '../support/server'

const SEED = Number(process.env.SLUICE_SEED ?? randomInt(1_000_000))
const KILLS = Number(process.env.SLUICE_KILLS ?? (process.env.SLUICE_SOAK ? 50 : 3))

const KILL_LATER_MS_MAX = 60
const ROWS_MAX = 40
const BATCHES_MAX = 40

/** The third attempt to deliver is within it. */
const END_MS = 60_000

const LOCAL = { ALLOW_LOCAL_DESTINATIONS: 'true' }
const json = { 'content-type': 'application/json' }

const Incident = z.object({
  rule: z.object({ id: z.string() }),
  count: z.number(),
  group: z.record(z.string(), z.string()),
})
const Incidents = z.object({ data: z.array(Incident), page: z.object({ next_cursor: z.string().nullable() }) })
const Told = z.object({
  type: z.string(),
  data: z.object({ count: z.number(), rows: z.array(z.object({ body: z.object({ batch: z.string() }) })) }),
})

afterAll(endAllServers)

it(`fires rules once for each batch over ${KILLS} times kill -9, however often it is sent (SLUICE_SEED=${SEED})`, {
  timeout: 120_000 + KILLS * 10_000,
}, async () => {
  const random = randomIntegers(SEED)
  const receiver = await startHookReceiver(() => ({ status: 204 }))
  let server = await Server.start({ flags: ['--quiet'], environment: LOCAL })
  const { adminKey, ingestKey, queryKey } = server.tenant
  const rule = await prepare(server, receiver.url)
  const stored = new Map<string, number>()
  let batches = 0
  for (let kill = 0; kill < KILLS; kill++) {
    const writing = writeUntilGone(new Client({ port: server.port, key: ingestKey }), () => newBatch(random, batches++))
    const goal = batches + 1 + random(BATCHES_MAX)
    await vi.waitFor(() => expect(batches).toBeGreaterThanOrEqual(goal), { timeout: 30_000, interval: 2 })
    await sleep(random(KILL_LATER_MS_MAX))
    await server.kill()
    const { acknowledged, open } = await writing
    server = await Server.start({ data: server.data, flags: ['--quiet'], environment: LOCAL })
    // What was not answered is sent again, and so is the last batch that was.
    const client = new Client({ port: server.port, key: ingestKey })
    for (const batch of [...acknowledged.slice(-1), open]) expect(await send(client, batch)).toBe(202)
    for (const { name, rows } of [...acknowledged, open]) stored.set(name, rows)
    client.close()
  }

  const found = await readAll(new Client({ port: server.port, key: queryKey }), '/logs?limit=1000')
  const expected = [...stored.values()].reduce((sum, rows) => sum + rows, 0)
  expect(found).toHaveLength(expected)

  // Matches of a batch are one event: each batch is told once, with as many as it has.
  const told = (): Map<string, number[]> => {
    const bodies = new Map(receiver.requests.map(({ id, body }) => [id, body]))
    const counts = new Map<string, number[]>()
    for (const body of bodies.values()) {
      const { type, data } = Told.parse(JSON.parse(body))
      if (type !== 'batch_came') continue
      const { batch } = data.rows[0].body
      counts.set(batch, [...(counts.get(batch) ?? []), data.count])
    }
    return counts
  }
  await vi.waitFor(() => expect(told().size).toBe(stored.size), { timeout: END_MS, interval: 200 })
  expect(told()).toEqual(new Map(Array.from(stored, ([name, rows]) => [name, [rows]])))

  const admin = new Client({ port: server.port, key: adminKey })
  const { text } = await admin.get('/integration/incidents?limit=100')
  const { data, page } = Incidents.parse(JSON.parse(text))
  expect(page.next_cursor).toBeNull()
  admin.close()
  const counts = (rule: string) => data.filter((one) => one.rule.id === rule).map(({ count }) => count)
  expect(counts(rule).reduce((sum, count) => sum + count, 0)).toBe(expected)
  console.log(`seed ${SEED}, ${KILLS} kills: ${stored.size} batches of ${expected} records, each told once`)
  expect(stored.size).toBeGreaterThan(KILLS)
  await receiver.close()
  await server.stop()
})

interface Batch {
  readonly name: string
  readonly rows: number
  readonly body: string
}

function newBatch(random: (below: number) => number, index: number): Batch {
  const name = `batch-${index}`
  const rows = 1 + random(ROWS_MAX)
  const lines = Array.from({ length: rows }, (_, row) => JSON.stringify({ message: 'came', batch: name, row }))
  return { name, rows, body: lines.join('\n') }
}

async function send(client: Client, { name, body }: Batch): Promise<number> {
  const headers = { 'content-type': 'application/x-ndjson', 'idempotency-key': name }
  return (await client.post('/logs', body, headers)).status
}

/** What was answered, and the batch that was on its way when the server went. */
async function writeUntilGone(client: Client, next: () => Batch) {
  const acknowledged: Batch[] = []
  for (;;) {
    const batch = next()
    const status = await send(client, batch).catch(() => undefined)
    if (status === undefined) {
      client.close()
      return { acknowledged, open: batch }
    }
    expect(status).toBe(202)
    acknowledged.push(batch)
  }
}

/** A rule that tells of every batch, and a webhook that hears of it; answers the rule's id. */
async function prepare(server: Server, url: string): Promise<string> {
  const client = new Client({ port: server.port, key: server.tenant.adminKey })
  const hook = JSON.stringify({ webhookId: 'hook', url, events: ['batch_came'] })
  expect((await client.post('/integration/webhooks', hook, json)).status).toBe(201)
  const rule = {
    ...{ name: 'Every batch', kind: 'trigger', query: 'message:came', trigger: { type: 'match' } },
    actions: [
      { type: 'notify', event: 'batch_came' },
      { type: 'incident', severity: 'low' },
    ],
  }
  const { status, text } = await client.post('/integration/rules', JSON.stringify(rule), json)
  expect(status).toBe(201)
  client.close()
  return z.object({ id: z.string() }).parse(JSON.parse(text)).id
}
