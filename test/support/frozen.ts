import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { unpackBlock } from '../../src/blocks/packed-block'
import { type SealedSegment, sealBlocks } from '../../src/segments/seal'
import { read } from './read-back'
import { randomIntegers } from './sample-logs'

type FrozenName = 'block' | 'segment'

/** The version that is written today. */
export const NEWEST = 2

export const frozenPath = (name: FrozenName, version = NEWEST): string =>
  join(import.meta.dirname, `../format/frozen/${name}-v${version}.b64`)

/** Base64 in lines, as the frozen files have it. */
export const frozenText = (bytes: Uint8Array): string =>
  `${Buffer.from(bytes)
    .toString('base64')
    .replace(/.{120}/g, '$&\n')}\n`

export const readFrozen = (name: FrozenName, version = NEWEST): Uint8Array =>
  new Uint8Array(Buffer.from(readFileSync(frozenPath(name, version), 'utf8'), 'base64'))

const START_MS = Date.UTC(2026, 10, 20, 8)

/** Records whose times run on, so that they come out in this order. */
const iso = (index: number): string => new Date(START_MS + index * 1000).toISOString()

/** One record for each thing that a block or segment can hold. */
export const ODD_RECORDS: readonly string[] = [
  `{"timestamp":"${iso(0)}","level":"info","service":"api","message":"Hello, Ünïcode ÀÉ K ſ Ⱥ 😀"}`,
  `{"timestamp":"${iso(1).slice(0, -5)}Z","level":"WARN","message":"no milliseconds"}`,
  `{"timestamp":"${iso(2).slice(0, -1)}456Z","level":"Error","message":"microseconds"}`,
  `{"timestamp":"${iso(3).slice(0, -1)}456789Z","level":30,"message":"nanoseconds"}`,
  `{"timestamp":${START_MS + 4000},"message":"epoch milliseconds"}`,
  `{"timestamp":${START_MS / 1000 + 5},"message":"epoch seconds"}`,
  `{"time":"${iso(6).slice(0, -1).replace('T', ' ')}","msg":"another spelling of a time"}`,
  `{"timestamp":"${iso(7)}","a":"\\/ \\u00e9","b":"\\ud800","\\u0061":1}`,
  `{"timestamp":"${iso(8)}","a":{"b":{"c":[1,{"d":null}],"e":{}}},"a.b":true,"":false}`,
  `{"timestamp":"${iso(9)}","x":1,"x":2,"x":"3","__proto__":{"y":-0}}`,
  `{"timestamp":"${iso(10)}","n":1e400,"m":12345678901234567890.123456789,"k":-17}`,
  `{"timestamp":"${iso(11)}","deep":${'{"d":'.repeat(70)}1${'}'.repeat(70)}}`,
  `{"timestamp":"${iso(12)}","message":"wide","service":"api",${Array.from({ length: 1100 }, (_, n) => `"w${n}":${n}`).join(',')}}`,
]

/** Records of two shapes, many enough for dictionaries of both widths, hexadecimal columns and token filters. */
export function plainRecords(): string[] {
  const next = randomIntegers(42)
  const hex = (digits: number): string => Array.from({ length: digits }, () => next(16).toString(16)).join('')
  const uuid = (): string => [8, 4, 4, 4, 12].map(hex).join('-')
  const withIds = Array.from(
    { length: 80 },
    (_, n) =>
      `{"timestamp":"${iso(100 + n)}","level":"debug","service":"worker","message":"Job ${n} took ${next(1000)} ms","trace_id":"${hex(32)}","job":"${uuid()}","key":"K-${hex(6)}"}`,
  )
  const routes = Array.from(
    { length: 1100 },
    (_, n) =>
      `{"timestamp":"${iso(1000 + n)}","level":"${['info', 'info', 'warn', 'error'][n % 4]}","service":"web","route":"/V1/${n % 270}","status":${[200, 404, 500][n % 3]},"ms":${next(100_000)},"count":${1_000_000 + n * 3},"ok":${n % 5 > 0}}`,
  )
  return [...withIds, ...routes]
}

export const frozenRecords = (): string[] => [...ODD_RECORDS, ...plainRecords()]

const blocksOf = (records: readonly string[]): readonly Uint8Array[] => read(records.join('\n')).blocks

/** Unpacked: what a compressor writes may change with its version, and says nothing about the format. */
export const newBlock = (): Uint8Array => unpackBlock(blocksOf(ODD_RECORDS)[0])

export function newSegment(): SealedSegment {
  const odd = blocksOf(ODD_RECORDS)[0]
  const plain = blocksOf(plainRecords())[0]
  const inputs = [
    { firstSeq: 1, bytes: odd },
    { firstSeq: 1 + ODD_RECORDS.length, bytes: plain },
  ]
  return sealBlocks(inputs, { shard: 0, class: 'standard' })[0]
}
