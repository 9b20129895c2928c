/** The wire format of DNS, written a second time and from the other side: what a resolver makes of a question. */
export interface DnsRecord {
  readonly name: string
  readonly type: 'TXT' | 'CNAME' | 'A' | 'AAAA'
  /** The strings of a TXT record, the name of an alias, or the bytes of an address in hexadecimal. */
  readonly data: readonly string[]
}

export interface DnsReply {
  readonly code?: number
  readonly truncated?: boolean
  readonly records?: readonly DnsRecord[]
  /** Writes each name as a jump to the question's, where it is that name. */
  readonly compressed?: boolean
}

const QUESTION_OFFSET = 12
const TYPES = { TXT: 16, CNAME: 5, A: 1, AAAA: 28 } as const

/** The name in a question. */
export function questionName(question: Uint8Array): string {
  const labels: string[] = []
  let place = QUESTION_OFFSET
  while (question[place] > 0) {
    labels.push(Buffer.from(question.subarray(place + 1, place + 1 + question[place])).toString('latin1'))
    place += question[place] + 1
  }
  return labels.join('.')
}

/** An answer to a question, as resolvers write it. */
export function dnsAnswer(
  question: Uint8Array,
  { code = 0, truncated = false, records = [], compressed = false }: DnsReply,
) {
  const name = questionName(question)
  const written = records.map((record) => {
    const owner = compressed && record.name === name ? Buffer.from([0xc0, QUESTION_OFFSET]) : wireName(record.name)
    const data = wireData(record)
    const fixed = Buffer.alloc(10)
    fixed.writeUInt16BE(TYPES[record.type], 0)
    fixed.writeUInt16BE(1, 2)
    fixed.writeUInt32BE(300, 4)
    fixed.writeUInt16BE(data.length, 8)
    return Buffer.concat([owner, fixed, data])
  })
  const header = Buffer.alloc(QUESTION_OFFSET)
  header.writeUInt16BE(0x8180 | code | (truncated ? 0x0200 : 0), 2)
  header.writeUInt16BE(1, 4)
  header.writeUInt16BE(records.length, 6)
  return Buffer.concat([header, question.subarray(QUESTION_OFFSET), ...written])
}

const wireString = (text: string): Buffer => Buffer.concat([Buffer.from([text.length]), Buffer.from(text, 'latin1')])

const wireName = (name: string): Buffer => Buffer.concat([...name.split('.').map(wireString), Buffer.from([0])])

function wireData({ type, data }: DnsRecord): Buffer {
  if (type === 'CNAME') return wireName(data[0])
  return type === 'TXT' ? Buffer.concat(data.map((text) => wireString(text))) : Buffer.from(data[0], 'hex')
}
