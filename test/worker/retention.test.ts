import { createScheduledController, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import * as z from 'zod'
import { RetentionRows } from '../../durable-objects/tenant/retention-rows'
import { SettingsHistoryRows } from '../../durable-objects/tenant/settings-history-rows'
import { CLEANUP_CRON } from '../../src/expire-everywhere'
import { RETENTION_RUNS_MAX, SETTINGS_HISTORY_MAX } from '../../src/limits/limits'
import { runCron } from '../../src/run-cron'
import { tenantStub } from '../../src/tenant-stub'
import { demo } from '../support/demo'

const { tenantId, ask } = await demo()
const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS

const START_MS = Date.now()
let nowMs = START_MS
const stub = () => tenantStub(env, tenantId)
await runInDurableObject(stub(), (instance) => {
  instance.clock = () => nowMs
})

/** Time goes on for the object, and its alarm rings until there is nothing to do. */
async function later(ms: number): Promise<void> {
  nowMs += ms
  await runDurableObjectAlarm(stub())
}

const patch = async (body: object): Promise<void> => {
  const response = await ask('admin', '/admin/settings', {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  expect(response.status, await response.text()).toBe(200)
}

const log = (daysAgo: number, level: string, message: string) =>
  JSON.stringify({
    timestamp: new Date(START_MS - daysAgo * DAY_MS).toISOString(),
    ...{ level, message, service: 'web', category: message.includes('secure') ? 'security' : 'app' },
  })

const Messages = z.object({ data: z.array(z.object({ message: z.string() })) })
const search = async (): Promise<string[]> => {
  const found = Messages.parse(await (await ask('query', '/logs?limit=1000')).json())
  return found.data.map(({ message }) => message).sort()
}

const Account = z.object({
  default_days: z.int(),
  policies: z.array(z.object({ name: z.string(), days: z.unknown() })),
  holds: z.array(z.string()),
  stored: z.array(z.object({ class: z.string(), segments: z.int(), rows: z.int() })),
  runs: z.array(
    z.object({
      finished: z.string().nullable(),
      segments_removed: z.int(),
      segments_rewritten: z.int(),
      policies: z.record(z.string(), z.object({ rows: z.int(), bytes: z.int() })),
    }),
  ),
})
const account = async () => Account.parse(await (await ask('admin', '/admin/retention')).json())
const storedOf = async () =>
  Object.fromEntries((await account()).stored.map(({ class: name, rows }) => [name, rows] as const))

it('keeps, hides and removes sealed records by the policies in force, and accounts for it by policy', async () => {
  await patch({
    retention: {
      default_days: 10,
      policies: [
        { name: 'errors', match: { levels: ['error'] }, days: 90 },
        { name: 'security', priority: 5, match: { categories: ['security'] }, days: 'forever' },
      ],
    },
  })
  const body = [
    ...[0, 1, 2, 3].map((n) => log(8, 'info', `info ${n}`)),
    ...[0, 1].map((n) => log(8, 'error', `error ${n}`)),
    log(8, 'debug', 'secure 0'),
  ].join('\n')
  expect((await ask('ingest', '/logs', { method: 'POST', body })).status).toBe(202)
  await later(11 * MINUTE_MS)
  expect(await storedOf()).toEqual({ standard: 4, d90: 2, forever: 1 })
  expect(await search()).toEqual(['error 0', 'error 1', 'info 0', 'info 1', 'info 2', 'info 3', 'secure 0'])

  await patch({ retention: { default_days: 7, holds: [{ name: 'case-17', query: '"info 3"' }] } })
  expect(await search()).toEqual(['error 0', 'error 1', 'info 3', 'secure 0'])
  expect(await account()).toMatchObject({ default_days: 7, holds: ['case-17'], runs: [] })

  await runCron(env, createScheduledController({ cron: CLEANUP_CRON, scheduledTime: new Date(nowMs) }))
  await later(0)
  expect(await storedOf()).toEqual({ standard: 1, d90: 2, forever: 1 })
  expect(await search()).toEqual(['error 0', 'error 1', 'info 3', 'secure 0'])
  const [run] = (await account()).runs
  expect(run).toMatchObject({ segments_removed: 0, segments_rewritten: 1, policies: { default: { rows: 3 } } })
  expect(run.finished).not.toBeNull()

  await patch({ retention: { holds: null, policies: [{ name: 'all', match: { services: ['web'] }, days: 5 }] } })
  expect(await search()).toEqual([])
  nowMs += MINUTE_MS
  await runCron(env, createScheduledController({ cron: CLEANUP_CRON, scheduledTime: new Date(nowMs) }))
  await later(0)
  expect(await storedOf()).toEqual({})
  expect((await account()).runs[0]).toMatchObject({ segments_removed: 3, policies: { all: { rows: 4 } } })
})

it('writes again what is left of a segment in the archive, packed by the tenant’s own hours', async () => {
  await patch({ retention: null, hot_hours: 0 })
  const body = [...[4, 5, 6].map((n) => log(8, 'info', `info ${n}`)), log(8, 'error', 'error 2')].join('\n')
  expect((await ask('ingest', '/logs', { method: 'POST', body })).status).toBe(202)
  await later(11 * MINUTE_MS)
  await later(6 * MINUTE_MS)
  const placesOf = async () => {
    const live = 'SELECT place, rows FROM segment WHERE tenant_id = ? AND removed IS NULL ORDER BY rows'
    return (await env.CONTROL.prepare(live).bind(tenantId).all()).results
  }
  expect(await placesOf()).toEqual([{ place: 'r2', rows: 4 }])
  await patch({
    retention: { default_days: 7, policies: [{ name: 'errors', match: { levels: ['error'] }, days: 90 }] },
  })
  expect(await search()).toEqual(['error 2'])
  await runCron(env, createScheduledController({ cron: CLEANUP_CRON, scheduledTime: new Date(nowMs) }))
  await later(0)
  expect(await search()).toEqual(['error 2'])
  expect(await placesOf()).toMatchObject([{ rows: 1 }])
  expect((await account()).runs[0]).toMatchObject({ segments_rewritten: 1, policies: { default: { rows: 3 } } })
})

it('remembers no more changes and runs than it says', async () => {
  await runInDurableObject(stub(), (_, { storage }) => {
    const history = new SettingsHistoryRows(storage.sql)
    for (let version = 10_001; version <= 10_000 + SETTINGS_HISTORY_MAX + 5; version++)
      history.add({ version, atMs: 0, by: 'key_a', address: '', before: {}, after: {} })
    const kept = history.list(Number.MAX_SAFE_INTEGER, 1000).map(({ version }) => version)
    expect([kept.length, kept.at(0), kept.at(-1)]).toEqual([
      SETTINGS_HISTORY_MAX,
      10_000 + SETTINGS_HISTORY_MAX + 5,
      10_006,
    ])
    const retention = new RetentionRows(storage.sql)
    const startMs = nowMs + DAY_MS
    for (let slot = 0; slot < RETENTION_RUNS_MAX + 5; slot++) retention.begin(startMs + slot, startMs)
    expect(retention.list().map(({ slotMs }) => slotMs - startMs)).toEqual(
      Array.from({ length: RETENTION_RUNS_MAX }, (_value, index) => RETENTION_RUNS_MAX + 4 - index),
    )
  })
})
