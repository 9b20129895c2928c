import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import * as z from 'zod'
import { LogRow } from '../../src/routes/api-v1/log-row'
import { ServiceStats } from '../../src/routes/api-v1/show-service-stats'
import { tenantStub } from '../../src/tenant-stub'
import { demo } from '../support/demo'
import { fromManyAddresses } from '../support/many-addresses'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const LEVELS = ['DEBUG', 'INFO', 'WARN', 'ERROR', 'CRITICAL'] as const
const SERVICES = ['alpha', 'beta', 'gamma']

const Rows = z.strictObject({ logs: z.array(LogRow), total: z.int(), limit: z.int(), offset: z.int() })
const Index = z.object({ index: z.int() })

const { tenantId, ask: askFromOne } = await demo()
const ask = fromManyAddresses(askFromOne)
const stub = () => tenantStub(env, tenantId)
let nowMs = Date.now()

async function later(ms: number): Promise<void> {
  nowMs += ms
  await runInDurableObject(stub(), (instance) => {
    instance.clock = () => nowMs
  })
  expect(await runDurableObjectAlarm(stub())).toBe(true)
}

/** A log as it was sent, and its place in the order of arrival. */
interface Sent {
  readonly index: number
  readonly service_name: string
  readonly level: (typeof LEVELS)[number]
  readonly timestamp: number
}

/** The naive oracle: every log that was sent. */
const sent: Sent[] = []

/** Logs around a day, many of them with the same time. */
async function send(count: number, aroundMs: number): Promise<void> {
  const logs = Array.from({ length: count }, (_, offset): Sent => {
    const index = sent.length + offset
    const timestamp = aroundMs + ((index * 7919) % 11) * 60_000
    return { index, service_name: SERVICES[(index * 31) % 3], level: LEVELS[(index * 17) % 5], timestamp }
  })
  sent.push(...logs)
  const body = { logs: logs.map(({ index, ...log }) => ({ ...log, message: `log ${index}`, metadata: { index } })) }
  const response = await ask('ingest', '/api/v1/logs/ingest/batch', { method: 'POST', body: JSON.stringify(body) })
  expect(response.status, await response.text()).toBe(202)
}

const read = async <Schema extends z.ZodType>(schema: Schema, path: string): Promise<z.infer<Schema>> =>
  schema.parse(await (await ask('query', `/api/v1/logs${path}`)).json())

const newestFirst = (left: Sent, right: Sent): number => right.timestamp - left.timestamp || right.index - left.index

/** Every answer, held against the list of what was sent. */
async function checkAll(): Promise<void> {
  const timesMs = sent.map(({ timestamp }) => timestamp).sort((left, right) => left - right)
  const from = timesMs[Math.floor(timesMs.length / 4)]
  const to = timesMs[Math.floor((timesMs.length * 3) / 4)]
  for (const service of [undefined, 'alpha'])
    for (const level of [undefined, 'CRITICAL'])
      for (const range of [undefined, { from, to }]) await checkSearch({ service, level, range })
  for (const service of SERVICES) await checkStats(service)
  expect(await read(z.unknown(), '/services')).toEqual({ services: SERVICES.slice(0, 3).sort() })
}

async function checkSearch(asked: {
  readonly service: string | undefined
  readonly level: string | undefined
  readonly range: { readonly from: number; readonly to: number } | undefined
}): Promise<void> {
  const { service, level, range } = asked
  const expected = sent
    .filter((log) => service === undefined || log.service_name === service)
    .filter((log) => level === undefined || log.level === level)
    .filter(({ timestamp }) => range === undefined || (timestamp >= range.from && timestamp <= range.to))
    .sort(newestFirst)
  for (const [limit, offset] of [
    [1000, 0],
    [3, 5],
    [10, Math.max(expected.length - 4, 0)],
  ]) {
    const query = new URLSearchParams({ limit: `${limit}`, offset: `${offset}` })
    if (service !== undefined) query.set('service', service)
    if (level !== undefined) query.set('level', level)
    if (range !== undefined) query.set('start_time', `${range.from}`)
    if (range !== undefined) query.set('end_time', `${range.to}`)
    const page = await read(Rows, `/search?${query}`)
    expect(page, `${query}`).toMatchObject({ total: expected.length, limit, offset })
    const rows = page.logs.map(({ metadata, level: shown, service_name, timestamp }) => ({
      ...Index.parse(metadata),
      ...{ service_name, level: shown, timestamp },
    }))
    expect(rows, `${query}`).toEqual(expected.slice(offset, offset + limit))
  }
}

async function checkStats(service: string): Promise<void> {
  const logs = sent.filter((log) => log.service_name === service)
  const timesMs = logs.map(({ timestamp }) => timestamp)
  const counts = LEVELS.map((level) => [level, logs.filter((log) => log.level === level).length])
  expect(await read(ServiceStats, `/stats/${service}`)).toEqual({
    service_name: service,
    total: logs.length,
    by_level: Object.fromEntries(counts),
    first_timestamp: Math.min(...timesMs),
    last_timestamp: Math.max(...timesMs),
  })
}

const keysOf = (rows: readonly z.infer<typeof LogRow>[]) => new Set(rows.map(({ r2_key }) => r2_key))

it('answers the same from the journal, from segments, from the archive and from all of them together', async () => {
  await send(120, nowMs - 3 * DAY_MS)
  await checkAll()
  await later(HOUR_MS)
  await send(90, nowMs - 2 * DAY_MS)
  await checkAll()
  await later(HOUR_MS)
  await checkAll()
  const { logs } = await read(Rows, '/search?limit=1000')
  expect(keysOf(logs)).toEqual(new Set([null]))

  await later(25 * HOUR_MS)
  await later(HOUR_MS)
  await send(30, Date.now() - DAY_MS)
  await checkAll()
  const archived = (await read(Rows, '/search?limit=1000')).logs.filter(({ r2_key }) => r2_key !== null)
  const objects = (await env.ARCHIVE?.list({ prefix: `${tenantId}/` }))?.objects.map(({ key }) => key) ?? []
  expect(objects.length).toBeGreaterThan(0)
  expect([...keysOf(archived)].sort()).toEqual([...objects].sort())
  expect(archived).toHaveLength(210)
  expect(await read(LogRow, `/logs/${archived[0].id}`)).toEqual(archived[0])
}, 30_000)
