import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import schema from '../../schema.sql?raw'
import { ACTIVITY_TENANT } from '../../src/activity/activity-tenant'
import { sendActivity } from '../../src/activity/send-activity'

const line = { time: new Date().toISOString(), level: 'error', event: 'unkept', fields: {} } as const

const rowsOf = async (): Promise<number> => {
  const by = { tenantId: ACTIVITY_TENANT.id, host: '', keyId: '', address: '', settingsVersion: 0 }
  const outcome = await env.TENANT.getByName(ACTIVITY_TENANT.id).usage(by)
  return outcome.ok ? outcome.usage.journalRows : -1
}

const INSERT =
  'INSERT INTO tenant (id, name, status, plan, payload_database, settings_version, created_ms) ' +
  "VALUES ('ten_x', 'sluice', 'active', 'free', 'PAYLOAD', 0, 0)"

it('keeps no activity where its tenant does not exist, or somebody else has its name', async () => {
  await env.CONTROL.prepare(schema).run()
  await env.CONTROL.prepare(INSERT).run()
  await sendActivity(env, { service: 'sluice-worker', lines: [line] })
  expect(await rowsOf()).toBe(0)
})
