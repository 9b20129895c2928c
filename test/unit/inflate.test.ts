import * as zlib from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { type Coding, inflate, sniffCoding } from '../../src/http/inflate'
import { ZSTD_FRAMES_MAX } from '../../src/limits/limits'

const MIB = 1024 * 1024
const text = Buffer.from('{"message":"hello"}\n'.repeat(50))
const compressors: [Coding, string, (bytes: Uint8Array) => Buffer][] = [
  ['gzip', 'gzip', zlib.gzipSync],
  ['deflate', 'zlib', zlib.deflateSync],
  ['deflate', 'raw', zlib.deflateRawSync],
  ['br', 'brotli', zlib.brotliCompressSync],
  ['zstd', 'zstd', zlib.zstdCompressSync],
]
const textOf = (result: ReturnType<typeof inflate>) =>
  result.kind === 'bytes' ? Buffer.from(result.bytes).toString() : result

describe.each(compressors)('inflate %s (%s)', (coding, _name, compress) => {
  it('gives back what was compressed', () => {
    expect(textOf(inflate(coding, compress(text), MIB))).toBe(text.toString())
  })

  it('allows exactly the bound, and one byte less is too large', () => {
    expect(inflate(coding, compress(text), text.length).kind).toBe('bytes')
    expect(inflate(coding, compress(text), text.length - 1)).toEqual({ kind: 'too_large' })
  })

  it('stops at the bound of a bomb', () => {
    const bomb = compress(Buffer.alloc(64 * MIB))
    const before = process.memoryUsage().arrayBuffers
    expect(inflate(coding, bomb, MIB)).toEqual({ kind: 'too_large' })
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * MIB)
  })

  it('finds every truncation, and never throws', () => {
    const whole = compress(text)
    for (let length = 1; length < whole.length; length++) {
      expect(inflate(coding, whole.subarray(0, length), MIB).kind, `${length} bytes`).toBe('damaged')
    }
  })

  it('calls other data damaged', () => {
    for (const other of [text, Buffer.from('x'), Buffer.alloc(64, 0xff)]) {
      expect(inflate(coding, other, MIB)).toEqual({ kind: 'damaged', reason: expect.stringMatching(/./) })
    }
  })

  it('says nothing of trailing data only where it is part of the format', () => {
    const twice = inflate(coding, Buffer.concat([compress(text), compress(text)]), MIB)
    const holdsSeveral = coding === 'gzip' || coding === 'zstd'
    if (holdsSeveral) expect(textOf(twice)).toBe(text.toString().repeat(2))
    else expect(twice).toMatchObject({ kind: 'damaged', reason: expect.stringContaining('follow the end') })
    expect(inflate(coding, Buffer.concat([compress(text), Buffer.from('junk')]), MIB).kind).toBe('damaged')
  })
})

describe('inflate zstd', () => {
  it('bounds the sum of all frames', () => {
    const frames = Buffer.concat([zlib.zstdCompressSync(text), zlib.zstdCompressSync(text)])
    expect(inflate('zstd', frames, text.length * 2).kind).toBe('bytes')
    expect(inflate('zstd', frames, text.length * 2 - 1).kind).toBe('too_large')
    expect(inflate('zstd', frames, text.length).kind).toBe('too_large')
  })

  it('skips frames that hold no data, as parallel compressors write them', () => {
    const skippable = Buffer.from('502a4d180400000001020304', 'hex')
    expect(textOf(inflate('zstd', Buffer.concat([skippable, zlib.zstdCompressSync(text), skippable]), MIB))).toBe(
      text.toString(),
    )
  })

  it('refuses more frames than it would be quick to read', () => {
    const empty = zlib.zstdCompressSync(Buffer.alloc(0))
    const frames = (count: number) => inflate('zstd', Buffer.concat(Array<Buffer>(count).fill(empty)), MIB).kind
    expect(frames(ZSTD_FRAMES_MAX)).toBe('bytes')
    expect(frames(ZSTD_FRAMES_MAX + 1)).toBe('damaged')
  })
})

it('knows gzip and zstd by their first bytes, and takes no text for either', () => {
  expect(sniffCoding(zlib.gzipSync(text))).toBe('gzip')
  expect(sniffCoding(zlib.zstdCompressSync(text))).toBe('zstd')
  for (const other of ['', '{', '[]', '(', '\u001f', 'plain text', '\ufeff{}'])
    expect(sniffCoding(Buffer.from(other)), other).toBeUndefined()
})
