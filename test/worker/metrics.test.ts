import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { demo } from '../support/demo'

const { tenantId, ask } = await demo()

const metrics = async (who: 'operator' | 'query', path = '/metrics'): Promise<string> => (await ask(who, path)).text()

/** The value of a sample, by its name and labels as they stand in the text. */
const sampleOf = (text: string, sample: string): number =>
  Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${sample} `))
      ?.slice(sample.length),
  )

beforeAll(async () => {
  const key = { 'idempotency-key': 'once' }
  const logs = JSON.stringify([{ message: 'a' }, { message: 'b' }, { message: 'c', time: '1999-01-01T00:00:00Z' }])
  await ask('ingest', '/logs', { method: 'POST', body: logs, headers: { 'content-type': 'application/json' } })
  for (let times = 0; times < 2; times++) {
    const sent = await ask('ingest', '/logs', { method: 'POST', body: '{"message":"d"}', headers: key })
    expect(sent.status, await sent.text()).toBe(202)
  }
  const insert =
    'INSERT INTO tenant (id, name, status, plan, payload_database, settings_version, created_ms) ' +
    `VALUES ('ten_zed', 'zed "quoted"', 'active', 'free', 'PAYLOAD', 0, 0)`
  await env.CONTROL.prepare(insert).run()
})

describe('GET /metrics', () => {
  it('gives a tenant its own account, and nothing of anybody else', async () => {
    const text = await metrics('query')
    const label = `{tenant="${tenantId}"}`
    expect(sampleOf(text, `sluice_records_received_total${label}`)).toBe(5)
    expect(sampleOf(text, `sluice_records_stored_total${label}`)).toBe(3)
    expect(sampleOf(text, `sluice_records_duplicate_total${label}`)).toBe(1)
    expect(sampleOf(text, `sluice_journal_rows${label}`)).toBe(3)
    expect(text).toMatch(new RegExp(`sluice_records_rejected_total\\{tenant="${tenantId}",code="\\w+"\\} 1\n`))
    expect(new Set(Array.from(text.matchAll(/tenant="([^"]*)"/g), ([, tenant]) => tenant))).toEqual(new Set([tenantId]))
    expect(text).not.toContain('sluice_binding_up')
  })

  it('gives the operator all tenants and the bindings', async () => {
    const text = await metrics('operator')
    expect(sampleOf(text, `sluice_records_stored_total{tenant="${tenantId}"}`)).toBe(3)
    expect(sampleOf(text, 'sluice_records_stored_total{tenant="ten_zed"}')).toBe(0)
    expect(text).toContain(
      'sluice_tenant_info{tenant="ten_zed",name="zed \\"quoted\\"",status="active",plan="free"} 1\n',
    )
    expect(sampleOf(text, 'sluice_tenants')).toBe(3)
    expect(sampleOf(text, 'sluice_tenants_omitted')).toBe(0)
    for (const binding of ['control', 'payload', 'cache', 'archive', 'tenant'])
      expect(sampleOf(text, `sluice_binding_up{binding="${binding}"}`)).toBe(1)
  })

  it('says by its type which format it is, and follows it line by line', async () => {
    const response = await ask('operator', '/metrics')
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    const lines = (await response.text()).split('\n')
    expect(lines.pop()).toBe('')
    const line =
      /^(# HELP \w+ .+|# TYPE \w+ (counter|gauge)|\w+(\{\w+="([^"\\]|\\.)*"(,\w+="([^"\\]|\\.)*")*\})? -?\d+(\.\d+)?)$/
    for (const one of lines) expect(one).toMatch(line)
  })

  it('is for nobody without a key, a key that only writes, or the operator on a tenant’s domain', async () => {
    expect((await ask('nobody', '/metrics')).status).toBe(401)
    expect((await ask('ingest', '/metrics')).status).toBe(403)
    expect((await ask('operator', 'http://acme.localhost:8787/metrics')).status).toBe(404)
  })
})
