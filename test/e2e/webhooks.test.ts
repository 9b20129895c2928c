import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, expect, it, vi } from 'vitest'
import * as z from 'zod'
import { Client } from '../support/client'
import { type HookReceiver, startHookReceiver } from '../support/hook-receiver'
import { randomIntegers } from '../support/sample-logs'
import { endAllServers, Server } from '../support/server'

const SEED = Number(process.env.SLUICE_SEED ?? randomInt(1_000_000))
const KILLS = Number(process.env.SLUICE_KILLS ?? (process.env.SLUICE_SOAK ? 100 : 10))

/** Between two kills: enough for some deliveries to be under way, and for some to be over. */
const ROUND_PINGS_MAX = 25
const KILL_LATER_MS_MAX = 20

const LOCAL = { ALLOW_LOCAL_DESTINATIONS: 'true' }

/** Beyond what retries after a failure take: the second attempt is five seconds after the first. */
const END_MS = 60_000

const open: HookReceiver[] = []

afterEach(async () => {
  for (const receiver of open.splice(0)) await receiver.close()
})

afterAll(endAllServers)

const Delivery = z.object({ id: z.string(), messageId: z.string(), status: z.string() })
const Page = z.object({ data: z.array(Delivery), page: z.object({ next_cursor: z.string().nullable() }) })

const admin = (server: Server): Client => new Client({ port: server.port, key: server.tenant.adminKey })

const json = { 'content-type': 'application/json' }

async function createWebhook(server: Server, document: object): Promise<number> {
  const client = admin(server)
  const { status } = await client.post('/integration/webhooks', JSON.stringify(document), json)
  client.close()
  return status
}

/** Sends tests one after the other until the server is gone; the ids of those that were acknowledged. */
async function pingUntilGone(server: Server, acknowledged: Set<string>): Promise<void> {
  const client = admin(server)
  try {
    for (;;) {
      const { status, text } = await client.send('/integration/webhooks/hook/test', { method: 'POST' })
      if (status === 202) acknowledged.add(Delivery.parse(JSON.parse(text)).messageId)
    }
  } catch {
    client.close()
  }
}

async function listAll(server: Server): Promise<z.infer<typeof Delivery>[]> {
  const client = admin(server)
  const all: z.infer<typeof Delivery>[] = []
  for (let cursor = ''; ; ) {
    const { text } = await client.get(`/integration/webhooks/hook/deliveries?limit=1000${cursor}`)
    const { data, page } = Page.parse(JSON.parse(text))
    all.push(...data)
    if (page.next_cursor === null) break
    cursor = `&cursor=${page.next_cursor}`
  }
  client.close()
  return all
}

it(`loses no delivery in ${KILLS} times kill -9, and doubles only under the same webhook-id (SLUICE_SEED=${SEED})`, {
  timeout: 120_000 + KILLS * 10_000,
}, async () => {
  const random = randomIntegers(SEED)
  const refused = new Set<string>()
  const receiver = await startHookReceiver(({ id }) => {
    // Each event fails at most once, in one of the ways in which receivers do.
    const isUnlucky = !refused.has(id) && random(20) === 0
    if (isUnlucky) refused.add(id)
    if (!isUnlucky) return { status: 204, delayMs: random(3) === 0 ? random(30) : 0 }
    return random(2) === 0 ? 'reset' : { status: 500 }
  })
  open.push(receiver)
  let server = await Server.start({ flags: ['--quiet'], environment: LOCAL })
  expect(await createWebhook(server, { webhookId: 'hook', url: receiver.url, events: ['*'] })).toBe(201)
  const acknowledged = new Set<string>()
  for (let kill = 0; kill < KILLS; kill++) {
    const pinging = Promise.all([pingUntilGone(server, acknowledged), pingUntilGone(server, acknowledged)])
    const goal = acknowledged.size + 1 + random(ROUND_PINGS_MAX)
    await vi.waitFor(() => expect(acknowledged.size).toBeGreaterThanOrEqual(goal), { timeout: 30_000, interval: 5 })
    await sleep(random(KILL_LATER_MS_MAX))
    await server.kill()
    await pinging
    server = await Server.start({ data: server.data, flags: ['--quiet'], environment: LOCAL })
  }
  const lost = (): string[] => [...acknowledged].filter((id) => !receiver.accepted.has(id))
  await vi.waitFor(() => expect(lost()).toEqual([]), { timeout: END_MS, interval: 200 })
  await vi.waitFor(
    async () => expect((await listAll(server)).filter(({ status }) => status !== 'delivered')).toEqual([]),
    { timeout: END_MS, interval: 500 },
  )

  const bodies = new Map<string, string>()
  for (const { id, body } of receiver.requests) {
    expect(bodies.get(id) ?? body, 'what came twice is the same').toBe(body)
    bodies.set(id, body)
  }
  const known = new Set((await listAll(server)).map(({ messageId }) => messageId))
  expect([...bodies.keys()].filter((id) => !known.has(id))).toEqual([])
  const doubles = receiver.requests.length - bodies.size
  console.log(
    `seed ${SEED}, ${KILLS} kills: ${acknowledged.size} acknowledged, ${bodies.size} received, ${doubles} twice`,
  )
  expect(acknowledged.size).toBeGreaterThan(KILLS)
  await server.stop()
})

it('connects to nobody inside: not by an address, not by a redirect', async () => {
  let connections = 0
  const trap = net.createServer((socket) => {
    connections++
    socket.destroy()
  })
  trap.listen(0, '127.0.0.1')
  await once(trap, 'listening')
  const address = trap.address()
  if (address === null || typeof address === 'string') return expect.fail('the trap has no port')
  const { port } = address
  const receiver = await startHookReceiver(() => ({ status: 200 }))
  open.push(receiver)

  const strict = await Server.start({ flags: ['--quiet'] })
  const hosts = [
    '127.0.0.1',
    '127.1',
    '2130706433',
    '0x7f000001',
    '0177.0.0.1',
    'localhost',
    '[::ffff:127.0.0.1]',
    '0.0.0.0',
  ]
  for (const host of hosts) {
    for (const url of [`http://${host}:${port}/`, `https://${host}:${port}/`, `https://${host}/`])
      expect(await createWebhook(strict, { url, events: ['*'] }), url).toBe(400)
  }
  await strict.stop()

  // A receiver that is allowed sends whoever follows it to the trap.
  const redirecting = net.createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () =>
      socket.end(`HTTP/1.1 307 Temporary Redirect\r\nlocation: http://127.0.0.1:${port}/\r\ncontent-length: 0\r\n\r\n`),
    )
  })
  redirecting.listen(0, '127.0.0.1')
  await once(redirecting, 'listening')
  const from = redirecting.address()
  if (from === null || typeof from === 'string') return expect.fail('the receiver has no port')
  const server = await Server.start({ flags: ['--quiet'], environment: LOCAL })
  const document = { webhookId: 'hook', url: `http://127.0.0.1:${from.port}/`, events: ['*'] }
  expect(await createWebhook(server, document)).toBe(201)
  const client = admin(server)
  const told = await client.send('/integration/webhooks/hook/test', { method: 'POST' })
  const { id } = Delivery.parse(JSON.parse(told.text))
  await vi.waitFor(
    async () => {
      const { text } = await client.get(`/integration/webhooks/hook/deliveries/${id}`)
      expect(JSON.parse(text).attemptList[0]).toMatchObject({ error: 'redirect' })
    },
    { timeout: 10_000 },
  )
  client.close()
  expect(connections).toBe(0)
  await server.stop()
  trap.close()
  redirecting.close()
})
