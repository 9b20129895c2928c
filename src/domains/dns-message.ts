import { LABEL_CHARACTERS_MAX } from '../limits/limits'

/** Why there is nothing to be read in what a DNS server has sent. */
export interface NoReply {
  readonly ok: false
  readonly reason: 'not_a_message' | 'failed' | 'truncated'
}

/** What a DNS server says about the TXT records of a name. */
export type TxtReply = { readonly ok: true; readonly texts: readonly string[] } | NoReply

/** What a DNS server says about the addresses of a name. */
export type AddressReply = { readonly ok: true; readonly addresses: readonly string[] } | NoReply

/** IPv4 and IPv6. */
export type AddressType = 'A' | 'AAAA'

interface Cursor {
  readonly bytes: Uint8Array
  place: number
}

interface ResourceRecord {
  readonly name: string
  readonly type: number
  /** Where its data stand in the message. */
  readonly from: number
  readonly to: number
}

const HEADER_BYTES = 12
const TYPE_CNAME = 5
const TYPE_TXT = 16
const TYPE_OF_ADDRESS: Readonly<Record<AddressType, number>> = { A: 1, AAAA: 28 }
const CLASS_IN = 1
const NAME_DOES_NOT_EXIST = 3
/** Aliases that are followed from the name to its texts; resolvers themselves follow about as many. */
const ALIASES_MAX = 8
/** Jumps inside one compressed name: each goes backwards, and no name has more labels. */
const JUMPS_MAX = 127

/** A question for the TXT records of a name (RFC 1035, 4). Its id is 0, so that caches of HTTP see equal questions (RFC 8484, 4.1). */
export const txtQuestion = (name: string): Uint8Array => questionFor(name, TYPE_TXT)

/** A question for the addresses of a name. */
export const addressQuestion = (name: string, type: AddressType): Uint8Array => questionFor(name, TYPE_OF_ADDRESS[type])

function questionFor(name: string, type: number): Uint8Array {
  const labels = name.split('.')
  if (labels.some((label) => label.length === 0 || label.length > LABEL_CHARACTERS_MAX))
    throw new RangeError('a label of DNS has 1 to 63 characters')
  const header = [0, 0, 0b0000_0001, 0, 0, 1, 0, 0, 0, 0, 0, 0] // recursion desired, one question
  const question = labels.flatMap((label) => [label.length, ...Buffer.from(label, 'latin1')])
  return Uint8Array.from([...header, ...question, 0, 0, type, 0, CLASS_IN])
}

/**
 * Reads an answer to txtQuestion. It takes the texts of the name itself and, along aliases, of the name that it stands for;
 * the strings of one record belong together (RFC 7208, 3.3). Anything that is not well formed is no answer.
 */
export function readTxtReply(bytes: Uint8Array, name: string): TxtReply {
  const asked = name.toLowerCase()
  return unlessMalformed(() => {
    const read = readRecords(bytes, asked, TYPE_TXT)
    return read.ok ? { ok: true, texts: textsOf(bytes, read.records, asked) } : read
  })
}

/**
 * Reads an answer to addressQuestion: every address in it, whichever of the aliases it is of. Who is asked whether a name may
 * be reached wants to hear of too many rather than of too few.
 */
export function readAddressReply(bytes: Uint8Array, name: string, type: AddressType): AddressReply {
  return unlessMalformed(() => {
    const read = readRecords(bytes, name.toLowerCase(), TYPE_OF_ADDRESS[type])
    if (!read.ok) return read
    const own = read.records.filter((record) => record.type === TYPE_OF_ADDRESS[type])
    return { ok: true, addresses: own.map(({ from, to }) => addressOf(bytes.subarray(from, to), type)) }
  })
}

function unlessMalformed<Reply>(read: () => Reply): Reply | NoReply {
  try {
    return read()
  } catch (error) {
    if (error instanceof RangeError) return { ok: false, reason: 'not_a_message' }
    throw error
  }
}

type Records = { readonly ok: true; readonly records: readonly ResourceRecord[] } | NoReply

function readRecords(bytes: Uint8Array, name: string, type: number): Records {
  const cursor = { bytes, place: 0 }
  readUint16(cursor) // the id means nothing over HTTP
  const flags = readUint16(cursor)
  const [questions, answers] = [readUint16(cursor), readUint16(cursor)]
  cursor.place = HEADER_BYTES
  const isAnswer = (flags & 0x8000) !== 0
  if (!isAnswer || questions !== 1 || readName(cursor) !== name) return { ok: false, reason: 'not_a_message' }
  if (readUint16(cursor) !== type || readUint16(cursor) !== CLASS_IN) return { ok: false, reason: 'not_a_message' }
  const code = flags & 0xf
  if (code === NAME_DOES_NOT_EXIST) return { ok: true, records: [] }
  if (code !== 0) return { ok: false, reason: 'failed' }
  if ((flags & 0x0200) !== 0) return { ok: false, reason: 'truncated' }
  const records: ResourceRecord[] = []
  for (let read = 0; read < answers; read++) records.push(readRecord(cursor))
  return { ok: true, records }
}

function addressOf(bytes: Uint8Array, type: AddressType): string {
  if (bytes.length !== (type === 'A' ? 4 : 16)) throw new RangeError('an address has another length')
  if (type === 'A') return bytes.join('.')
  const groups = Array.from({ length: 8 }, (_, index) => (bytes[index * 2] << 8) | bytes[index * 2 + 1])
  return groups.map((group) => group.toString(16)).join(':')
}

function readRecord(cursor: Cursor): ResourceRecord {
  const name = readName(cursor)
  const type = readUint16(cursor)
  readUint16(cursor) // class
  readUint16(cursor)
  readUint16(cursor) // time to live
  const length = readUint16(cursor)
  const from = cursor.place
  cursor.place += length
  if (cursor.place > cursor.bytes.length) throw new RangeError('a record ends behind the message')
  return { name, type, from, to: cursor.place }
}

function textsOf(bytes: Uint8Array, records: readonly ResourceRecord[], name: string): string[] {
  let owner = name
  for (let aliases = 0; aliases < ALIASES_MAX; aliases++) {
    const alias = records.find((record) => record.type === TYPE_CNAME && record.name === owner)
    if (alias === undefined) break
    owner = readName({ bytes, place: alias.from })
  }
  const own = records.filter((record) => record.type === TYPE_TXT && record.name === owner)
  return own.map((record) => readStrings(bytes.subarray(record.from, record.to)))
}

/** Strings with their length before each, joined. */
function readStrings(bytes: Uint8Array): string {
  let text = ''
  for (let place = 0; place < bytes.length; place += bytes[place] + 1) {
    if (place + bytes[place] >= bytes.length) throw new RangeError('a string ends behind its record')
    text += Buffer.from(bytes.subarray(place + 1, place + 1 + bytes[place])).toString('latin1')
  }
  return text
}

/** A name in lower case, without the final dot; the cursor goes behind it. Compressed names jump back into the message. */
function readName(cursor: Cursor): string {
  const labels: string[] = []
  let place = cursor.place
  let end: number | undefined
  for (let jumps = 0; jumps <= JUMPS_MAX; ) {
    const length = byteAt(cursor.bytes, place)
    if (length >= 0xc0) {
      end ??= place + 2
      place = ((length & 0x3f) << 8) | byteAt(cursor.bytes, place + 1)
      jumps++
    } else if (length > LABEL_CHARACTERS_MAX) {
      throw new RangeError('a label is too long')
    } else if (length === 0) {
      cursor.place = end ?? place + 1
      return labels.join('.').toLowerCase()
    } else {
      byteAt(cursor.bytes, place + length)
      labels.push(Buffer.from(cursor.bytes.subarray(place + 1, place + 1 + length)).toString('latin1'))
      if (labels.length > JUMPS_MAX) throw new RangeError('a name has too many labels')
      place += length + 1
    }
  }
  throw new RangeError('a name jumps too often')
}

function readUint16(cursor: Cursor): number {
  const value = (byteAt(cursor.bytes, cursor.place) << 8) | byteAt(cursor.bytes, cursor.place + 1)
  cursor.place += 2
  return value
}

function byteAt(bytes: Uint8Array, place: number): number {
  if (place >= bytes.length) throw new RangeError('the message ends too early')
  return bytes[place]
}
