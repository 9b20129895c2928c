import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { cloudflareHostnames } from '../../src/domains/custom-hostname'
import { CUSTOM_HOSTNAME_BYTES_MAX } from '../../src/limits/limits'
import { type HostnameApi, problem, startHostnameApi } from '../support/hostname-api'
import { callLocally } from '../support/local-http'

let api: HostnameApi
beforeEach(async () => {
  api = await startHostnameApi(2)
})
afterEach(() => api.close())

const hostnames = () => cloudflareHostnames(callLocally, api.account)
const HOST = 'logs.customer.com'

describe('Cloudflare’s custom hostnames', () => {
  it('are registered once, however often they are asked for', async () => {
    const first = await hostnames().ensure(HOST)
    expect(first).toMatchObject({ ok: true, value: { id: 'id-1', status: 'pending' } })
    expect(await hostnames().ensure(HOST)).toEqual(first)
    expect(api.asked.filter((asked) => asked.startsWith('POST'))).toHaveLength(1)
  })

  it('say what the owner has to do, and what is wrong', async () => {
    await hostnames().ensure(HOST)
    const { certificate: _, ...made } = api.registered.get(HOST) ?? expect.fail()
    api.registered.set(HOST, { ...made, certificate: 'pending_validation' })
    expect(await hostnames().find(HOST)).toMatchObject({
      value: {
        status: 'pending',
        records: [
          { type: 'TXT', name: `_cf-custom-hostname.${HOST}` },
          { type: 'HTTP', content: '5cc0' },
          { type: 'HTTP', url: `http://${HOST}/.well-known/acme-challenge/x`, content: 'x.y' },
        ],
        faults: ['custom hostname does not CNAME to this zone.', 'SERVFAIL looking up CAA'],
      },
    })
  })

  it('are active with a certificate only', async () => {
    await hostnames().ensure(HOST)
    const made = api.registered.get(HOST) ?? expect.fail()
    const statusOf = async (status: string, certificate: string) => {
      api.registered.set(HOST, { ...made, status, certificate })
      const found = await hostnames().find(HOST)
      return found.ok ? found.value?.status : found.fault
    }
    expect(await statusOf('active', 'pending_deployment')).toBe('pending')
    expect(await statusOf('active', 'active')).toBe('active')
    expect(await statusOf('active_redeploying', 'active')).toBe('active')
    expect(await statusOf('moved', 'active')).toBe('moved')
    expect(await statusOf('blocked', 'active')).toBe('blocked')
    expect(await statusOf('something_new', 'active')).toBe('pending')
  })

  it('are told apart from names that only contain them, on any page', async () => {
    for (let other = 0; other < 120; other++) {
      const hostname = `${other}-${HOST}`
      api.registered.set(hostname, { id: `other-${other}`, hostname, status: 'active', certificate: 'active' })
    }
    expect(await hostnames().find(HOST)).toEqual({ ok: true, value: undefined })
    api.registered.set(HOST, { id: 'mine', hostname: HOST, status: 'active', certificate: 'active' })
    expect(await hostnames().find(HOST)).toMatchObject({ value: { id: 'mine' } })
    expect(await hostnames().remove(HOST)).toEqual({ ok: true, value: undefined })
    expect(api.registered.has(HOST)).toBe(false)
    expect(api.registered.size).toBe(120)
  })

  it('may be registered by somebody else in the same moment', async () => {
    api.registered.set(HOST, { id: 'theirs', hostname: HOST, status: 'pending', certificate: 'initializing' })
    api.failNext('GET', { status: 200, body: JSON.stringify({ success: true, errors: [], messages: [], result: [] }) })
    expect(await hostnames().ensure(HOST)).toMatchObject({ ok: true, value: { id: 'theirs' } })
  })

  it('are gone when they were never there, or went in the same moment', async () => {
    expect(await hostnames().remove(HOST)).toEqual({ ok: true, value: undefined })
    await hostnames().ensure(HOST)
    api.failNext('DELETE', problem(404, 1436, 'The custom hostname was not found.'))
    expect(await hostnames().remove(HOST)).toEqual({ ok: true, value: undefined })
  })

  it('end at the quota, and say so', async () => {
    await hostnames().ensure('a.customer.com')
    await hostnames().ensure('b.customer.com')
    expect(await hostnames().ensure('c.customer.com')).toEqual({ ok: false, fault: { kind: 'quota' } })
  })

  it('that the platform refuses are refused in its words', async () => {
    expect(await hostnames().ensure('logs.test')).toEqual({
      ok: false,
      fault: { kind: 'refused', detail: 'Reserved top domain custom hostnames' },
    })
  })

  it('tell a wrong token, too many requests and an outage apart', async () => {
    const other = cloudflareHostnames(callLocally, { ...api.account, apiToken: 'wrong' })
    expect(await other.ensure(HOST)).toEqual({ ok: false, fault: { kind: 'unauthorised' } })
    const faultAfter = async (reply: Parameters<HostnameApi['failNext']>[1]) => {
      api.failNext('POST', reply)
      const outcome = await hostnames().ensure(HOST)
      return outcome.ok ? undefined : outcome.fault
    }
    const limited = problem(429, 971, 'Please wait and consider throttling your request speed', { 'retry-after': '17' })
    expect(await faultAfter(limited)).toEqual({ kind: 'rate_limited', retryAfterSeconds: 17 })
    expect(await faultAfter(problem(429, 971, 'Please wait'))).toEqual({ kind: 'rate_limited', retryAfterSeconds: 30 })
    for (const reply of [
      undefined,
      { status: 502, body: '<html>bad gateway</html>' },
      { status: 200, body: '{}' },
      { status: 200, body: JSON.stringify({ success: true, errors: [], result: { id: 7 } }) },
      { status: 200, body: 'x'.repeat(CUSTOM_HOSTNAME_BYTES_MAX + 1) },
    ])
      expect(await faultAfter(reply)).toEqual({ kind: 'unavailable' })
  })

  it('never have the token in what comes back', async () => {
    api.failNext('POST', problem(403, 10000, 'Authentication error'))
    expect(JSON.stringify(await hostnames().ensure(HOST))).not.toContain(api.account.apiToken)
  })
})
