import { describe, expect, it } from 'vitest'
import { ApiError } from '../../src/http/problem'
import { parseContentEncoding } from '../../src/http/read-body'

describe('parseContentEncoding', () => {
  it('lists codings as they were applied, without identity', () => {
    expect(parseContentEncoding('gzip, br')).toEqual(['gzip', 'br'])
    expect(parseContentEncoding(' X-GZIP ,identity,, zstd')).toEqual(['gzip', 'zstd'])
    expect(parseContentEncoding('deflate')).toEqual(['deflate'])
    expect(parseContentEncoding('gzip, snappy')).toEqual(['gzip', 'snappy'])
  })

  it('leaves out what is part of the format', () => {
    expect(parseContentEncoding('snappy', ['snappy'])).toBeUndefined()
    expect(parseContentEncoding('Snappy, gzip', ['snappy'])).toEqual(['gzip'])
  })

  it('is undefined where nothing is named', () => {
    for (const header of [null, '', ' ', 'identity', ',']) expect(parseContentEncoding(header)).toBeUndefined()
  })

  it('refuses what it does not know, and says what it knows', () => {
    for (const header of ['lz4', 'gzip, lz4', 'gzip;q=1', '*', '"gzip"', 'gzip,gzip,gzip,gzip']) {
      expect(() => parseContentEncoding(header), header).toThrow(ApiError)
    }
    expect(() => parseContentEncoding('lz4')).toThrow(
      expect.objectContaining({ code: 'unsupported_media_type', message: expect.stringContaining('"lz4"') }),
    )
  })
})
