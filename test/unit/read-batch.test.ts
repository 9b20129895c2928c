import { describe, expect, it } from 'vitest'
import { RECORD_BYTES_MAX } from '../../src/limits/limits'
import { withoutSpace } from '../support/json-source'
import { blockTables, documentsOf, RECEIVED_MS, read, systemValue } from '../support/read-back'

const bytesOf = (...parts: readonly (string | readonly number[])[]): Uint8Array =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part))))

const nestedObjects = (depth: number): string => `${'{"a":'.repeat(depth - 1)}{}${'}'.repeat(depth - 1)}`
const nestedArrays = (depth: number): string => `{"a":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`

describe('a body that is broken', () => {
  it.each([
    ['{"a":1', 6],
    ['{"a":}', 5],
    ['{"a" 1}', 5],
    ['{a:1}', 1],
    ['{"a":1,}', 7],
    ['{"a":01}', 6],
    ['{"a":1.}', 7],
    ['{"a":+1}', 5],
    ['{"a":.5}', 5],
    ['{"a":1e}', 7],
    ['{"a":NaN}', 5],
    ['{"a":-}', 6],
    ['{"a":tru}', 8],
    ["{'a':1}", 1],
    ['{"a":"\t"}', 6],
    ['{"a":"\\x"}', 6],
    ['{"a":"\\u12g4"}', 6],
    ['{"a":"b}', 8],
    ['{"a":[1,]}', 8],
    ['{"a":[1 2]}', 8],
    ['{"a":{"b":[}}', 11],
    ['{"a":1}}', 7],
  ])('%s is refused at the byte where it breaks', (source, at) => {
    const result = read(source)
    expect(result.rejected).toMatchObject([{ code: 'invalid_json', at }])
  })

  it('is refused in the same place after records of the same shape', () => {
    const whole = '{"a":1,"b":"x"}\n'
    for (const broken of [
      '{"a":1,"b":"x"',
      '{"a":1,"b":"\u0001"}',
      '{"a":1,"b":"\\q"}',
      '{"a":1.,"b":"x"}',
      '{"a":01,"b":""}',
    ]) {
      const alone = read(broken).rejected
      const after = read(whole.repeat(3) + broken)
      expect(documentsOf(after)).toHaveLength(3)
      expect(after.rejected).toEqual(alone.map((one) => ({ ...one, at: one.at + 3 * whole.length, index: 3 })))
    }
  })

  it('costs one line in the middle of NDJSON, and that line alone', () => {
    const lines = ['{"n":1}', '{"n":2', '{"n":3}', 'what?', '{"n":5}', '{"n":6}}', '{"n":7}', '{"n":', '{"n":9}']
    const result = read(lines.join('\n'))
    expect(documentsOf(result)).toEqual(['{"n":1}', '{"n":3}', '{"n":5}', '{"n":6}', '{"n":7}', '{"n":9}'])
    expect(result.rejected.map(({ index }) => index)).toEqual([1, 3, 6, 8])
    expect(result.received).toBe(documentsOf(result).length + result.rejected.length)
  })

  it('costs one record written over several lines, and that record alone', () => {
    const broken = '{\n  "a": [\n    {"b":1},\n  ],\n  "c": 2\n}'
    const result = read(`{"n":1}\n${broken}\n{"n":2}`)
    expect(documentsOf(result)).toEqual(['{"n":1}', '{"n":2}'])
    expect(result.rejected).toMatchObject([{ index: 1, code: 'invalid_json' }])
  })

  it('costs one line where every line is indented', () => {
    const result = read('  {"n":1}\n  {"n":\n  {"n":3}\n')
    expect(documentsOf(result)).toEqual(['{"n":1}', '{"n":3}'])
    expect(result.rejected).toMatchObject([{ index: 1 }])
  })

  it('is refused whole when it is an array', () => {
    expect(read('[{"a":1},{"b":}]').broken).toMatchObject({ code: 'invalid_json', at: 14 })
    expect(read('[{"a":1}').broken).toMatchObject({ at: 8 })
    expect(read('[{"a":1},]').broken).toMatchObject({ at: 9 })
    expect(read('[{"a":1}] and more').broken).toMatchObject({ at: 10 })
    expect(read('{"logs":[{"a":1}]').broken).toMatchObject({ at: 17 })
  })

  it('costs only itself where something else than an object stands among the logs of an array', () => {
    const result = read('[{"a":1}, 5, {"b":2}, "x", [{}], null]')
    expect(documentsOf(result)).toEqual(['{"a":1}', '{"b":2}'])
    expect(result.broken).toBeUndefined()
    expect(result.rejected.map(({ index, code }) => [index, code])).toEqual(
      [1, 3, 4, 5].map((index) => [index, 'invalid_json']),
    )
  })

  it.each(['[]', '{"logs":[]}', '', ' \r\n\t', '\ufeff'])('holds no log when it is %j', (body) => {
    expect(read(body)).toMatchObject({ received: 0, blocks: [] })
  })

  it.each(['null', '42', 'true', '"text"', '[1]', '[[]]'])(
    'has no log to keep when it is %s, of whatever type',
    (body) => {
      for (const type of ['application/json', '', 'application/x-www-form-urlencoded']) {
        const result = read(body, type)
        expect(result.blocks).toEqual([])
        expect(result.rejected).toMatchObject([{ code: 'invalid_json', detail: 'a log is a JSON object' }])
      }
    },
  )
})

describe('bytes that are not UTF-8', () => {
  it.each([
    ['a lone continuation byte', [0x80]],
    ['an overlong slash', [0xc0, 0xaf]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['a cut sequence', [0xe2, 0x82]],
    ['a byte that UTF-8 never has', [0xff]],
  ])('cost the one record that has %s', (_, bad) => {
    const body = bytesOf(
      '{"n":1,"m":"é"}\n{"n":2,"m":"',
      bad,
      '"}\n{"n":3,"m":"漢"}\n{"',
      bad,
      '":4}\n{"n":5,"m":"😀"}',
    )
    const result = read(body)
    expect(documentsOf(result)).toEqual(['{"n":1,"m":"é"}', '{"n":3,"m":"漢"}', '{"n":5,"m":"😀"}'])
    expect(result.rejected).toMatchObject([
      { index: 1, code: 'invalid_utf8' },
      { index: 3, code: 'invalid_utf8' },
    ])
  })

  it('cost one element of an array, and one line of text', () => {
    expect(documentsOf(read(bytesOf('[{"n":1},{"n":"', [0xff], '"},{"n":3}]')))).toEqual(['{"n":1}', '{"n":3}'])
    const text = read(bytesOf('one\n', [0xff], '\nthree'), 'text/plain')
    expect(documentsOf(text)).toEqual(['"one"', '"three"'])
    expect(text.rejected).toMatchObject([{ index: 1, code: 'invalid_utf8' }])
  })
})

describe('kept exactly', () => {
  it.each([
    ['escaped lone surrogates', '{"a":"\\ud800","b":"\\uDFFF x","\\ud83d":1}'],
    ['NUL', '{"a":"\\u0000","\\u0000":"\\u0000b"}'],
    ['duplicate keys', '{"a":1,"a":2,"a":"x","a":1}'],
    ['duplicate keys of the system', '{"message":"a","message":"b","msg":"c","level":"info","level":"error"}'],
    ['a dotted key beside the same path', '{"a.b":1,"a":{"b":2},"a.b":3}'],
    ['__proto__', '{"__proto__":{"x":1},"constructor":null,"__proto__":2}'],
    ['1e400 and other digits', '{"a":1e400,"b":12345678901234567890.123456789,"c":-0,"d":1E+2,"e":0.10}'],
    ['empty keys', '{"":1,"a":{"":{"":2}},"":3}'],
    ['unknown levels', '{"level":"purple","severity":99,"lvl":null}'],
    ['a level in an unusual spelling', '{"level":"\\u0069nfo","message":"\\/"}'],
    ['empty containers', '{"a":{},"b":[],"c":{"d":{},"e":[]},"f":{}}'],
    ['a byte order mark in a value', '{"a":"\ufeffx","\ufeffk":1}'],
    ['separators of lines that are none to JSON', '{"a":"\u2028\u2029\u0085\u007f"}'],
    ['nested arrays', '{"a":[[],[[]],{"b":[1,{"c":null}]}]}'],
  ])('%s', (_, source) => {
    expect(documentsOf(read(source))).toEqual([withoutSpace(source)])
  })

  it.each([63, 64, 65, 66, 100, 999, 1000])('nesting of depth %i', (depth) => {
    for (const source of [nestedObjects(depth), nestedArrays(depth)])
      expect(documentsOf(read(source))).toEqual([source])
  })

  it('10,000 keys, beside others of the same and of other shapes', () => {
    const wide = `{${Array.from({ length: 10_000 }, (_, index) => `"key ${index}":"\\u00e9${index}"`).join(',')}}`
    const sources = ['{"a":1}', wide, '{"a":2}', wide.replace('é9', 'x'), '{"a":"\\/"}']
    expect(documentsOf(read(`[${sources.join(',')}]`))).toEqual(sources)
  })

  it('10,000 shapes of one key each', () => {
    const sources = Array.from(
      { length: 10_000 },
      (_, index) => `{"key ${index}":${index},"level":"error","message":"m${index}"}`,
    )
    const result = read(sources.join('\n'))
    expect(documentsOf(result)).toEqual(sources)
    const messages = blockTables(result).flatMap((table) =>
      Array.from({ length: table.rows }, (__, row) => systemValue(table, 'message', row)),
    )
    expect(messages).toEqual(sources.map((_, index) => `m${index}`))
  })

  it('a message of 900 kB', () => {
    const source = `{"message":"${'0123456789 é\\n'.repeat(64_000)}"}`
    expect(documentsOf(read(`${source}\n{"a":1}`))).toEqual([source, '{"a":1}'])
  })

  it('a key of 900 kB', () => {
    const source = `{"${'k'.repeat(900_000)}":{"a":1,"b":2}}`
    expect(documentsOf(read(source))).toEqual([source])
  })
})

describe('limits', () => {
  it.each([1001, 1002, 10_000])('refuses nesting of depth %i, and keeps the neighbours', (depth) => {
    for (const deep of [nestedObjects(depth), nestedArrays(depth)]) {
      for (const body of [`{"n":1}\n${deep}\n{"n":2}`, `[{"n":1},${deep},{"n":2}]`, `{"n":1}${deep}{"n":2}`]) {
        const result = read(body)
        expect(documentsOf(result)).toEqual(['{"n":1}', '{"n":2}'])
        expect(result.rejected).toMatchObject([{ index: 1, code: 'too_deep' }])
        expect(result.broken).toBeUndefined()
      }
    }
  })

  it('takes brackets and escapes in strings for what they are when it skips what is too deep', () => {
    const deep = `{"a":"}]\\"}\\\\","b":${'['.repeat(2000)}"]\\\\\\"}"${']'.repeat(2000)}}`
    expect(documentsOf(read(`[${deep},{"n":2}]`))).toEqual(['{"n":2}'])
  })

  it('refuses a record over 1 MiB, and keeps one of exactly that', () => {
    const fill = (size: number): string => `{"m":"${'x'.repeat(size - 8)}"}`
    expect(documentsOf(read(fill(RECORD_BYTES_MAX)))).toHaveLength(1)
    const result = read(`{"n":1}\n${fill(RECORD_BYTES_MAX + 1)}\n{"n":2}`)
    expect(documentsOf(result)).toEqual(['{"n":1}', '{"n":2}'])
    expect(result.rejected).toMatchObject([{ index: 1, code: 'record_too_large' }])
  })

  it('refuses a key of 10 MB within a second', () => {
    const started = performance.now()
    expect(read(`{"${'k'.repeat(10_000_000)}":1}`).rejected).toMatchObject([{ code: 'record_too_large' }])
    expect(performance.now() - started).toBeLessThan(2000)
  })

  it('refuses a batch of too many records', () => {
    expect(read('{}\n'.repeat(50_000)).broken).toBeUndefined()
    expect(read('{}\n'.repeat(50_001)).broken).toMatchObject({ code: 'too_many_records' })
    expect(read('x\n'.repeat(50_001), 'text/plain').broken).toMatchObject({ code: 'too_many_records' })
  })

  it('keeps every block within a row of the journal, whatever is in it', () => {
    const bodies = {
      'many small records': '{"a":1,"b":1,"c":1}\n'.repeat(50_000),
      'many shapes': Array.from(
        { length: 3000 },
        (_, n) => `{${Array.from({ length: 60 }, (__, k) => `"k${(n * 7 + k) % 900}":1`).join(',')}}`,
      ).join('\n'),
      'escapes that JSON need not have': `{"message":"${'\\/'.repeat(500_000)}"}\n`.repeat(3),
      'a long key over many members': `{"${'k'.repeat(400_000)}":{${'"a":1,'.repeat(900)}"b":1}}`,
      'a message as large as a record': `{"message":"${'m'.repeat(900_000)}",${'"a":1,'.repeat(2000)}"b":1}\n`.repeat(
        2,
      ),
      'nearly full, then a record of 1 MiB': `${'{"n":1}'.repeat(16_000)}{"m":"${'x'.repeat(1_048_560)}"}`,
      'control characters': `{"m":"${'\\u0001'.repeat(150_000)}","\\u0001":1}`,
    }
    for (const [name, body] of Object.entries(bodies)) {
      const result = read(body)
      expect(result.rejected, name).toEqual([])
      for (const block of result.blocks) expect(block.length, name).toBeLessThan(2_000_000)
    }
  })

  it('reads hostile shapes in a time that a Worker has', () => {
    const bodies = {
      'members at depth 64': `${'{"a":'.repeat(62)}{${'"k":1,'.repeat(150_000)}"b":1}${'}'.repeat(62)}`,
      'a long path to many members': `{"${'k'.repeat(1000)}":{${'"k":1,'.repeat(150_000)}"b":1}}`,
      'dotted keys': `{${'"a.a.a.a.a.a.a.a.a.a.a.a":1,'.repeat(30_000)}"b":1}`,
      'a new shape for each record': Array.from({ length: 20_000 }, (_, n) => `{"a${n}":1,"b":2,"c":3,"d":4}`).join(
        '\n',
      ),
    }
    for (const [name, body] of Object.entries(bodies)) {
      const started = performance.now()
      read(body)
      expect(performance.now() - started, name).toBeLessThan(3000)
    }
  })
})

describe('times', () => {
  it.each(['NaN', 'yesterday', '2026-13-01', '2026-11-20T25:00:00Z', '', '2026-02-30T00:00:00Z'])(
    'refuses %j under timestamp, and says where',
    (text) => {
      const result = read(`{"n":1}\n{"timestamp":${JSON.stringify(text)}}`)
      expect(result.rejected).toMatchObject([{ index: 1, code: 'invalid_timestamp', pointer: '/timestamp' }])
    },
  )

  it('refuses the far past and the far future', () => {
    for (const text of ['"1970-01-01T00:00:00Z"', '0', '"2026-10-01T00:00:00Z"', '1000000000']) {
      expect(read(`{"timestamp":${text}}`).rejected, text).toMatchObject([{ code: 'timestamp_too_old' }])
    }
    for (const text of ['"9999-12-31T23:59:59Z"', '"2026-11-23T00:00:00Z"', '99999999999', '9999999999999999999']) {
      expect(read(`{"timestamp":${text}}`).rejected, text).toMatchObject([{ code: 'timestamp_too_new' }])
    }
  })

  it('shows no long text in place of a time, for it may be a secret', () => {
    const [{ detail }] = read(`{"timestamp":"${'s3cr3t'.repeat(20)}"}`).rejected
    expect(detail).toBe('a text of 120 characters is not a time')
  })

  it('takes the time of receipt where there is none, or where a name does not promise one', () => {
    for (const source of [
      '{}',
      '{"timestamp":null}',
      '{"time":"noon"}',
      '{"ts":0.25}',
      '{"time":"12"}',
      '{"time":{"a":1}}',
      '{"a":{"timestamp":5}}',
    ]) {
      const [table] = blockTables(read(source))
      expect([...table.times()], source).toEqual([RECEIVED_MS])
      expect(documentsOf(read(source))).toEqual([source])
    }
  })
})

describe('the type of a body', () => {
  it('is believed only where the body agrees', () => {
    const types = [
      'application/json',
      'application/x-ndjson',
      'application/x-www-form-urlencoded',
      'application/octet-stream',
      'text/plain',
      '',
    ]
    for (const type of types) {
      expect(documentsOf(read('{"n":1}\n{"n":2}', type)), type).toEqual(['{"n":1}', '{"n":2}'])
      if (type !== 'text/plain') expect(documentsOf(read(' [{"n":1}]', type)), type).toEqual(['{"n":1}'])
    }
  })

  it('is a record for each line of a stack trace sent as text, and one record when sent as a message of JSON', () => {
    const trace = [
      'java.lang.IllegalStateException: cart is gone',
      '\tat shop.Cart.take(Cart.java:17)',
      '    at shop.Checkout.run(Checkout.java:4)',
      'Caused by: java.net.SocketTimeoutException',
      'Traceback (most recent call last):',
      '  File "pay.py", line 3, in <module>',
    ]
    const asText = read(trace.join('\n'), 'text/plain')
    expect(documentsOf(asText)).toEqual(trace.map((line) => JSON.stringify(line)))
    const message = `${trace.join('\n')}\n`
    const [table] = blockTables(read(JSON.stringify({ level: 'error', message })))
    expect([table.rows, systemValue(table, 'message', 0)]).toEqual([1, message])
  })

  it('is text where a line only begins like JSON', () => {
    const lines = ['[2026-11-21 10:00:00] started', '[2026-11-21 10:00:01] stopped']
    for (const type of ['text/plain', '', 'application/x-www-form-urlencoded']) {
      expect(documentsOf(read(lines.join('\n'), type)), type).toEqual(lines.map((line) => JSON.stringify(line)))
    }
    expect(documentsOf(read('{started} at noon\n{stopped}', 'text/plain'))).toEqual([
      '"{started} at noon"',
      '"{stopped}"',
    ])
    expect(documentsOf(read('ｆ{"a"', 'text/plain'))).toEqual(['"ｆ{\\"a\\""'])
  })

  it('does not make text of JSON logs that were refused for another reason', () => {
    const result = read('{"timestamp":"1999-01-01"}\n{"timestamp":"1999-01-02"}', 'text/plain')
    expect(result.blocks).toEqual([])
    expect(result.rejected.map(({ code }) => code)).toEqual(['timestamp_too_old', 'timestamp_too_old'])
  })

  it('takes {"logs": […]} for a batch only when it is all there is', () => {
    expect(documentsOf(read('{"logs":[{"a":1},{"a":2}]}'))).toEqual(['{"a":1}', '{"a":2}'])
    for (const whole of [
      '{"logs":[{"a":1}],"x":2}',
      '{"logs":["a"]}',
      '{"logs":{"a":1}}',
      '{"x":1,"logs":[{"a":1}]}',
    ]) {
      const result = read(whole)
      expect(documentsOf(result)).toEqual([whole])
      expect(result.received).toBe(1)
    }
  })
})
