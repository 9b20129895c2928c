import { describe, expect, it } from 'vitest'
import { createRedactor, DEFAULT_KINDS } from '../../src/records/redact/redact'
import { defaultRedactor, documentsOf, read } from '../support/read-back'

/** Written in halves, so that no scanner takes the tests for a leak. */
const AWS_KEY = ['AK', 'IAIOSFODNN7EXAMPLE'].join('')
const GITHUB_TOKEN = ['gh', 'p_16C7e42F292c6912E7710c838347Ae178B4a'].join('')
const BEARER = ['Bea', 'rer 9f8e7d6c5b4a39281706f5e4d3c2b1a0'].join('')
const CARD = '4111111111111111'
const PLAIN = 'correct-horse-7'

/** The body's documents after redaction. No block holds any of the secrets, and every document is JSON. */
function redacted(body: string, secrets: readonly string[], contentType = 'application/json'): string[] {
  const result = read(body, contentType, defaultRedactor)
  expect(result.rejected).toEqual([])
  for (const block of result.blocks) {
    for (const secret of secrets) expect(Buffer.from(block).includes(secret), secret).toBe(false)
  }
  const documents = documentsOf(result)
  for (const document of documents) expect(() => JSON.parse(document)).not.toThrow()
  return documents
}

describe('redaction before anything is stored', () => {
  it('replaces secrets in text, and leaves the cells beside them as they were', () => {
    const lines = [
      `{"message":"plain \\/ text","note":"\\u00e9"}`,
      `{"message":"key ${AWS_KEY} used","note":"${GITHUB_TOKEN}"}`,
      `{"message":"sent ${BEARER}.","note":"\\ud800 ${AWS_KEY}"}`,
      `{"message":"plain again","note":"\\ud800"}`,
    ]
    const documents = redacted(lines.join('\n'), [AWS_KEY, GITHUB_TOKEN, BEARER.slice(7)])
    expect([documents[0], documents[3]]).toEqual([lines[0], lines[3]])
    expect(documents[1]).toBe('{"message":"key [REDACTED:aws_key] used","note":"[REDACTED:github_token]"}')
    expect(JSON.parse(documents[2]).message).toContain('[REDACTED:bearer]')
  })

  it('finds what escapes would hide', () => {
    const escaped = [...AWS_KEY]
      .map((character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join('')
    const bodies = [`{"a":"${escaped}"}`, `{"a":["${escaped}"]}`, `{"a":"\\/${escaped}"}`]
    for (const body of bodies) expect(redacted(body, [AWS_KEY, escaped])[0]).toContain('[REDACTED:aws_key]')
  })

  it.each([
    [`{"password":"${PLAIN}"}`, '{"password":"[REDACTED:secret]"}'],
    ['{"password":48151623}', '{"password":"[REDACTED:secret]"}'],
    [`{"api_key":["${PLAIN}",48151623,null]}`, '{"api_key":"[REDACTED:secret]"}'],
    [
      `{"a":1,"secret":{"x":"${PLAIN}","y":48151623,"z":true},"b":2}`,
      '{"a":1,"secret":{"x":"[REDACTED:secret]","y":"[REDACTED:secret]","z":true},"b":2}',
    ],
    [
      `{"x":48151623,"x":48151623,"pin_code":1}`.replaceAll('"x"', '"clientSecret"'),
      '{"clientSecret":"[REDACTED:secret]","clientSecret":"[REDACTED:secret]","pin_code":1}',
    ],
    [
      `{"headers":{"Authorization":"${PLAIN}","Set-Cookie":["${PLAIN}"]}}`,
      '{"headers":{"Authorization":"[REDACTED:secret]","Set-Cookie":"[REDACTED:cookie]"}}',
    ],
    [
      `{"user.password":"${PLAIN}","a":{"db.pwd":48151623}}`,
      '{"user.password":"[REDACTED:secret]","a":{"db.pwd":"[REDACTED:secret]"}}',
    ],
    [`{"pass\\u0077ord":"${PLAIN}"}`, '{"pass\\u0077ord":"[REDACTED:secret]"}'],
    [`{"password":null,"token":true,"max_tokens":48}`, '{"password":null,"token":true,"max_tokens":48}'],
  ])('replaces what stands under a name that promises a secret: %s', (body, expected) => {
    for (const repeated of [body, `${body}\n${body}`]) {
      for (const document of redacted(repeated, [PLAIN, '48151623'])) expect(document).toBe(expected)
    }
  })

  it('goes through arrays and what is nested deep', () => {
    const inner = `[{"name":"ann","password":"${PLAIN}","keys":{"apiKey":[48151623,{"a":"${PLAIN}"}],"ok":[1,"x"]}},"${AWS_KEY}",${CARD}]`
    const expected =
      '[{"name":"ann","password":"[REDACTED:secret]","keys":{"apiKey":["[REDACTED:secret]",{"a":"[REDACTED:secret]"}],"ok":[1,"x"]}},' +
      '"[REDACTED:aws_key]","[REDACTED:card]"]'
    const wrap = (value: string, depth: number): string => `${'{"a":'.repeat(depth)}${value}${'}'.repeat(depth)}`
    for (const depth of [1, 63, 64, 65, 200]) {
      expect(redacted(wrap(inner, depth), [PLAIN, '48151623', AWS_KEY, CARD])).toEqual([wrap(expected, depth)])
    }
  })

  it('replaces under a secret name above the place where nesting is kept whole', () => {
    const deep = `${'{"a":'.repeat(80)}"${PLAIN}"${'}'.repeat(80)}`
    redacted(`{"password":${deep}}`, [PLAIN])
    redacted(`{"${'k'.repeat(2000)}":{"password":"${PLAIN}"}}`, [PLAIN])
  })

  it('goes through records that are kept whole', () => {
    const members = Array.from({ length: 10_000 }, (_, index) => `"key ${index}":"value ${index}"`)
    members[5000] = `"password":"${PLAIN}"`
    members[6000] = `"nested":{"authorization":{"scheme":"${PLAIN}"}}`
    members[7000] = `"message":"used ${AWS_KEY}"`
    members[8000] = `"amount":${CARD}`
    const [document] = redacted(`{${members.join(',')}}`, [PLAIN, AWS_KEY, CARD])
    expect(Object.keys(JSON.parse(document))).toHaveLength(10_000)
    expect(JSON.parse(document)).toMatchObject({
      password: '[REDACTED:secret]',
      nested: { authorization: { scheme: '[REDACTED:secret]' } },
      message: 'used [REDACTED:aws_key]',
      amount: '[REDACTED:card]',
      'key 9999': 'value 9999',
    })
  })

  it('goes through lines of text', () => {
    const lines = [`login with ${AWS_KEY}`, 'nothing here', `password=${PLAIN} ok`]
    const documents = redacted(lines.join('\n'), [AWS_KEY, PLAIN], 'text/plain')
    expect(documents[1]).toBe('"nothing here"')
    expect(documents[0]).toBe('"login with [REDACTED:aws_key]"')
  })

  it('makes a text of a number that is a card number, among numbers that are none', () => {
    const sources = ['{"card":1234567890123}', `{"card":${CARD}}`, '{"card":-7}', '{"card":12345678901234567890}']
    const documents = redacted(sources.join('\n'), [CARD])
    expect(documents).toEqual([sources[0], '{"card":"[REDACTED:card]"}', sources[2], sources[3]])
  })

  it('replaces secrets in what the system reads too', () => {
    const body = `{"service":"${AWS_KEY}","trace_id":"${GITHUB_TOKEN}","level":"${AWS_KEY}","time":"${AWS_KEY}"}`
    expect(redacted(body, [AWS_KEY, GITHUB_TOKEN])).toEqual([
      '{"service":"[REDACTED:aws_key]","trace_id":"[REDACTED:github_token]","level":"[REDACTED:aws_key]","time":"[REDACTED:aws_key]"}',
    ])
  })

  it('shows no secret in the reason why a record was refused', () => {
    const { rejected } = read(`{"timestamp":"${AWS_KEY}"}`, 'application/json', defaultRedactor)
    expect(rejected).toMatchObject([{ code: 'invalid_timestamp', detail: '"[REDACTED:aws_key]" is not a time' }])
  })

  it('writes plain placeholders where that is wanted', () => {
    const plain = createRedactor({ kinds: DEFAULT_KINDS, plain: true })
    const body = `{"password":"${PLAIN}","a":["${AWS_KEY}"]}`
    expect(documentsOf(read(body, 'application/json', plain))).toEqual(['{"password":"[REDACTED]","a":["[REDACTED]"]}'])
  })

  it('keeps every block within a row of the journal when placeholders are longer than what they replace', () => {
    const passwords = 'http://u:p@h '.repeat(60)
    const body = Array.from({ length: 2_500 }, (_, index) => `{"n":${index},"m":"${passwords}"}`).join('\n')
    const result = read(body, 'application/json', defaultRedactor)
    const documents = documentsOf(result)
    expect(documents.map((document) => JSON.parse(document).n)).toEqual(Array.from({ length: 2_500 }, (_, n) => n))
    expect(result.summaries.reduce((sum, { rows }) => sum + rows, 0)).toBe(2_500)
    for (const block of result.blocks) expect(block.length).toBeLessThan(2_000_000)
  })

  it('refuses a record that is too large once its secrets are replaced', () => {
    const huge = `{"m":"${'http://u:p@h '.repeat(79_000)}"}`
    const result = read(`{"n":1}\n{"n":\n${huge}\n{"n":2}`, 'application/json', defaultRedactor)
    expect(documentsOf(result)).toEqual(['{"n":1}', '{"n":2}'])
    expect(result.rejected).toMatchObject([
      { index: 1, code: 'invalid_json' },
      { index: 2, code: 'record_too_large' },
    ])
    expect(result.received).toBe(4)
  })
})
