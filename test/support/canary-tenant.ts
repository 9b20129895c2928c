import { expect, vi } from 'vitest'
import * as z from 'zod'
import { SEGMENT_ROWS_MAX } from '../../src/limits/limits'
import { pageOf, receiptOf, usageOf } from './answers'
import { Client, type Request } from './client'
import type { Things } from './route-corpus'
import type { Server } from './server'

/** A tenant whose things all hold the same unlikely word, wherever text can stand. */
export interface CanaryTenant {
  readonly id: string
  readonly name: string
  readonly domain: string
  /** The word. Nobody but the tenant sends it. */
  readonly core: string
  readonly ownerKey: string
  readonly ingestKey: string
  readonly queryKey: string
  readonly adminKey: string
  /** What may be named by others; it is known to them. */
  readonly things: Things
  /** What no answer to anybody else may hold, by what it is. */
  readonly secrets: Readonly<Record<string, string>>
}

const Made = z.object({ id: z.string(), key: z.string().optional() })

const DAY_MS = 86_400_000
const NOISE_ROWS = 9000

/** Makes a tenant by the operator's key, and puts its word into everything that takes text. */
export async function makeCanaryTenant(server: Server, name: string, core: string): Promise<CanaryTenant> {
  const operator = asker(server, server.ready.operatorKey)
  const contact = `${core}-contact@example.com`
  const { id } = await operator('POST /admin/tenants', { name, plan: 'custom', contact_email: contact })
  const first = await operator(`POST /admin/tenants/${name}/keys`, {
    kind: 'adm',
    role: 'owner',
    note: `${core}-first`,
  })
  const ownerKey = first.key ?? ''
  const owner = asker(server, ownerKey)

  const keyOf = (kind: string, more: object = {}) =>
    owner('POST /admin/keys', { kind, note: `${core}-${kind}`, ...more })
  const [ingest, query, admin] = [await keyOf('ing'), await keyOf('rd'), await keyOf('adm')]
  const named = await keyOf('rd', { filter: `message:${core}-filter` })
  const hidden = await keyOf('pub', { origins: [`https://${core}.example`], addresses: ['203.0.113.0/24'] })
  const domain = `${name}.localhost`
  for (const host of [domain, `${core}-second.localhost`])
    await owner('POST /admin/domains', { domain: host, contactEmail: contact })
  const member = await owner('POST /admin/members', {
    ...{ email: `${core}@example.com`, role: 'viewer', filter: `service:${core}-filter` },
  })
  const service = await owner('POST /integration/services', {
    ...{ serviceName: `${core}-registered`, serviceUrl: `https://${core}.example/api`, version: `${core}-version` },
    ...{ apiKey: `${core}-api-key`, capabilities: [`${core}-capability`], healthEndpoint: `/${core}-health` },
  })
  await owner('POST /integration/cross-service', {
    ...{ sourceService: `${core}-source`, targetService: `${core}-target`, operation: `${core}-operation` },
    ...{ correlationId: `${core}-correlation`, data: { text: `${core}-data` } },
  })
  const rule = await owner('POST /integration/rules', ruleOf(core))
  await owner('POST /integration/rules', recordRuleOf(core))
  const webhook = `${name}-webhook`
  await owner('POST /integration/webhooks', { webhookId: webhook, ...webhookOf(core) })
  const ping = await owner(`POST /integration/webhooks/${webhook}/test`)
  const unseen = await owner('POST /admin/members', { subject: `sluice:${core}-subject`, role: 'admin' })
  await owner(`PUT /api/v1/logs/config/${core}-service`, { ttl_days: 12, retention_policy: 'minimal' })
  await owner(`PUT /api/v1/logs/config/${name}-billing`, { ttl_days: 13, alert_on_errors: true })
  const keys = { ownerKey, ingestKey: ingest.key ?? '', queryKey: query.key ?? '', adminKey: admin.key ?? '' }
  await sendSealed(server, { ...keys, core })
  await owner('PATCH /admin/settings', settingsOf(core))
  await sendLogs(server, { ...keys, core })
  await leaveTraces(server, ownerKey, core)

  const reader = new Client({ port: server.port, key: ownerKey })
  const { data, page } = await pageOf(reader, '/logs?limit=1')
  const incidents = await reader.get(`/integration/incidents?limit=1&rule=${rule.id}`)
  const [incident] = Incidents.parse(JSON.parse(incidents.text)).data
  reader.close()
  return {
    ...{ id, name, domain, core },
    ...keys,
    things: {
      ...{ id: data[0].id, key: named.id, member: member.id, tenant: id, domain },
      serviceId: service.id,
      ...{ rule: rule.id, incident: incident.id, webhook, delivery: ping.id },
      ...{ service: `${name}-service`, cursor: page.next_cursor ?? '' },
    },
    secrets: { core, hiddenKey: hidden.id, hiddenMember: unseen.id, ownerKeyId: first.id, ...keys },
  }
}

const Incidents = z.object({ data: z.array(z.object({ id: z.string() })).min(1) })

/** A rule that says the word wherever it can, and finds the logs that hold it. */
const ruleOf = (core: string) => ({
  ...{ name: `${core}-rule`, description: `${core}-rule-description`, kind: 'trigger', query: `*:${core}` },
  trigger: { type: 'count', count: 1, window: '1h', by: [`${core}-field`] },
  actions: [{ type: 'incident', severity: 'low' }],
})

/** A receiver that is not there. */
const webhookOf = (core: string) => ({
  ...{ url: `https://${core}.example.com/${core}-hook`, events: [`${core}_event`], description: `${core}-webhook` },
  secret: `${core}-webhook-secret-of-32-bytes`,
})

const recordRuleOf = (core: string) => ({
  ...{ name: `${core}-record-rule`, kind: 'record', query: `*:${core}` },
  effect: { set: { category: `${core}-category`, tags: [`${core}-tag`] } },
})

type Ask = (route: string, body?: object) => Promise<z.infer<typeof Made>>

function asker(server: Server, key: string): Ask {
  return async (route, body) => {
    const [method, target] = route.split(' ')
    const client = new Client({ port: server.port, key })
    const answer = await client.send(target, { method, ...(body && { body: JSON.stringify(body) }) })
    client.close()
    expect(answer.status, `${route} ${answer.text}`).toBeLessThan(300)
    const made = Made.safeParse(JSON.parse(answer.text))
    return made.success ? made.data : { id: '' }
  }
}

const settingsOf = (core: string) => ({
  retention: {
    policies: [
      { name: `${core}-policy`, match: { services: [`${core}-service`] }, days: 20 },
      { name: 'noise', match: { services: ['noise'] }, days: 1 },
    ],
    holds: [{ name: `${core}-hold`, query: `message:${core}-held` }],
  },
  redaction: { patterns: [{ name: `${core}-pattern`, pattern: `${core}-pin-\\d+` }] },
  field_mapping: { [`${core}.mapped`]: 'field' },
  level_mapping: { [`${core}-level`]: 'warn' },
  origins: [`https://${core}.example`],
  jwt_issuers: [
    {
      ...{ id: `${core}-idp`, issuer: `https://${core}.example/`, audience: `${core}-audience` },
      ...{ jwks_url: `https://${core}.example.com/jwks.json`, algorithms: ['ES256'] },
      role: { claim: `${core}-claim`, map: { [`${core}-group`]: 'viewer' } },
    },
  ],
})

/**
 * So many logs that they are sealed, with some that hold the word. The others have expired once the settings are there, so
 * that answers stay small.
 */
async function sendSealed(
  server: Server,
  { core, ingestKey, adminKey }: Pick<CanaryTenant, 'core' | 'ingestKey' | 'adminKey'>,
): Promise<void> {
  const time = new Date(Date.now() - 2 * DAY_MS).toISOString()
  const noise = `{"time":"${time}","message":"a log among others","service":"noise"}\n`.repeat(NOISE_ROWS)
  const client = new Client({ port: server.port, key: ingestKey })
  for (let sent = 0; sent < SEGMENT_ROWS_MAX; sent += NOISE_ROWS)
    receiptOf(await client.post('/logs', marksOf(core, 10) + noise))
  const admin = new Client({ port: server.port, key: adminKey })
  await vi.waitFor(async () => expect((await usageOf(admin)).generation).toBeGreaterThan(0), { timeout: 30_000 })
  client.close()
  admin.close()
}

/** Logs that are not sealed, by a key for repetition that others use too, and by one of its own. */
async function sendLogs(server: Server, { core, ingestKey }: Pick<CanaryTenant, 'core' | 'ingestKey'>): Promise<void> {
  const client = new Client({ port: server.port, key: ingestKey })
  const [same, own] = ['the-same-for-everybody', `${core}-idempotency`]
  receiptOf(await client.post('/logs', marksOf(core, 50), { 'idempotency-key': same }))
  receiptOf(await client.post('/logs', marksOf(core, 1), { 'idempotency-key': own, 'x-request-id': `${core}-request` }))
  client.close()
}

/** Logs with the word in every part of a record. */
function marksOf(core: string, count: number): string {
  const log = JSON.stringify({
    ...{ message: `a message with ${core}-message`, service: `${core}-service`, host: `${core}-host` },
    ...{ category: `${core}-category`, tags: [`${core}-tag`], level: `${core}-level`, trace_id: `${core}-trace` },
    [`${core}-field`]: `${core}-value`,
    secret: { nested: [`${core}-nested`] },
    pin: `${core}-pin-1234`,
  })
  return `${log}\n`.repeat(count)
}

/** What fails, and what is only asked, leaves the word in the audit and in what the service writes about itself. */
async function leaveTraces(server: Server, key: string, core: string): Promise<void> {
  const client = new Client({ port: server.port, key })
  const requests: readonly (readonly [target: string, request: Request])[] = [
    ['/logs', { method: 'POST', body: `{"${core}-broken` }],
    ['/logs', { method: 'POST', body: `{"time":"${core}-time"}` }],
    [`/logs?q=${core}-asked`, {}],
    [`/logs?q=(${core}-unbalanced`, {}],
    [`/${core}-path`, {}],
    [`/admin/keys/${core}-key`, {}],
    [`/logs?${core}-parameter=1`, { headers: { 'x-request-id': `${core}-request`, 'user-agent': `${core}-agent` } }],
    ['/session', { method: 'POST' }],
  ]
  for (const [target, request] of requests)
    expect((await client.send(target, request)).status, target).toBeLessThan(500)
  client.close()
}
