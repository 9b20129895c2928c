import { beforeAll, describe, expect, it } from 'vitest'
import { ProblemAnswer } from '../../src/openapi/answers'
import { demo } from '../support/demo'

const { ask } = await demo()

beforeAll(() => ask('ingest', '/logs', { method: 'POST', body: '{"message":"found by any spelling"}' }))

describe('a known address', () => {
  it('answers a method that it does not take with those that it takes', async () => {
    const response = await ask('admin', '/logs', { method: 'DELETE' })
    expect(response.headers.get('allow')).toBe('POST, GET, HEAD, OPTIONS')
    expect(ProblemAnswer.parse(await response.json())).toMatchObject({ status: 405, code: 'method_not_allowed' })
  })

  it('tells its methods to who asks with OPTIONS', async () => {
    const response = await ask('nobody', '/logs/search', { method: 'OPTIONS' })
    expect([response.status, response.headers.get('allow')]).toEqual([204, 'POST, GET, HEAD, OPTIONS'])
  })

  it('answers HEAD as GET without the body', async () => {
    for (const path of ['/health', '/logs?q=found', '/logs/export']) {
      const head = await ask('query', path, { method: 'HEAD' })
      const get = await ask('query', path)
      expect(head.status).toBe(200)
      expect(head.headers.get('content-type')).toBe(get.headers.get('content-type'))
      expect(await head.text()).toBe('')
      await get.body?.cancel()
    }
    expect((await ask('nobody', '/logs', { method: 'HEAD' })).status).toBe(401)
  })

  it('is found with repeated and trailing slashes', async () => {
    for (const path of ['//logs?q=found', '/logs/?q=found', '///logs//?q=found']) {
      const response = await ask('query', `http://localhost:8787${path}`)
      expect(response.status, path).toBe(200)
      expect(await response.text()).toContain('found by any spelling')
    }
    const sent = await ask('ingest', 'http://localhost:8787//logs//', { method: 'POST', body: '{"message":"two"}' })
    expect(sent.status).toBe(202)
  })
})

describe('an unknown address', () => {
  it('answers 404, whatever the method', async () => {
    for (const method of ['GET', 'POST', 'OPTIONS', 'PROPFIND']) {
      const response = await ask('admin', '/nothing/here', { method })
      expect(ProblemAnswer.parse(await response.json())).toMatchObject({ status: 404, code: 'not_found' })
    }
  })
})
