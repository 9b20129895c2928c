import fc from 'fast-check'
import { compress } from 'snappyjs'
import { describe, expect, it } from 'vitest'
import { BodyFailure, BodyTooLarge } from '../../src/formats/format'
import { LOKI } from '../../src/formats/loki/loki'
import { parseLabels } from '../../src/formats/loki/parse-labels'
import { unframeSnappy, unsnap } from '../../src/formats/snappy'
import { expectedEntries, labelText, lokiPush, pushBytes, pushJson } from '../support/loki-pushes'
import { RECEIVED_MS } from '../support/read-back'
import { readBody, transcribed } from '../support/read-format-body'

const PROTOBUF = 'application/x-protobuf'
const JSON_TYPE = 'application/json'

/** Without what is derived from the line. */
const sentParts = (source: string): object => {
  const { json: _json, detected_level: _level, ...sent } = JSON.parse(source)
  return sent
}

describe('a push to Loki', () => {
  it('becomes the same documents out of protobuf and out of JSON, with nothing lost', () => {
    fc.assert(
      fc.property(lokiPush, (streams) => {
        const expected = expectedEntries(streams)
        expect(transcribed(LOKI, compress(pushBytes(streams)), PROTOBUF).map(sentParts)).toEqual(expected)
        expect(transcribed(LOKI, Buffer.from(pushJson(streams)), JSON_TYPE).map(sentParts)).toEqual(expected)
      }),
      { numRuns: 300 },
    )
  })

  it('finds in a line of JSON what it finds in a record', () => {
    fc.assert(
      fc.property(fc.constantFrom('warn', 'error', 'debug'), fc.boolean(), (level, isJson) => {
        const line = JSON.stringify({ level, msg: 'inside', user: { id: 7 } })
        const streams = [{ labels: { job: 'x' }, entries: [{ nanos: 5n, line, metadata: {} }] }]
        const body = isJson ? Buffer.from(pushJson(streams)) : compress(pushBytes(streams))
        const [document] = transcribed(LOKI, body, isJson ? JSON_TYPE : PROTOBUF)
        expect(JSON.parse(document)).toMatchObject({ line, json: JSON.parse(line) })
      }),
      { numRuns: 6 },
    )
  })

  it('takes any damage for what it is: a refused body, and never an error of ours', () => {
    fc.assert(
      fc.property(
        lokiPush,
        fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 4 }),
        fc.constantFrom('json', 'inside', 'outside'),
        (streams, damages, where) => {
          const bytes = where === 'json' ? Buffer.from(pushJson(streams)) : pushBytes(streams)
          const damaged = (body: Uint8Array) => {
            const copy = Buffer.from(body)
            for (const [at, byte] of damages) if (copy.length > 0) copy[at % copy.length] = byte
            return copy.subarray(0, (damages[0][0] % 3 === 0 ? damages[0][0] : copy.length) % (copy.length + 1))
          }
          const whole = where === 'outside' ? damaged(compress(bytes)) : damaged(bytes)
          const body = where === 'inside' ? compress(whole) : whole
          try {
            const batch = readBody(LOKI, body, where === 'json' ? JSON_TYPE : PROTOBUF, RECEIVED_MS)
            const stored = batch.summaries.reduce((sum, { rows }) => sum + rows, 0)
            expect(stored + batch.rejected.length).toBe(batch.received)
          } catch (error) {
            if (!(error instanceof BodyFailure || error instanceof BodyTooLarge)) throw error
          }
        },
      ),
      { numRuns: 700 },
    )
  })
})

describe('labels', () => {
  it('are read as PromQL quotes them, and as clients that do not quote them mean them', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('a', 'b_1', 'job'), fc.string(), { noNullPrototype: true }),
        (labels) => {
          expect(parseLabels(labelText(labels))).toEqual(Object.entries(labels))
        },
      ),
    )
    expect(parseLabels('{app="say "hi", you", path="C:\\temp\\x"}')).toEqual([
      ['app', 'say "hi", you'],
      ['path', 'C:\\temp\\x'],
    ])
    expect(parseLabels('{a="\\x41\\u00e9\\U0001F600\\101\\a", b=`raw\\n`}')).toEqual([
      ['a', 'Aé😀A\u0007'],
      ['b', 'raw\\n'],
    ])
    expect(parseLabels('{app="say "hi"", b=`raw \\n`}')).toEqual([
      ['app', 'say "hi"'],
      ['b', 'raw \\n'],
    ])
    for (const none of ['', 'a="b"', '{a=b}', '{="x"}', '{a="b" c=d}', '{a}']) expect(parseLabels(none)).toBeUndefined()
    expect(parseLabels('{}')).toEqual([])
    expect(parseLabels('{a="b",}')).toEqual([['a', 'b']])
  })

  it('cost little, however they are made', () => {
    const many = `{${Array.from({ length: 100_000 }, (_, index) => `a${index}="v"`).join(',')}}`
    expect(parseLabels(many)).toHaveLength(100_000)
    expect(parseLabels(`{a="${'"'.repeat(20_000)}`)).toBeUndefined()
  })
})

describe('snappy', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 3000 }),
    fc.string({ maxLength: 40 }).map((part) => Buffer.from(part.repeat(90))),
  )

  it('undoes what another implementation has made', () => {
    fc.assert(
      fc.property(bytes, (plain) => {
        expect(Buffer.from(unsnap(compress(plain), plain.length))).toEqual(Buffer.from(plain))
        expect(Buffer.from(unframeSnappy(framed(plain), plain.length))).toEqual(Buffer.from(plain))
        if (plain.length > 0) expect(() => unsnap(compress(plain), plain.length - 1)).toThrow(RangeError)
        if (plain.length > 0) expect(() => unframeSnappy(framed(plain), plain.length - 1)).toThrow(RangeError)
      }),
      { numRuns: 200 },
    )
  })

  it('answers damage with an error, and makes no more than it was allowed', () => {
    fc.assert(
      fc.property(bytes, fc.nat(), fc.nat({ max: 255 }), (plain, at, byte) => {
        const broken = Buffer.from(compress(plain))
        if (broken.length > 0) broken[at % broken.length] = byte
        try {
          expect(unsnap(broken, 5000).length).toBeLessThanOrEqual(5000)
        } catch (error) {
          expect(error).toBeInstanceOf(Error)
          expect(error).not.toBeInstanceOf(TypeError)
        }
      }),
      { numRuns: 400 },
    )
    // A length of 4 GiB, and one that the bytes behind it cannot make.
    expect(() => unsnap(Uint8Array.from([0xff, 0xff, 0xff, 0xff, 0x0f, 0]), 1000)).toThrow(RangeError)
    expect(() => unsnap(Uint8Array.from([0x80, 0x80, 0x40, 0]), 1 << 24)).toThrow('cut short')
    expect(() => unframeSnappy(Uint8Array.from([1, 2, 3]), 1000)).toThrow('no stream identifier')
  })
})

/** The stream format around blocks, with the checksum that google/snappy's framing_format.txt says. */
function framed(plain: Uint8Array): Uint8Array {
  const identifier = Buffer.from('ff060000734e61507059', 'hex')
  const block = compress(plain)
  const head = Buffer.alloc(8)
  head.writeUInt32LE(((block.length + 4) << 8) >>> 0, 0)
  head.writeUInt32LE((((crc32c(plain) >>> 15) | (crc32c(plain) << 17)) + 0xa282ead8) >>> 0, 4)
  return Buffer.concat([identifier, head, block])
}

function crc32c(bytes: Uint8Array): number {
  let crc = -1
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0)
  }
  return ~crc
}
