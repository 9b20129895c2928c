import type { Table } from '../blocks/table'
import { REWRITE_EXPIRED_PARTS } from '../limits/limits'
import type { RetentionRules } from '../tenant/retention-rules'
import { compileRetention, type Retention } from './compile-retention'
import { decodeHeader, sectionsOf, segmentTable } from './decode-segment'
import { decodeErased } from './erased-rows'
import { fitsHash } from './fits-hash'
import { type MergeSource, readSource } from './merge-small'
import { type SealedSegment, sealRows } from './seal'

const DAY_MS = 86_400_000

/** What retention asks of a segment. */
export interface ExpiryQuestion {
  readonly shard: number
  readonly rules: RetentionRules
  readonly nowMs: number
}

/** What has become of a segment's records by the policies in force. */
export type ExpiryLook =
  | { readonly ok: false }
  | {
      readonly ok: true
      /** Records that had not been erased. */
      readonly rows: number
      /** Of these, those that have expired, by policy. */
      readonly expired: Readonly<Record<string, number>>
      /** What takes the segment's place; none of it when all has expired. Undefined when it stays. */
      readonly made: readonly SealedSegment[] | undefined
      /** When so much has expired that another look is worth it; undefined for never, by the same rules. */
      readonly dueMs: number | undefined
    }

/**
 * Asks of every record of a segment whether it has expired. A segment of which all have is to go; one of which one part in
 * REWRITE_EXPIRED_PARTS has, to be written again without them; any other stays, and its records are hidden from queries.
 */
export function lookForExpired(source: MergeSource, { shard, rules, nowMs }: ExpiryQuestion): ExpiryLook {
  const table = tableOf(source)
  const rows = table && readSource(source)
  if (table === undefined || rows === undefined) return { ok: false }
  const retention = compileRetention(rules)
  const erased = rows.erased ?? new Uint8Array(table.rows)
  const { endMs, policyOf } = endsOf(table, retention)
  const kept = erased.slice()
  const expired = new Map<string, number>()
  const ends: number[] = []
  for (let row = 0; row < table.rows; row++) {
    if (erased[row] === 1) continue
    ends.push(endMs[row])
    if (endMs[row] > nowMs) continue
    kept[row] = 1
    expired.set(policyOf[row], (expired.get(policyOf[row]) ?? 0) + 1)
  }
  const gone = ends.filter((end) => end <= nowMs).length
  const found = { ok: true, rows: ends.length, expired: Object.fromEntries(expired) } as const
  if (gone === ends.length) return { ...found, made: [], dueMs: undefined }
  if (gone * REWRITE_EXPIRED_PARTS < ends.length) return { ...found, made: undefined, dueMs: dueOf(ends) }
  const made = sealRows([{ ...rows, erased: kept }], {
    shard,
    class: decodeHeader(source.bytes ?? NOTHING).header.class,
    rules,
  })
  return { ...found, made, dueMs: undefined }
}

const NOTHING = new Uint8Array(0)

/** From when on each row has expired, infinite for those that are held, and by which policy. */
function endsOf(
  table: Table,
  retention: Retention,
): { readonly endMs: Float64Array; readonly policyOf: readonly string[] } {
  const { outcomeOf, held } = retention.judge(table)
  const times = table.times()
  const endMs = new Float64Array(table.rows)
  for (let row = 0; row < table.rows; row++) {
    const isHeld = held === true || (held !== false && held[row] === 1)
    // A record is visible up to the millisecond in which it is exactly so old.
    endMs[row] = isHeld ? Number.POSITIVE_INFINITY : times[row] + retention.outcomes[outcomeOf[row]].days * DAY_MS + 1
  }
  return { endMs, policyOf: Array.from(outcomeOf, (outcome) => retention.outcomes[outcome].policy) }
}

/** When enough records have expired for the segment to be written again. */
function dueOf(ends: readonly number[]): number | undefined {
  const enough = Math.ceil(ends.length / REWRITE_EXPIRED_PARTS)
  const due = Float64Array.from(ends).sort()[enough - 1]
  return Number.isFinite(due) ? due : undefined
}

function tableOf({ bytes, hash, mask }: MergeSource): Table | undefined {
  if (bytes === undefined || !fitsHash(bytes, hash)) return undefined
  try {
    const located = decodeHeader(bytes)
    if (mask !== undefined) decodeErased(mask, located.header.rows)
    return segmentTable(located.header, sectionsOf(bytes, located))
  } catch {
    return undefined
  }
}
