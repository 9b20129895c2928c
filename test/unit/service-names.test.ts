import fc from 'fast-check'
import { expect, it } from 'vitest'
import { readBatch } from '../../src/formats/read-batch'
import { createRedactor, DEFAULT_KINDS } from '../../src/records/redact/redact'

const RULE = { form: /^[A-Za-z0-9_-]{1,8}$/, rule: 'the rule' }
const redactor = createRedactor({ kinds: DEFAULT_KINDS })

const read = (body: string, contentType = 'application/json') =>
  readBatch(new TextEncoder().encode(body), contentType, {
    receivedMs: 1_795_255_200_000,
    retentionMs: 86_400_000,
    redactor,
    source: 'http',
    serviceNames: RULE,
  })

it('a rule for names of services refuses exactly the records whose name breaks it', () => {
  const name = fc.oneof(
    fc.stringMatching(/^[A-Za-z0-9_-]{1,10}$/),
    fc.string({ maxLength: 4 }),
    fc.constantFrom(undefined, '', 'a b', 'a.b', 'ä', 'a\n', 'a/b', '-', '_'),
  )
  const log = fc.record({ service_name: name, level: fc.constantFrom('INFO', 'ERROR'), extra: fc.option(fc.nat()) })
  fc.assert(
    fc.property(fc.array(log, { minLength: 1, maxLength: 30 }), (logs) => {
      const { rejected, received, summaries } = read(JSON.stringify({ logs }))
      const bad = logs.flatMap(({ service_name }, index) => (RULE.form.test(service_name ?? '') ? [] : [index]))
      expect(received).toBe(logs.length)
      expect(rejected.map(({ index, code, detail }) => [index, code, detail])).toEqual(
        bad.map((index) => [index, 'invalid_service_name', RULE.rule]),
      )
      expect(summaries.reduce((sum, { rows }) => sum + rows, 0)).toBe(logs.length - bad.length)
    }),
  )
})

it('says where the name stands, and refuses text, which has none', () => {
  expect(read('{"service_name":"a b"}').rejected).toMatchObject([{ pointer: '/service_name' }])
  expect(read('{"message":"m"}').rejected[0]).not.toHaveProperty('pointer')
  expect(read('a line\nand another', 'text/plain').rejected).toHaveLength(2)
})
