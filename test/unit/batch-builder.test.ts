import { describe, expect, it } from 'vitest'
import { LEVELS, type Level } from '../../src/records/levels'
import { blockTables, documentsOf, RECEIVED_MS, read, sealed, segmentTableOf, systemValue } from '../support/read-back'

/** What the system reads from one record, the same from its block and from its segment. */
function readRecord(source: string) {
  const batch = read(source)
  expect(batch.rejected).toEqual([])
  const [block] = blockTables(batch)
  const segment = segmentTableOf(sealed([batch])[0].bytes)
  const [fromBlock, fromSegment] = [block, segment].map((table) => ({
    ms: table.times()[0],
    nanos: table.nanos()?.[0] ?? 0,
    level: LEVELS[table.levels()[0]],
    service: systemValue(table, 'service', 0),
    message: systemValue(table, 'message', 0),
    trace: systemValue(table, 'trace_id', 0),
    span: systemValue(table, 'span_id', 0),
    source: systemValue(table, 'source', 0),
  }))
  expect(fromSegment).toEqual(fromBlock)
  expect(documentsOf(batch)).toEqual([source])
  return fromBlock
}

const readLevel = (value: string, name = 'level'): Level => readRecord(`{"${name}":${value}}`).level

describe('time', () => {
  const base = Date.UTC(2026, 10, 20, 10)
  it.each([
    ['"2026-11-20T10:00:00Z"', 0, 0],
    ['"2026-11-20T10:00:00.5Z"', 500, 0],
    ['"2026-11-20T10:00:00.123Z"', 123, 0],
    ['"2026-11-20T10:00:00.123456Z"', 123, 456_000],
    ['"2026-11-20T10:00:00.123456789Z"', 123, 456_789],
    ['"2026-11-20T10:00:00.000000001Z"', 0, 1],
    ['"2026-11-20T10:00:00.000000000Z"', 0, 0],
    ['"2026-11-20T10:00:00.1234567891Z"', 123, 456_789],
    ['"2026-11-20 10:00:00,123"', 123, 0],
    ['"2026-11-20t10:00:00z"', 0, 0],
    ['"2026-11-20T12:30:00+02:30"', 0, 0],
    ['"2026-11-20T05:00:00.25-0500"', 250, 0],
    ['"2026-11-20T11:00:00+01"', 0, 0],
    ['"2026-11-20T10:00"', 0, 0],
    ['"2026-11-20 10:00:00 UTC"', 0, 0],
    ['"20/Nov/2026:12:00:00 +0200"', 0, 0],
    ['1795168800', 0, 0],
    ['1795168800123', 123, 0],
    ['1795168800123456', 123, 456_000],
    ['1795168800123456789', 123, 456_789],
    ['"1795168800123456789"', 123, 456_789],
    ['1795168800.123456789', 123, 456_789],
    ['"1795168800.5"', 500, 0],
    ['1795168800123.25', 123, 250_000],
    ['"2026-11-20T10:00:00\\u005a"', 0, 0],
  ])('%s is read to the nanosecond and given back as it was', (text, ms, nanos) => {
    for (const name of ['timestamp', 'time', 'ts', '@timestamp', 'dt', '_time', 'Timestamp', 'date_time']) {
      expect(readRecord(`{"${name}":${text}}`), name).toMatchObject({ ms: base + ms, nanos })
    }
  })

  it.each([
    ...['"2026-02-30T10:00:00Z"', '"12026-11-20T10:00:00Z"', '1e400', '99999999999999999999', '-1700000000', '"NaN"'],
  ])('%s is refused under any name of a time', (value) => {
    for (const name of ['timestamp', 'time', 'ts', 'dt', 'datetime', 'asctime', 'eventTime']) {
      const { rejected } = read(`{"${name}":${value}}\n{"message":"a good neighbour"}`)
      expect(rejected, name).toMatchObject([{ code: 'invalid_timestamp', index: 0, pointer: `/${name}` }])
    }
  })

  it.each([
    ['"2015-01-01T00:00:00Z"', 'timestamp_too_old'],
    ['1262304000', 'timestamp_too_old'],
    ['100000000', 'timestamp_too_old'],
    ['"0099-01-01T00:00:00Z"', 'timestamp_too_old'],
    ['"9999-12-31T23:59:59Z"', 'timestamp_too_new'],
    ['99999999999999', 'timestamp_too_new'],
    ['"9999999999999999999"', 'timestamp_too_new'],
  ])('%s is out of the window under any name of a time: %s', (value, code) => {
    for (const name of ['timestamp', 'time', 'ts', 'dt', 'datetime'])
      expect(read(`{"${name}":${value}}`).rejected, name).toMatchObject([{ code }])
  })

  it.each(['"noon"', '"12:30:45"', '12', '0.25', '-5', '0', '"0.25"', '"never"', '""'])(
    '%s under a loose name is a field of a log that has no time',
    (value) => {
      for (const name of ['time', 'ts', 'dt', 'datetime']) {
        expect(readRecord(`{"${name}":${value},"message":"m"}`).ms, name).toBe(RECEIVED_MS)
      }
      expect(read(`{"timestamp":${value}}`).rejected).toHaveLength(1)
    },
  )

  it('comes from the strongest name, and is the time of receipt without one', () => {
    expect(readRecord('{"time":"2026-11-20T10:00:00Z","timestamp":"2026-11-20T11:00:00Z"}').ms).toBe(base + 3_600_000)
    expect(readRecord('{"message":"no time"}').ms).toBe(RECEIVED_MS)
  })

  it('keeps its spelling from record to record of one shape', () => {
    const times = [
      '"2026-11-20T10:00:00Z"',
      '"2026-11-20T10:00:00.000Z"',
      '1795168800',
      '"2026-11-20 10:00:00"',
      '1795168800000',
    ]
    const sources = [...times, ...times.toReversed()].map((time, index) => `{"timestamp":${time},"n":${index}}`)
    expect(documentsOf(read(sources.join('\n')))).toEqual(sources)
  })

  it('keeps a whole day beyond the end of February only where there is one', () => {
    expect(read('{"timestamp":"2026-11-31T00:00:00Z"}').rejected).toMatchObject([{ code: 'invalid_timestamp' }])
    expect(read('{"timestamp":"2028-02-29T00:00:00Z"}').rejected).toMatchObject([{ code: 'timestamp_too_new' }])
  })
})

describe('level', () => {
  const SPELLINGS: Readonly<Record<Level, readonly string[]>> = {
    trace: ['trace', 'TRACE', 'silly', 'finest', 'T'],
    debug: ['debug', 'Debug', 'DBG', 'verbose', 'http', 'fine', 'D'],
    info: ['info', 'INFO', 'Information', 'informational', 'notice', 'NOTICE', 'log', 'ok', 'default', 'I', ' info '],
    warn: ['warn', 'WARN', 'warning', 'WARNING', 'wrn', 'W'],
    error: ['error', 'ERROR', 'Err', 'SEVERE', 'E'],
    fatal: ['fatal', 'CRITICAL', 'crit', 'alert', 'EMERGENCY', 'emerg', 'panic', 'F'],
  }

  it.each(Object.entries(SPELLINGS))('%s is read from every spelling, which the document keeps', (level, spellings) => {
    for (const spelling of spellings) expect(readLevel(JSON.stringify(spelling)), spelling).toBe(level)
  })

  it('is read from numbers of pino, syslog and OpenTelemetry', () => {
    expect([10, 20, 30, 40, 50, 60].map((level) => readLevel(`${level}`))).toEqual([...LEVELS])
    expect([0, 1, 2, 3, 4, 5, 6, 7].map((level) => readLevel(`${level}`))).toEqual([
      'fatal',
      'fatal',
      'fatal',
      'error',
      'warn',
      'info',
      'info',
      'debug',
    ])
    expect([1, 4, 5, 9, 13, 17, 21, 24].map((level) => readLevel(`${level}`, 'severity_number'))).toEqual([
      'trace',
      'trace',
      'debug',
      'info',
      'warn',
      'error',
      'fatal',
      'fatal',
    ])
    expect(readLevel('"30"')).toBe('info')
    expect(readLevel('"3"', 'severity')).toBe('error')
  })

  it('is info where it is missing, unknown or no level at all', () => {
    for (const source of [
      '{}',
      '{"level":"purple"}',
      '{"level":99}',
      '{"level":null}',
      '{"level":{"a":"error"}}',
      '{"level":1e400}',
    ]) {
      expect(readRecord(source).level, source).toBe('info')
    }
  })

  it('does not come from an HTTP or exit status, which is a number', () => {
    expect(readLevel('0', 'status')).toBe('info')
    expect(readLevel('"error"', 'status')).toBe('error')
  })

  it('means what its own record says, whatever stood in the same place before', () => {
    const sources = [
      '{"level":10}',
      '{"severityNumber":10}',
      '{"level":"10"}',
      '{"level":10}',
      '{"severityNumber":17}',
      '{"level":17}',
    ]
    const [table] = blockTables(read(sources.join('\n')))
    expect([...table.levels()].map((rank) => LEVELS[rank])).toEqual([
      'trace',
      'info',
      'trace',
      'trace',
      'error',
      'trace',
    ])
  })

  it('comes from the strongest name', () => {
    expect(readRecord('{"status":"ok","severity":"warning"}').level).toBe('warn')
    expect(readRecord('{"lvl":"warn","level":"error"}').level).toBe('error')
  })
})

describe('names', () => {
  it.each([
    'service',
    'service_name',
    'serviceName',
    'component',
    'source',
    'logger',
    'app',
    'service.name',
    'Service-Name',
  ])('takes the service from %s', (name) => {
    expect(readRecord(`{"${name}":"api"}`).service).toBe('api')
  })

  it('takes the service from a wrapper, from nested names and from the strongest of several', () => {
    expect(readRecord('{"context":{"service":"api"}}').service).toBe('api')
    expect(readRecord('{"service":{"name":"api"}}').service).toBe('api')
    expect(readRecord('{"resource":{"service.name":"api"}}').service).toBe('api')
    expect(readRecord('{"attributes":{"service.name":"api"}}').service).toBe('api')
    expect(readRecord('{"component":"b","context":{"service":"c"},"service":"a"}').service).toBe('a')
    expect(readRecord('{"service":7,"component":"b"}').service).toBe('b')
  })

  it.each(['message', 'msg', 'body', 'text', 'event', 'Message'])('takes the message from %s', (name) => {
    expect(readRecord(`{"${name}":"Grüße\\n"}`).message).toBe('Grüße\n')
  })

  it('leaves the message of something else where it is', () => {
    expect(readRecord('{"error":{"message":"x"},"metadata":{"message":"y"}}').message).toBeUndefined()
  })

  it.each([
    '{"trace_id":"t"}',
    '{"traceId":"t"}',
    '{"trace":{"traceId":"t"}}',
    '{"trace":{"id":"t"}}',
    '{"metadata":{"trace_id":"t"}}',
    '{"TraceID":"t"}',
    '{"dd":{"trace_id":"t"}}',
    '{"context":{"trace_id":"t"}}',
  ])('takes the trace id from %s', (source) => {
    expect(readRecord(source).trace).toBe('t')
  })

  it.each([
    '{"span_id":"s"}',
    '{"trace":{"spanId":"s","parentSpanId":"p"}}',
    '{"metadata":{"span_id":"s"}}',
    '{"span":{"id":"s"}}',
  ])('takes the span id from %s', (source) => {
    expect(readRecord(source).span).toBe('s')
  })

  it('notes where every record came from', () => {
    expect(readRecord('{}').source).toBe('http')
    expect(readRecord('{"source":"mine"}')).toMatchObject({ source: 'http', service: 'mine' })
  })
})

describe('records as the seeds show them', () => {
  it('reads a structured log of the streaming seed', () => {
    const source =
      '{"id":"5f1c","timestamp":"2026-11-20T10:00:00.123Z","level":"error","message":"Step failed","category":"workflow",' +
      '"context":{"service":"runner","environment":"production","version":"1.2.3","host":"h1","pid":42,"userId":"u1",' +
      '"sessionId":"s1","requestId":"r1","workflowId":"w1","executionId":"e1"},' +
      '"trace":{"traceId":"4bf92f3577b34da6a3ce929d0e0e4736","spanId":"00f067aa0ba902b7","parentSpanId":"53995c3f42cd8ad8"},' +
      '"error":{"name":"TypeError","message":"x is not a function","stack":["at a (b.js:1:2)","at c (d.js:3:4)"],"code":"E42"},' +
      '"performance":{"duration":12.5,"memory":1048576,"cpu":0.25},"user":{"id":"u1","username":"ann","ip":"10.0.0.1"},' +
      '"metadata":{"attempt":3}}'
    expect(readRecord(source)).toEqual({
      ms: Date.UTC(2026, 10, 20, 10, 0, 0, 123),
      nanos: 0,
      level: 'error',
      service: 'runner',
      message: 'Step failed',
      trace: '4bf92f3577b34da6a3ce929d0e0e4736',
      span: '00f067aa0ba902b7',
      source: 'http',
    })
  })

  it('reads a line of the production logging seed, with its microseconds', () => {
    const source =
      '{"timestamp":"2026-11-20T12:00:00.123456Z","level":"INFO","component":"worker","message":"Step execution started",' +
      '"tenant_id":"tenant_123","run_id":"run_abc123","flow_id":"flow_xyz789","step_id":"step_001","trace_id":"trace_def456",' +
      '"context":{"worker_id":"worker_12345","block_type":"http.request","status":"success"}}'
    expect(readRecord(source)).toEqual({
      ms: Date.UTC(2026, 10, 20, 12, 0, 0, 123),
      nanos: 456_000,
      level: 'info',
      service: 'worker',
      message: 'Step execution started',
      trace: 'trace_def456',
      span: undefined,
      source: 'http',
    })
  })

  it('reads a log of the main seed', () => {
    const source =
      '{"message":"Payment failed","level":"error","component":"billing","endpoint":"/pay","userId":"u7","metadata":{"amount":12.50}}'
    expect(readRecord(source)).toMatchObject({ level: 'error', service: 'billing', message: 'Payment failed' })
  })
})
