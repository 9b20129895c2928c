import { BASE32, fromBase32, toBase32 } from './base32'

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

const VERSION = '1'
const SHARD_DIGITS = 2
/** 50 bits; times before 1970 are shifted up, so that they have digits too. */
const TIME_DIGITS = 10
const TIME_SHIFT = 2 ** 49
/** 50 bits: at a million records a second, 35 years. */
const SEQ_DIGITS = 10

export const logId = ({ shard, ms, seq }: LogPosition): string =>
  `log_${VERSION}${toBase32(shard, SHARD_DIGITS)}${toBase32(ms + TIME_SHIFT, TIME_DIGITS)}${toBase32(seq, SEQ_DIGITS)}`

const FORM = new RegExp(
  `^log_${VERSION}([${BASE32}]{${SHARD_DIGITS}})([${BASE32}]{${TIME_DIGITS}})([${BASE32}]{${SEQ_DIGITS}})$`,
)

/** What an id says, or undefined when it is none. */
export function parseLogId(text: string): LogPosition | undefined {
  const match = FORM.exec(text.toLowerCase())
  if (!match) return undefined
  const [, shard = '', time = '', seq = ''] = match
  return { shard: fromBase32(shard), ms: fromBase32(time) - TIME_SHIFT, seq: fromBase32(seq) }
}
