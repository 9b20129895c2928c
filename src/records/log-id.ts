/**
 * A record's id, derived from where it stands in the total order: `log_` and the base32 of version, shard, time and
 * sequence number. Ids of one shard sort as their records do.
 */
export interface LogPosition {
  readonly shard: number
  /** Milliseconds since 1970. */
  readonly ms: number
  readonly seq: number
}

/** Crockford's base32 in lower case. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
const VERSION = '1'
const SHARD_DIGITS = 2
/** 50 bits; times before 1970 are shifted up, so that they have digits too. */
const TIME_DIGITS = 10
const TIME_SHIFT = 2 ** 49
/** 50 bits: at a million records a second, 35 years. */
const SEQ_DIGITS = 10

export const logId = ({ shard, ms, seq }: LogPosition): string =>
  `log_${VERSION}${encode(shard, SHARD_DIGITS)}${encode(ms + TIME_SHIFT, TIME_DIGITS)}${encode(seq, SEQ_DIGITS)}`

const FORM = new RegExp(
  `^log_${VERSION}([${ALPHABET}]{${SHARD_DIGITS}})([${ALPHABET}]{${TIME_DIGITS}})([${ALPHABET}]{${SEQ_DIGITS}})$`,
)

/** What an id says, or undefined when it is none. */
export function parseLogId(text: string): LogPosition | undefined {
  const match = FORM.exec(text.toLowerCase())
  if (!match) return undefined
  const [, shard = '', time = '', seq = ''] = match
  return { shard: decode(shard), ms: decode(time) - TIME_SHIFT, seq: decode(seq) }
}

function encode(value: number, digits: number): string {
  let text = ''
  let rest = value
  for (let digit = 0; digit < digits; digit++) {
    text = ALPHABET[rest % 32] + text
    rest = Math.floor(rest / 32)
  }
  return text
}

const decode = (text: string): number => [...text].reduce((value, digit) => value * 32 + ALPHABET.indexOf(digit), 0)
