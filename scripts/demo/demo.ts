import { existsSync } from 'node:fs'
import path from 'node:path'
import * as z from 'zod'
import { type Credentials, writePrivately } from '../serve/credentials.ts'
import { everydayLog, type StoryLog, tellOtherStory, tellStory } from './story.ts'

/** Where the demo plays, and with which keys. */
export interface DemoPlace {
  /** The service, by its address: demo hosts need not resolve. */
  readonly url: string
  readonly directory: string
  readonly credentials: Credentials
}

/** The second tenant, which shows that nothing leaks across. */
export const OTHER_TENANT = 'globex'
const OTHER_DOMAIN = 'globex.localhost'

const BATCH_LOGS = 2000

/**
 * Fills the demo tenant with its story and makes the other one: once for a data directory, however often it is started. What is
 * cut short is told again under the same names of batches, and nothing is stored twice.
 */
export async function playDemo({ url, directory, credentials }: DemoPlace): Promise<void> {
  const { tenant, operatorKey } = credentials
  const file = path.join(directory, 'demo.json')
  if (tenant === undefined || existsSync(file)) return
  const nowMs = Date.now()
  await send(url, tenant.ingestKey, tellStory(nowMs, seeded(1)), 'demo')
  const other = await makeOther(url, operatorKey)
  await send(url, other, tellOtherStory(nowMs, seeded(2)), 'demo-other')
  writePrivately(
    file,
    `${JSON.stringify({ toldMs: nowMs, otherTenant: OTHER_TENANT, otherIngestKey: other }, null, 2)}\n`,
  )
}

const TRAFFIC_MS = 1000
const TRAFFIC_LOGS = 4

/** Keeps a gentle flow of logs going. Answers how to end it. */
export function keepTraffic({ url, credentials: { tenant } }: DemoPlace): () => void {
  if (tenant === undefined) return () => undefined
  const tick = (): void => {
    const logs = Array.from({ length: 1 + Math.floor(Math.random() * TRAFFIC_LOGS) }, () =>
      everydayLog(Date.now(), Math.random),
    )
    // Whoever stops the service stops this too: what does not arrive then is no loss.
    void post(url, tenant.ingestKey, logs).catch(() => undefined)
  }
  const timer = setInterval(tick, TRAFFIC_MS)
  return () => clearInterval(timer)
}

async function send(url: string, key: string, logs: readonly StoryLog[], name: string): Promise<void> {
  for (let at = 0; at < logs.length; at += BATCH_LOGS) {
    const response = await post(
      url,
      key,
      logs.slice(at, at + BATCH_LOGS),
      `${name}-${at / BATCH_LOGS}-${logs[0].timestamp}`,
    )
    if (!response.ok) throw new Error(`the demo’s logs are refused: ${(await response.text()).slice(0, 300)}`)
  }
}

function post(url: string, key: string, logs: readonly StoryLog[], batchId?: string): Promise<Response> {
  return fetch(new URL('/logs', url), {
    method: 'POST',
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/x-ndjson',
      ...(batchId !== undefined && { 'idempotency-key': batchId }),
    },
    body: logs.map((log) => JSON.stringify(log)).join('\n'),
  })
}

const Made = z.object({ key: z.string() })

/** Makes the other tenant with a domain, and answers its key to send with. What is there already stays. */
async function makeOther(url: string, operatorKey: string): Promise<string> {
  const ask = (address: string, body: object): Promise<Response> =>
    fetch(new URL(address, url), {
      method: 'POST',
      headers: { authorization: `Bearer ${operatorKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  await ask('/admin/domains', { domain: OTHER_DOMAIN, tenantId: OTHER_TENANT })
  const made = await ask(`/admin/tenants/${OTHER_TENANT}/keys`, { kind: 'ing', note: 'demo' })
  if (!made.ok) throw new Error(`the other tenant of the demo gets no key: ${(await made.text()).slice(0, 300)}`)
  return Made.parse(await made.json()).key
}

/** Numbers that are the same each time (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
