import * as zlib from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { BODY_LIMITS, readBody } from '../../src/http/read-body'
import { DISCARD_BYTES_MAX } from '../../src/limits/limits'

const KIB = 1024
const limits = { compressedBytesMax: 300 * KIB, bytesMax: 1000 * KIB }
const text = '{"message":"hello","n":1}\n'.repeat(40)
const bytes = new TextEncoder().encode(text)

const post = (body: BodyInit | null, headers: Record<string, string> = {}) =>
  new Request('http://acme.localhost/logs', { method: 'POST', body, headers })

/** A body that says how it is read: in pieces, without a length. */
function streamOf(pieces: readonly Uint8Array[]) {
  const state = { pulled: 0, cancelled: false }
  const stream = new ReadableStream({
    type: 'bytes',
    pull(controller) {
      const piece = pieces[state.pulled++]
      if (piece) return controller.enqueue(piece.slice())
      controller.close()
      controller.byobRequest?.respond(0)
    },
    cancel() {
      state.cancelled = true
    },
  })
  return { stream, state }
}

const readText = async (request: Request) => new TextDecoder().decode(await readBody(request, limits))

describe('readBody', () => {
  it('answers what was sent', async () => {
    expect(await readText(post(text))).toBe(text)
    expect(await readText(post(text, { 'content-encoding': 'identity' }))).toBe(text)
  })

  it('reads a body without a length, of every size around its own buffers', async () => {
    for (const size of [1, 65_535, 65_536, 65_537, 131_074, 1000 * KIB - 1, 1000 * KIB]) {
      const body = new Uint8Array(size).map((_, index) => index % 251)
      const { stream } = streamOf([body.subarray(0, 10), body.subarray(10)].filter(({ length }) => length > 0))
      expect(Buffer.from(await readBody(post(stream), limits)).equals(body), `${size} bytes`).toBe(true)
    }
  })

  it('reads a body without a length where only little is taken, up to exactly that', async () => {
    const little = { compressedBytesMax: 4 * KIB, bytesMax: 4 * KIB }
    for (const size of [1, 4 * KIB]) {
      const { stream } = streamOf([new Uint8Array(size).fill(65)])
      expect(await readBody(post(stream), little)).toHaveLength(size)
    }
    const { stream } = streamOf([new Uint8Array(4 * KIB + 1).fill(65)])
    await expect(readBody(post(stream), little)).rejects.toMatchObject({ code: 'payload_too_large' })
  })

  it('undoes every coding, and lists of them from right to left', async () => {
    const encodings: [string, Uint8Array][] = [
      ['gzip', zlib.gzipSync(bytes)],
      ['X-GZIP', zlib.gzipSync(bytes)],
      ['deflate', zlib.deflateSync(bytes)],
      ['deflate', zlib.deflateRawSync(bytes)],
      ['br', zlib.brotliCompressSync(bytes)],
      ['zstd', zlib.zstdCompressSync(bytes)],
      ['gzip, zstd', zlib.zstdCompressSync(zlib.gzipSync(bytes))],
      ['identity, br', zlib.brotliCompressSync(bytes)],
    ]
    for (const [encoding, body] of encodings) {
      expect(await readText(post(body, { 'content-encoding': encoding })), encoding).toBe(text)
    }
  })

  it('reads several gzip members and several zstd frames as one body', async () => {
    for (const compress of [zlib.gzipSync, zlib.zstdCompressSync]) {
      expect(await readText(post(Buffer.concat([compress(bytes), compress(bytes)])))).toBe(text + text)
    }
  })

  it('knows gzip and zstd by their first bytes when the header is missing', async () => {
    expect(await readText(post(zlib.gzipSync(bytes)))).toBe(text)
    expect(await readText(post(zlib.zstdCompressSync(bytes)))).toBe(text)
  })

  it('refuses an unknown coding before it reads', async () => {
    const { stream, state } = streamOf([bytes])
    const refused = readBody(post(stream, { 'content-encoding': 'lz4' }), limits)
    await expect(refused).rejects.toMatchObject({
      code: 'unsupported_media_type',
      extras: { headers: { 'accept-encoding': /gzip/ } },
    })
    expect(state.cancelled).toBe(false)
  })

  it('says that damaged data is damaged, and how', async () => {
    const whole = zlib.gzipSync(bytes)
    const flipped = Uint8Array.from(whole, (byte, index) => (index === whole.length - 6 ? byte ^ 1 : byte))
    for (const body of [whole.subarray(0, 30), flipped, bytes]) {
      const refused = readBody(post(body, { 'content-encoding': 'gzip' }), limits)
      await expect(refused).rejects.toMatchObject({
        code: 'invalid_body',
        message: expect.stringMatching(/bytes\) is not whole gzip data: \w/),
      })
    }
  })

  it('refuses an empty body, and one that becomes empty', async () => {
    for (const body of [null, '', zlib.gzipSync('')]) {
      await expect(readBody(post(body), limits)).rejects.toMatchObject({ code: 'empty_body' })
    }
    await expect(readBody(post('', { 'content-encoding': 'gzip' }), limits)).rejects.toMatchObject({
      code: 'empty_body',
    })
  })

  it('refuses by the declared length, without reading where the client asks before it sends', async () => {
    const { stream, state } = streamOf([bytes])
    const headers = { 'content-length': `${1000 * KIB + 1}`, expect: '100-continue' }
    const refused = readBody(post(stream, headers), limits)
    await expect(refused).rejects.toMatchObject({ code: 'payload_too_large', extras: { limit: { value: 1000 * KIB } } })
    expect(state).toEqual({ pulled: expect.any(Number), cancelled: true })
    expect(state.pulled).toBeLessThanOrEqual(1)
  })

  it('takes in what is on its way of a body that it refuses, so that the answer is heard', async () => {
    const { stream, state } = streamOf(Array<Uint8Array>(100).fill(new Uint8Array(64 * KIB)))
    const refused = readBody(post(stream, { 'content-length': `${6400 * KIB}` }), limits)
    await expect(refused).rejects.toMatchObject({ code: 'payload_too_large' })
    expect(state.pulled).toBeGreaterThanOrEqual(100)
  })

  it('bounds what is sent compressed by a limit of its own', async () => {
    const noise = zlib.gzipSync(crypto.getRandomValues(new Uint8Array(60 * KIB)))
    const members = Buffer.concat(Array<Uint8Array>(6).fill(noise))
    await expect(readBody(post(members, { 'content-encoding': 'gzip' }), limits)).rejects.toMatchObject({
      code: 'payload_too_large',
      extras: { limit: { name: 'COMPRESSED_BODY_BYTES_MAX', value: 300 * KIB } },
    })
  })

  it('stops reading a body that goes on, whatever length it declared', async () => {
    for (const declared of [undefined, '5', '-1', 'many']) {
      const { stream, state } = streamOf(Array<Uint8Array>(4000).fill(new Uint8Array(64 * KIB)))
      const headers: Record<string, string> = declared === undefined ? {} : { 'content-length': declared }
      await expect(readBody(post(stream, headers), limits)).rejects.toMatchObject({ code: 'payload_too_large' })
      expect(state.cancelled).toBe(true)
      expect(state.pulled).toBeLessThan(40 + DISCARD_BYTES_MAX / (64 * KIB))
    }
  })

  it('reads a body that is shorter than it declared', async () => {
    const { stream } = streamOf([bytes])
    expect(await readText(post(stream, { 'content-length': '100000' }))).toBe(text)
  })

  it('stops a bomb at the limit, in every coding and in a coding of a coding', async () => {
    const zeros = Buffer.alloc(64 * 1024 * KIB)
    const bombs: [string, Uint8Array][] = [
      ['gzip', zlib.gzipSync(zeros)],
      ['deflate', zlib.deflateSync(zeros)],
      ['zstd', zlib.zstdCompressSync(zeros)],
      ['gzip, gzip', zlib.gzipSync(zlib.gzipSync(zeros))],
    ]
    for (const [encoding, body] of bombs) {
      const refused = readBody(post(body, { 'content-encoding': encoding }), BODY_LIMITS)
      await expect(refused, encoding).rejects.toMatchObject({
        code: 'payload_too_large',
        extras: { limit: { name: 'BODY_BYTES_MAX', value: BODY_LIMITS.bytesMax } },
      })
    }
  })

  it('allows exactly the limit after decompression', async () => {
    const body = zlib.gzipSync(new Uint8Array(limits.bytesMax))
    expect((await readBody(post(body), limits)).length).toBe(limits.bytesMax)
    await expect(readBody(post(zlib.gzipSync(new Uint8Array(limits.bytesMax + 1))), limits)).rejects.toMatchObject({
      code: 'payload_too_large',
    })
  })

  it('calls a connection that breaks off the client’s fault', async () => {
    const stream = new ReadableStream({
      type: 'bytes',
      pull: (controller) => controller.error(new Error('Network connection lost.')),
    })
    await expect(readBody(post(stream), limits)).rejects.toMatchObject({ code: 'invalid_body' })
  })
})
