import { expect, it } from 'vitest'
import { challengeOf } from '../../src/domains/challenge'
import { ProblemAnswer } from '../../src/openapi/answers'
import { demo } from '../support/demo'

const { ask, tenantId } = await demo()

// A domain that points at us would else prove whatever anybody claims of it.
it('a challenge file is never answered by us, on any host, to anybody, in any spelling of its address', async () => {
  const hosts = ['localhost:8787', 'acme.localhost', 'nobody.localhost', 'sluice.somebody.workers.dev', 'customer.com']
  for (const host of hosts) {
    const domain = host.replace(/:\d+$/, '')
    const { token, answer, file } = challengeOf({
      secret: new Uint8Array(32),
      tenantId,
      domain,
      expiresMs: Date.now() + 1e6,
    })
    const { pathname } = new URL(file.url)
    const paths = [
      pathname,
      `${pathname}/`,
      `/${pathname}`,
      `//${pathname.replaceAll('/', '//')}`,
      `${pathname}?x=${token}`,
      `${pathname}.txt`,
      pathname.toUpperCase(),
      '/.well-known/sluice-challenge/',
      '/.well-known/sluice-challenge',
      '/.well-known/',
      `/x/..${pathname}`,
      pathname.replace('.well-known', '%2ewell-known'),
    ]
    for (const path of paths) {
      for (const who of ['nobody', 'admin', 'operator'] as const) {
        for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'OPTIONS']) {
          const response = await ask(who, `http://${host}${path}`, { method })
          const text = await response.text()
          expect(response.status, `${method} ${host}${path}`).toBe(404)
          expect(text).not.toContain(token)
          expect(text).not.toContain(answer)
          if (method === 'GET') expect(ProblemAnswer.parse(JSON.parse(text))).toMatchObject({ code: 'not_found' })
        }
      }
    }
  }
})
