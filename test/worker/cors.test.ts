import { beforeAll, describe, expect, it } from 'vitest'
import { router } from '../../src/router'
import { NewKeyAnswer } from '../../src/routes/key-answer'
import { demo } from '../support/demo'

const { ask } = await demo()

const PAGE = 'https://shop.example'
let key = ''

const bearer = (extra: Record<string, string>) => ({ authorization: `Bearer ${key}`, ...extra })

beforeAll(async () => {
  const body = JSON.stringify({ kind: 'pub', origins: [PAGE, 'http://localhost:5173'] })
  const made = await ask('admin', '/admin/keys', { method: 'POST', body })
  key = NewKeyAnswer.parse(await made.json()).key
})

const preflight = (path: string, method: string, origin = PAGE) =>
  ask('nobody', path, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': method,
      'access-control-request-headers': 'authorization,content-type,idempotency-key,x-api-key',
    },
  })

const corsHeaders = ({ headers }: Response) =>
  Object.fromEntries([...headers].filter(([name]) => name.startsWith('access-control-')))

describe('a browser that asks first', () => {
  it('is told that pages may send logs, with which headers, and never with cookies', async () => {
    for (const path of ['/logs', '/api/v1/logs/ingest', '/api/v1/logs/ingest/batch']) {
      const response = await preflight(path, 'POST')
      expect(response.status).toBe(204)
      expect(corsHeaders(response)).toMatchObject({
        'access-control-allow-origin': PAGE,
        'access-control-allow-methods': 'POST',
        'access-control-max-age': '7200',
      })
      const allowed = response.headers.get('access-control-allow-headers')?.split(', ')
      expect(allowed).toEqual(expect.arrayContaining(['authorization', 'content-type', 'idempotency-key', 'x-api-key']))
      expect(response.headers.get('vary')).toContain('Origin')
      expect(response.headers.get('access-control-allow-credentials')).toBeNull()
    }
  })

  it('is told nothing of the kind for any other route', async () => {
    const others = router.routes.filter(
      ([, , steps]) => !steps.some((step) => 'scope' in step && step.scope === 'logs:write'),
    )
    expect(others.length).toBeGreaterThan(20)
    for (const [method, , , path = ''] of others) {
      const response = await preflight(path.replace(/:\w+/g, 'x').replace('*', 'x'), method)
      expect(corsHeaders(response), `${method} ${path}`).toEqual({})
    }
  })
})

describe('a page with a key for browsers', () => {
  it('of one of the key’s origins sends logs, and reads the answer, also a refusal', async () => {
    const sent = await ask('nobody', '/logs', {
      method: 'POST',
      headers: bearer({ origin: PAGE }),
      body: '{"message":"hi"}',
    })
    expect(sent.status).toBe(202)
    const bad = await ask('nobody', '/logs', { method: 'POST', headers: bearer({ origin: PAGE }), body: '' })
    expect(bad.status).toBe(400)
    for (const response of [sent, bad]) {
      expect(corsHeaders(response)).toMatchObject({ 'access-control-allow-origin': PAGE })
      expect(response.headers.get('access-control-expose-headers')).toContain('retry-after')
      expect(response.headers.get('vary')).toContain('Origin')
      expect(response.headers.get('access-control-allow-credentials')).toBeNull()
    }
  })

  it('of any other origin, or of none, is refused, and reads nothing', async () => {
    for (const origin of [
      'https://evil.example',
      'https://shop.example.evil',
      'http://shop.example',
      'null',
      undefined,
    ]) {
      const headers = bearer(origin === undefined ? {} : { origin })
      const response = await ask('nobody', '/logs', { method: 'POST', headers, body: '{"message":"hi"}' })
      expect(response.status, origin).toBe(403)
      expect(corsHeaders(response)).toEqual({})
    }
  })

  it('reads no logs and administers nothing', async () => {
    for (const path of ['/logs', '/admin/keys']) {
      expect((await ask('nobody', path, { headers: bearer({ origin: PAGE }) })).status).toBe(403)
    }
  })
})

describe('other credentials', () => {
  it('let no page of another origin read an answer', async () => {
    for (const who of ['ingest', 'query', 'admin', 'operator', 'nobody'] as const) {
      const response = await ask(who, '/logs', { headers: { origin: PAGE } })
      expect(corsHeaders(response), who).toEqual({})
    }
  })
})
