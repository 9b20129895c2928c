import { describe, expect, it } from 'vitest'
import { CSV } from '../../src/formats/csv'
import { GELF } from '../../src/formats/gelf'
import { HEROKU } from '../../src/formats/heroku'
import { JOURNAL } from '../../src/formats/journal-export'
import { LOGFMT } from '../../src/formats/logfmt'
import { SYSLOG } from '../../src/formats/syslog/syslog'
import { documentsOf } from '../support/read-back'
import { openAs, readAs } from '../support/read-format'

/** What a text becomes: the whole document, since that is what is kept. RECEIVED_MS is 2026-11-21T10:00:00Z. */
const written = (format: typeof SYSLOG, body: string | Uint8Array, parameters = {}): unknown[] =>
  new TextDecoder()
    .decode(openAs(format, body, { parameters }).documents)
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))

describe('syslog', () => {
  it.each([
    [
      'RFC 5424 with structured data and a byte order mark',
      '<165>1 2026-11-21T09:14:15.003Z web-1 evntslog - ID47 [ex@32473 iut="3" text="a \\"b\\" \\] \\\\"][p@1 class="high"] \ufeffAn application event',
      {
        ...{ facility: 'local4', severity: 'notice', timestamp: '2026-11-21T09:14:15.003Z', hostname: 'web-1' },
        ...{ app: 'evntslog', msgid: 'ID47', message: 'An application event' },
        structured_data: { 'ex@32473': { iut: '3', text: 'a "b" ] \\' }, 'p@1': { class: 'high' } },
      },
    ],
    ['RFC 5424 with nothing but its header', '<34>1 - - - - - -', { facility: 'auth', severity: 'crit', message: '' }],
    [
      'RFC 3164',
      '<13>Nov 21 09:59:58 web-1 nginx[123]: hello',
      {
        ...{ facility: 'user', severity: 'notice', timestamp: '2026-11-21T09:59:58Z', hostname: 'web-1' },
        ...{ timestamp_text: 'Nov 21 09:59:58', app: 'nginx', procid: '123', message: 'hello' },
      },
    ],
    [
      'RFC 3164 from a clock in another zone',
      '<13>Nov 21 15:29:57 web-1 app: hello',
      { timestamp: '2026-11-21T15:29:57+05:30', message: 'hello' },
    ],
    ['a time of last year', '<13>Dec 31 23:59:59 h a: x', { timestamp: '2025-12-31T23:59:59Z' }],
    ['a time that names its year', '<13>Nov 21 2024 09:59:58 h a: x', { timestamp: '2024-11-21T09:59:58Z' }],
    ['a message from the same machine', '<13>Nov 21 09:59:58 root: x', { app: 'root', message: 'x' }],
    [
      'rsyslog’s forwarding format',
      '<13>2026-11-21T09:59:58.123456+01:00 web-1 app[7]: x',
      { timestamp: '2026-11-21T09:59:58.123456+01:00', hostname: 'web-1', app: 'app', procid: '7' },
    ],
    [
      'Cisco',
      '<189>123: sw-1: *Nov 21 09:59:58.123: %SYS-5-CONFIG_I: Configured',
      { timestamp: '2026-11-21T09:59:58.123Z', hostname: 'sw-1', message: '%SYS-5-CONFIG_I: Configured' },
    ],
    [
      'CEF',
      '<13>Nov 21 09:59:58 fw CEF:0|Sec\\|urity|tm|1.0|100|worm|10|src=10.0.0.1 msg=a b\\=c act=x',
      {
        hostname: 'fw',
        cef: {
          ...{ version: '0', device_vendor: 'Sec|urity', device_product: 'tm', device_version: '1.0' },
          ...{ signature_id: '100', name: 'worm', severity: '10' },
          extension: { src: '10.0.0.1', msg: 'a b=c', act: 'x' },
        },
      },
    ],
    [
      'JSON in the message',
      '<13>Nov 21 09:59:58 h app: @cee: {"level":"error","n":1}',
      { json: { level: 'error', n: 1 } },
    ],
    ['no header at all', 'just a line', { message: 'just a line' }],
    ['a priority that is none', '<999>x', { message: '<999>x' }],
  ])('reads %s', (_, text, expected) => {
    expect(written(SYSLOG, text)).toMatchObject([expected])
  })

  it('goes by the zone that the address names, and refuses one that is none', () => {
    const [record] = written(SYSLOG, '<13>Nov 21 09:59:58 h a: x', { timezone: ' 02:00' })
    expect(record).toMatchObject({ timestamp: '2026-11-21T09:59:58+02:00' })
    expect(() => openAs(SYSLOG, 'x', { parameters: { timezone: 'Mars' } })).toThrow('timezone')
  })

  it('takes counted messages and lines beside each other, and says of a message that it was cut short', () => {
    const body = '12 <13>hi ümore\nline\n<13>x\r\n99 <13>cut'
    const counted = `${Buffer.byteLength('<13>two\nlines')} <13>two\nlines`
    expect(written(SYSLOG, `${counted}<13>one\n`)).toMatchObject([{ message: 'two\nlines' }, { message: 'one' }])
    expect(written(SYSLOG, body).at(-1)).toMatchObject({ message: 'cut', truncated: true })
  })

  it('keeps what is no UTF-8 as the text that it is in Windows-1252', () => {
    expect(written(SYSLOG, Buffer.from('<13>gr\xfc\xdfe', 'latin1'))).toMatchObject([{ message: 'grüße' }])
  })
})

describe('Heroku', () => {
  it('has no structured data: a message may begin with a bracket or a dash', () => {
    const frame = (text: string) => `${Buffer.byteLength(text)} ${text}`
    const [bracket, dash] = ['[a b="c"] x', '- x'].map((text) => `<190>1 2026-11-21T09:59:58Z host app web.1 - ${text}`)
    expect(written(HEROKU, frame(bracket) + frame(dash))).toMatchObject([
      { message: '[a b="c"] x' },
      { message: '- x' },
    ])
  })
})

describe('logfmt', () => {
  it.each([
    ['at=info status=200 bytes=1.50 id=00123 ok=true', { at: 'info', status: 200, bytes: 1.5, id: '00123', ok: true }],
    ['a="x \\"y\\" \\n\\u00fc" b=', { a: 'x "y" \nü', b: '' }],
    ['service=7 trace_id=12', { service: '7', trace_id: '12' }],
    ['started up port=1', { message: 'started up', port: 1 }],
    ['msg=x fast', { msg: 'x', fast: true }],
    ['no pair here', { message: 'no pair here' }],
    ['a="unclosed', { message: 'a="unclosed' }],
  ])('reads %s', (line, expected) => {
    expect(written(LOGFMT, line)).toEqual([expected])
  })

  it('refuses a line that is no UTF-8, and that alone', () => {
    const { received, rejected } = readAs(LOGFMT, Buffer.from('a=1\na=\xff\na=3', 'latin1'))
    expect([received, rejected]).toMatchObject([3, [{ index: 1, code: 'invalid_utf8' }]])
  })
})

describe('CSV', () => {
  it('reads quotes, lines within them, empty cells, and any of four delimiters', () => {
    const body = 'time,"the ""msg""",n\r\n2026-11-21,"a\nb, ""c""",12\r\n,,\r\n,"",007'
    expect(written(CSV, body)).toEqual([
      { time: '2026-11-21', 'the "msg"': 'a\nb, "c"', n: 12 },
      { 'the "msg"': '', n: '007' },
    ])
    for (const delimiter of [';', '\t', '|'])
      expect(written(CSV, `a${delimiter}b\n1${delimiter}x,y`)).toEqual([{ a: 1, b: 'x,y' }])
  })

  it('refuses rows with too many cells or an open quote, by their place', () => {
    const { rejected } = readAs(CSV, 'a,b\n1,2\n1,2,3\n"x\n4,5')
    expect(rejected).toMatchObject([
      { index: 1, code: 'invalid_record' },
      { index: 2, code: 'invalid_record' },
    ])
  })
})

describe('the journal', () => {
  const length = (bytes: number) => [...new Uint8Array(new BigUint64Array([BigInt(bytes)]).buffer)]

  it('reads fields with bytes, and keeps those that are no text as Base64', () => {
    const body = Buffer.concat([
      Buffer.from('__REALTIME_TIMESTAMP=1795255200000001\nMESSAGE\n'),
      Buffer.from([...length(5), ...Buffer.from('a\nb=c\n')]),
      Buffer.from('PRIORITY=3\nDATA\n'),
      Buffer.from([...length(2), 0xff, 0xfe, 0x0a, 0x0a]),
      Buffer.from('MESSAGE={"level":"warn"}\n'),
    ])
    expect(written(JOURNAL, body)).toEqual([
      { __REALTIME_TIMESTAMP: '1795255200000001', MESSAGE: 'a\nb=c', PRIORITY: '3', DATA: { base64: '//4=' } },
      { json: { level: 'warn' } },
    ])
  })

  it('refuses an entry with a length that there is not, and keeps those before it', () => {
    const { received, rejected } = readAs(
      JOURNAL,
      Buffer.concat([Buffer.from('A=1\n\nB\n'), Buffer.from(length(2 ** 40))]),
    )
    expect([received, rejected]).toMatchObject([2, [{ index: 1, code: 'invalid_record' }]])
  })
})

describe('GELF', () => {
  it('keeps what was sent, also where a NUL ends it', () => {
    const sent = '{"version":"1.1","host":"h","short_message":"x","timestamp":1795255200.123,"_n":12345678901234567890}'
    expect(documentsOf(readAs(GELF, `${sent}\0${sent}\0`))).toEqual([sent, sent])
  })
})
