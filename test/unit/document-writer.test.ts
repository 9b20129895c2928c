import { expect, it } from 'vitest'
import { DocumentWriter, memberName } from '../../src/formats/document-writer'
import { BodyTooLarge } from '../../src/formats/format'
import { unixNanosOf } from '../../src/formats/unix-nanos'
import { DOCUMENTS_BYTES_MAX } from '../../src/limits/limits'

const bytesOf = (text: string) => new TextEncoder().encode(text)
const textOf = (writer: DocumentWriter) => new TextDecoder().decode(writer.bytes)

it('puts commas where they belong, and forgets what is rewound', () => {
  const writer = new DocumentWriter(0)
  writer.beginObject()
  writer.member(memberName('a "name"'))
  writer.beginArray()
  for (const text of ['one', '}', '[', ',']) writer.text(bytesOf(text), 0, text.length)
  writer.endArray()
  const before = writer.length
  writer.member(memberName('gone'))
  writer.json('1')
  writer.rewind(before)
  writer.memberOf(bytesOf('b'), 0, 1)
  writer.json('null')
  writer.endObject()
  writer.endDocument()
  expect(textOf(writer)).toBe('{"a \\"name\\"":["one","}","[",","],"b":null}\n')
})

it('escapes what JSON wants escaped, as JSON.stringify does, and grows as far as that needs', () => {
  const text = Array.from({ length: 400 }, (_, code) => String.fromCharCode(code % 160)).join('')
  const writer = new DocumentWriter(0)
  const bytes = bytesOf(text)
  writer.text(bytes, 0, bytes.length)
  expect(textOf(writer)).toBe(JSON.stringify(text))
})

it('takes back a document that is none, and counts it', () => {
  const writer = new DocumentWriter(0)
  writer.json('{}')
  writer.endDocument()
  writer.beginObject()
  writer.refuseDocument({ code: 'too_deep', detail: 'x', at: 0 })
  writer.json('[]')
  writer.endDocument()
  expect([textOf(writer), writer.ends, [...writer.refused.keys()]]).toEqual(['{}\n[]\n', [3, 3, 6], [1]])
})

it('writes an instant with all its digits', () => {
  for (const nanos of [1n, 999_999_999n, 1_000_000_000n, 1_764_320_460_123_456_789n, 2n ** 64n - 1n]) {
    const writer = new DocumentWriter(0)
    const { seconds, nanos: rest } = unixNanosOf(Number(nanos >> 32n), Number(nanos & 0xffff_ffffn))
    expect(BigInt(seconds) * 1_000_000_000n + BigInt(rest)).toBe(nanos)
    writer.instant(seconds, rest)
    const iso = new Date(Number(nanos / 1_000_000_000n) * 1000).toISOString().slice(0, 19)
    expect(textOf(writer)).toBe(`"${iso}.${String(nanos % 1_000_000_000n).padStart(9, '0')}Z"`)
  }
})

it('never holds more than it may', () => {
  const writer = new DocumentWriter(0)
  const piece = new Uint8Array(1 << 20).fill(0x61)
  const write = () => {
    for (let times = 0; times <= DOCUMENTS_BYTES_MAX >> 20; times++) writer.text(piece, 0, piece.length)
  }
  expect(write).toThrow(BodyTooLarge)
  expect(writer.length).toBeLessThanOrEqual(DOCUMENTS_BYTES_MAX)
})
