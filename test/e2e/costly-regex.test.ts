import { afterAll, beforeAll, expect, it } from 'vitest'
import { Problem, pageOf, receiptOf } from '../support/answers'
import { Client, parseAnswer } from '../support/client'
import { randomIntegers } from '../support/sample-logs'
import { endAllServers, Server } from '../support/server'

const LOGS = 20_000
const LOG_CHARACTERS = 40

/** Branches that remember each another part of the last bytes: over random letters every byte leads to a new state. */
const BRANCHES = Array.from({ length: 20 }, (_, index) => `[a${'bcdefgh'[index % 7]}].{${40 - index}}`)
const PATTERN = `~"(${BRANCHES.join('|')})[QX]"`

/** The promise is two seconds for a million; these are a fiftieth, on a machine that may be busy. */
const ANSWER_MS_MAX = 2000

let server: Server
let reader: Client

beforeAll(async () => {
  server = await Server.start({ flags: ['--quiet'] })
  reader = new Client({ port: server.port, key: server.tenant.queryKey })
  const next = randomIntegers(7)
  const message = (): string => Array.from({ length: LOG_CHARACTERS }, () => 'abcdefgh'[next(8)]).join('')
  const lines = Array.from({ length: LOGS }, () => JSON.stringify({ message: message() }))
  receiptOf(await new Client({ port: server.port, key: server.tenant.ingestKey }).post('/logs', lines.join('\n')))
})
afterAll(endAllServers)

it.each([
  ['a search', `/logs?q=${encodeURIComponent(PATTERN)}`],
  ['a count', `/logs?q=${encodeURIComponent(`${PATTERN} | count`)}`],
  ['a histogram', `/analytics/histogram?q=${encodeURIComponent(PATTERN)}`],
  ['facets', `/analytics/facets?q=${encodeURIComponent(PATTERN)}`],
])('%s with a pattern that would hold a core for minutes is refused with its place in the query', async (_, target) => {
  const startMs = performance.now()
  const answer = await reader.get(target)
  expect(performance.now() - startMs).toBeLessThan(ANSWER_MS_MAX)
  const problem = parseAnswer(Problem, answer)
  expect(problem).toMatchObject({ status: 400, code: 'query_syntax', errors: [{ code: 'regex_too_costly' }] })
  expect(problem.span).toEqual([0, PATTERN.length])
})

it('an export that has begun ends by saying why it is not complete', async () => {
  const { status, text } = await reader.get(`/logs/export?q=${encodeURIComponent(PATTERN)}`)
  expect(status).toBe(200)
  const ending: unknown = JSON.parse(text.trimEnd().split('\n').at(-1) ?? '')
  expect(ending).toMatchObject({ _meta: { complete: false, reason: 'regex_too_costly' } })
})

it('the same pattern beside a word that every match has is answered', async () => {
  const { data, meta } = await pageOf(reader, `/logs?q=${encodeURIComponent(`nowhere ${PATTERN}`)}`)
  expect([data, meta.partial]).toEqual([[], false])
})
