import {
  BODY_BYTES_MAX,
  COMPRESSED_BODY_BYTES_MAX,
  CONTENT_ENCODINGS_MAX,
  DISCARD_BYTES_MAX,
  DISCARD_MS_MAX,
} from '../limits/limits'
import { type Coding, inflate, sniffCoding } from './inflate'
import { ApiError } from './problem'

/** How much of a body is read, and how much it may become. */
export interface BodyLimits {
  readonly compressedBytesMax: number
  readonly bytesMax: number
}

/** What some protocols have of their own about bodies. */
export interface BodyRules {
  /** A request without a body is one without records, and no mistake. */
  readonly mayBeEmpty?: boolean
  /** Codings that are part of the format, whatever the header calls them. */
  readonly ignoredCodings?: readonly string[]
  /** Is shown the bytes as they were sent, and throws where they may not be taken: for signatures, which are over these. */
  readonly check?: (sent: Uint8Array) => void
}

/** What an ingest endpoint takes. */
export const BODY_LIMITS: BodyLimits = { compressedBytesMax: COMPRESSED_BODY_BYTES_MAX, bytesMax: BODY_BYTES_MAX }

/** The space for a body that does not say how long it is, and for one that is thrown away. */
const FIRST_READ_BYTES = 64 * 1024

/**
 * Answers a request's body, decompressed, or refuses it: too large on the way or after decompression, damaged, empty, or
 * in a coding that we do not know. No more than the limits is ever held, whatever the headers say.
 */
export async function readBody(
  request: Request,
  limits: BodyLimits,
  { mayBeEmpty = false, ignoredCodings = [], check }: BodyRules = {},
): Promise<Uint8Array> {
  const declared = parseContentEncoding(request.headers.get('content-encoding'), ignoredCodings)
  const sent = await readSent(request, declared ? compressedLimit(limits) : plainLimit(limits))
  check?.(sent)
  if (sent.length === 0 && mayBeEmpty) return sent
  const body = inflateAll(declared ?? sniffCodings(sent), sent, plainLimit(limits))
  if (body.length === 0 && !mayBeEmpty) throw new ApiError('empty_body')
  return body
}

/** A limit of bytes as it is told to the client. */
interface Limit {
  readonly name: string
  readonly value: number
  readonly stage: string
}

const compressedLimit = ({ compressedBytesMax }: BodyLimits): Limit => ({
  name: 'COMPRESSED_BODY_BYTES_MAX',
  value: compressedBytesMax,
  stage: 'before decompression',
})

const plainLimit = ({ bytesMax }: BodyLimits): Limit => ({
  name: 'BODY_BYTES_MAX',
  value: bytesMax,
  stage: 'uncompressed',
})

/** The codings of a body in the order they were applied; undefined when the header does not name any. */
export function parseContentEncoding(header: string | null, ignored: readonly string[] = []): Coding[] | undefined {
  const names = (header ?? '')
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
  const codings = names.filter((name) => name !== '' && name !== 'identity' && !ignored.includes(name)).map(parseCoding)
  if (codings.length > CONTENT_ENCODINGS_MAX) {
    throw new ApiError('unsupported_media_type', `Content-Encoding names more than ${CONTENT_ENCODINGS_MAX} codings.`)
  }
  return codings.length === 0 ? undefined : codings
}

function parseCoding(name: string): Coding {
  if (name === 'gzip' || name === 'x-gzip') return 'gzip'
  if (name === 'deflate' || name === 'br' || name === 'zstd' || name === 'snappy') return name
  const extras = { headers: { 'accept-encoding': 'gzip, deflate, br, zstd, snappy' } }
  throw new ApiError(
    'unsupported_media_type',
    `The Content-Encoding ${JSON.stringify(name.slice(0, 40))} is not supported.`,
    extras,
  )
}

/** Proxies and `curl --data-binary @file.gz` lose the header, so the first bytes may speak for themselves. */
function sniffCodings(sent: Uint8Array): Coding[] {
  const coding = sniffCoding(sent)
  return coding === undefined ? [] : [coding]
}

/** The coding that was applied last is undone first. */
function inflateAll(codings: readonly Coding[], sent: Uint8Array, limit: Limit): Uint8Array {
  return codings.reduceRight((bytes, coding) => inflateOne(coding, bytes, limit), sent)
}

function inflateOne(coding: Coding, compressed: Uint8Array, limit: Limit): Uint8Array {
  if (compressed.length === 0) throw new ApiError('empty_body')
  const inflated = inflate(coding, compressed, limit.value)
  if (inflated.kind === 'bytes') return inflated.bytes
  if (inflated.kind === 'too_large') throw tooLarge(limit)
  throw new ApiError(
    'invalid_body',
    `The body (${compressed.length} bytes) is not whole ${coding} data: ${inflated.reason}.`,
  )
}

/**
 * Reads what was sent into one buffer of the declared length, without a copy. It has room for one byte more than is
 * expected or allowed, so that a body that goes on is noticed.
 */
async function readSent(request: Request, limit: Limit): Promise<Uint8Array> {
  if (request.body === null) return new Uint8Array()
  const declared = declaredLength(request.headers)
  const reader = request.body.getReader({ mode: 'byob' })
  const awaitsConsent = request.headers.has('expect')
  if (declared !== undefined && declared > limit.value) return refuseTooLarge(reader, limit, awaitsConsent)

  const expected = declared ?? FIRST_READ_BYTES
  let read: PartlyRead = { buffer: new Uint8Array(Math.min(expected, limit.value) + 1), filled: 0 }
  for (;;) {
    read = await fill(reader, read)
    if (read.filled > limit.value) return refuseTooLarge(reader, limit, false)
    if (read.filled < read.buffer.length) return read.buffer.subarray(0, read.filled)
    read = { ...read, buffer: enlarge(read.buffer, limit.value + 1) }
  }
}

/** One buffer, and how much of it is the body's. */
interface PartlyRead {
  readonly buffer: Uint8Array
  readonly filled: number
}

/** Reads until the buffer is full or the body ends. A read takes the memory of its buffer and answers with it. */
async function fill(reader: ReadableStreamBYOBReader, { buffer, filled }: PartlyRead): Promise<PartlyRead> {
  const { value } = await reader.readAtLeast(buffer.length - filled, buffer.subarray(filled)).catch(refuseCutShort)
  if (value === undefined) return refuseCutShort()
  return { buffer: new Uint8Array(value.buffer), filled: filled + value.length }
}

function enlarge(buffer: Uint8Array, bytesMax: number): Uint8Array {
  const larger = new Uint8Array(Math.min(buffer.length * 2, bytesMax))
  larger.set(buffer)
  return larger
}

function declaredLength(headers: Headers): number | undefined {
  const text = headers.get('content-length') ?? ''
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined
}

/** A client that asked with `Expect` whether to send its body has not begun to. */
async function refuseTooLarge(reader: ReadableStreamBYOBReader, limit: Limit, awaitsConsent: boolean): Promise<never> {
  if (!awaitsConsent) await Promise.race([discard(reader), scheduler.wait(DISCARD_MS_MAX)])
  await reader.cancel().catch(() => {})
  throw tooLarge(limit)
}

/**
 * Takes in some more of a body that is refused already. Many clients listen only once they have sent everything, and to
 * close the connection before would take the answer away from them.
 */
async function discard(reader: ReadableStreamBYOBReader): Promise<void> {
  let buffer = new Uint8Array(FIRST_READ_BYTES)
  for (let discarded = 0; discarded < DISCARD_BYTES_MAX; ) {
    const { value, done } = await reader.read(buffer).catch(() => ({ value: undefined, done: true }))
    if (done || value === undefined) return
    discarded += value.length
    buffer = new Uint8Array(value.buffer)
  }
}

const tooLarge = (limit: Limit): ApiError =>
  new ApiError('payload_too_large', `The body has more than ${limit.value} bytes ${limit.stage}.`, {
    limit: { name: limit.name, value: limit.value },
  })

function refuseCutShort(): never {
  throw new ApiError('invalid_body', 'The body ended before it was complete.')
}
