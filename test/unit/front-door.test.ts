import { describe, expect, it } from 'vitest'
import { activityLog } from '../../src/activity/activity-log'
import { answerPlainly } from '../../src/http/plain-request'
import { methodsOf, type RouteRow } from '../../src/http/unknown-route'
import { ACTIVITY_LINES_MAX } from '../../src/limits/limits'
import { statusOf } from '../../src/routes/show-health'
import { within } from '../../src/storage/within'
import { silenceConsole } from '../support/silence-console'

const rows: RouteRow[] = [
  ['GET', /^\/logs$/],
  ['POST', /^\/logs$/],
  ['GET', /^\/logs\/[^/]+$/],
  ['ALL', /.*/],
]

describe('methodsOf', () => {
  it('lists the methods of an address once, with HEAD for what can be read', () => {
    expect(methodsOf(rows, '/logs')).toEqual(['GET', 'HEAD', 'POST'])
    expect(methodsOf(rows, '/logs/log_1')).toEqual(['GET', 'HEAD'])
    expect(methodsOf(rows, '/other')).toEqual([])
  })
})

describe('answerPlainly', () => {
  const seen = async (url: string, method: string) => {
    const requests: Request[] = []
    const response = await answerPlainly(new Request(url, { method }), async (request) => {
      requests.push(request)
      return new Response('body', { status: 201, headers: { 'x-kept': 'yes' } })
    })
    return { response, url: requests[0].url, method: requests[0].method }
  }

  it('joins slashes of the path, and leaves the query alone', async () => {
    expect((await seen('http://a//logs///x?from=http://b//c', 'GET')).url).toBe('http://a/logs/x?from=http://b//c')
  })

  it('answers HEAD with all of a GET but its body', async () => {
    const { response, method } = await seen('http://a/logs', 'HEAD')
    expect([method, response.status, response.headers.get('x-kept'), await response.text()]).toEqual([
      'GET',
      201,
      'yes',
      '',
    ])
  })
})

describe('within', () => {
  it('answers what the work answers, or fails as it fails', async () => {
    expect(await within(1000, Promise.resolve(7))).toBe(7)
    await expect(within(1000, Promise.reject(new Error('no')))).rejects.toThrow('no')
  })

  it('does not wait for longer than it was told', async () => {
    await expect(within(0, new Promise(() => {}))).rejects.toThrow('no answer within 0 ms')
  })
})

describe('statusOf', () => {
  const ok = { control: 'ok', payload: 'ok', cache: 'ok', archive: 'ok', tenant: 'ok' } as const

  it('is unhealthy only without what nothing works without', () => {
    expect(statusOf(ok)).toBe('healthy')
    expect(statusOf({ ...ok, archive: 'absent' })).toBe('healthy')
    for (const binding of ['payload', 'cache', 'archive'] as const)
      expect(statusOf({ ...ok, [binding]: 'down' })).toBe('degraded')
    for (const binding of ['control', 'tenant'] as const)
      expect(statusOf({ ...ok, [binding]: 'down' })).toBe('unhealthy')
  })
})

describe('activityLog', () => {
  silenceConsole()

  it('keeps what it prints from info on, with what it is about', () => {
    const log = activityLog('debug', { requestId: 'req_1' })
    log.debug('looked')
    log.warn('kv_read_failed', { tries: 2 })
    expect(log.kept).toMatchObject([
      { level: 'warn', event: 'kv_read_failed', fields: { requestId: 'req_1', tries: 2 } },
    ])
  })

  it('keeps a note without printing it, unless it is below the level', () => {
    const log = activityLog('info', {})
    log.note('isolate_started')
    expect(log.kept).toMatchObject([{ level: 'info', event: 'isolate_started' }])
    expect(console.info).not.toHaveBeenCalled()
    const quiet = activityLog('warn', {})
    quiet.note('isolate_started')
    expect(quiet.kept).toEqual([])
  })

  it('keeps no more than its limit', () => {
    const log = activityLog('info', {})
    for (let line = 0; line < ACTIVITY_LINES_MAX + 10; line++) log.info('again')
    expect(log.kept).toHaveLength(ACTIVITY_LINES_MAX)
  })
})
