import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ApiError, PROBLEMS, problemResponse } from '../../src/http/problem'

const page = readFileSync(join(import.meta.dirname, '../../docs/errors.md'), 'utf8')

describe('docs/errors.md', () => {
  const sections = page.split(/^## /m).slice(1)

  it('has one section per code, in the order of the table', () => {
    expect(sections.map((section) => section.split('\n', 1)[0])).toEqual(Object.keys(PROBLEMS))
  })

  it('says for each code its status and title, when it comes and what to do', () => {
    for (const section of sections) {
      const [, code, status, title] =
        /^(\w+)\n\n`(\d+)` · (.+)\.\n\n\*\*When\.\*\* .+\n\n\*\*What to do\.\*\* .+\n/.exec(section) ?? []
      expect(Object.entries(PROBLEMS), section).toContainEqual([
        code,
        expect.objectContaining({ status: Number(status), title }),
      ])
    }
  })
})

describe('problemResponse', () => {
  it('answers an ApiError with everything it says', async () => {
    const error = new ApiError('rate_limited', 'More than 100 requests in 60 s.', {
      retryAfterSeconds: 7,
      limit: { name: 'requests', value: 100 },
    })
    const response = problemResponse(error, 'req_1')
    expect(response.status).toBe(429)
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect(response.headers.get('retry-after')).toBe('7')
    expect(await response.json()).toEqual({
      type: '/docs/errors#rate_limited',
      title: 'Too many requests or logs',
      status: 429,
      code: 'rate_limited',
      detail: 'More than 100 requests in 60 s.',
      hint: PROBLEMS.rate_limited.hint,
      instance: 'req_1',
      limit: { name: 'requests', value: 100 },
    })
  })

  it('lists errors with their spans, and counts those left out', async () => {
    const errors = [{ code: 'unknown_pipe', detail: 'There is no pipe "cuont".', span: [8, 13] }] as const
    const body = await problemResponse(
      new ApiError('query_syntax', 'No.', { errors, errorsOmitted: 3, span: [8, 13] }),
      'req_1',
    ).json()
    expect(body).toMatchObject({ errors, errors_omitted: 3, span: [8, 13] })
  })

  it('tells nothing of an error that is not an ApiError', async () => {
    for (const secret of [
      new Error('D1_ERROR: password=hunter2'),
      'hunter2',
      undefined,
      { code: 'not_found', message: 'hunter2' },
    ]) {
      const response = problemResponse(secret, 'req_1')
      expect(response.status).toBe(500)
      const text = await response.text()
      expect(text).toContain('"code":"internal"')
      expect(text).not.toContain('hunter2')
    }
  })

  it('names the scheme on 401, and adds the headers that were asked for', () => {
    expect(problemResponse(new ApiError('unauthenticated'), 'req_1').headers.get('www-authenticate')).toBe('Bearer')
    const refused = new ApiError('method_not_allowed', 'GET only.', { headers: { allow: 'GET' } })
    expect(problemResponse(refused, 'req_1').headers.get('allow')).toBe('GET')
  })

  it('gives codes that a sender retries only where sending again can help', () => {
    const retried = Object.entries(PROBLEMS).filter(([, { status }]) => status === 429 || status >= 500)
    expect(retried.map(([code]) => code).sort()).toEqual(
      [
        ...['ingest_paused', 'internal', 'issuer_unavailable', 'partition_unavailable', 'query_timeout'],
        ...['quota_exceeded', 'rate_limited'],
      ].sort(),
    )
  })
})
