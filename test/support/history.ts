/** What a writer sent as one POST, and what it knows about it. */
export interface SentBatch {
  readonly name: string
  readonly rows: number
  /** Unknown: no answer came, and the writer gave up. */
  readonly outcome: 'acknowledged' | 'unknown'
}

/** A record as it was read: the batch and place that it carries in its body, and where it stands. */
export interface FoundRow {
  readonly batch: string
  readonly row: number
  readonly timeMs: number
  readonly seq: number
}

/** Counts of records, in the words of Jepsen's set checker. All but the first three must be 0. */
export interface Verdict {
  readonly attempted: number
  readonly acknowledged: number
  /** There although nobody was told so. */
  readonly recovered: number
  readonly lost: number
  readonly doubled: number
  /** Found, but never sent. */
  readonly unexpected: number
  /** In batches of which a part is there. */
  readonly torn: number
  /** Not right after the record that was before it in its batch. */
  readonly misordered: number
  /** Not after the record that was read before it, by time and sequence number. */
  readonly unsorted: number
}

/** Compares what was sent with everything that was found, in the order of an ascending search. */
export function judge(sent: readonly SentBatch[], found: readonly FoundRow[]): Verdict {
  const rowsByBatch = Map.groupBy(found, ({ batch }) => batch)
  const known = new Map(sent.map((batch) => [batch.name, batch]))
  const isExpected = ({ batch, row }: FoundRow) => row < (known.get(batch)?.rows ?? 0)
  const parts = sent.map((batch) => judgeBatch(batch, (rowsByBatch.get(batch.name) ?? []).filter(isExpected)))
  const sumOf = (count: (part: BatchVerdict) => number): number => parts.reduce((sum, part) => sum + count(part), 0)
  return {
    attempted: sent.reduce((sum, { rows }) => sum + rows, 0),
    acknowledged: sumOf(({ acknowledged }) => acknowledged),
    recovered: sumOf(({ recovered }) => recovered),
    lost: sumOf(({ lost }) => lost),
    doubled: sumOf(({ doubled }) => doubled),
    unexpected: found.filter((row) => !isExpected(row)).length,
    torn: sumOf(({ torn }) => torn),
    misordered: sumOf(({ misordered }) => misordered),
    unsorted: found.filter((row, index) => index > 0 && !isAfter(row, found[index - 1])).length,
  }
}

type BatchVerdict = Omit<Verdict, 'attempted' | 'unexpected' | 'unsorted'>

function judgeBatch({ rows, outcome }: SentBatch, found: readonly FoundRow[]): BatchVerdict {
  const isAcknowledged = outcome === 'acknowledged'
  const bySequence = [...found].sort((left, right) => left.seq - right.seq)
  const distinct = new Set(found.map(({ row }) => row)).size
  return {
    acknowledged: isAcknowledged ? rows : 0,
    recovered: isAcknowledged ? 0 : distinct,
    lost: isAcknowledged ? rows - distinct : 0,
    doubled: found.length - distinct,
    torn: distinct > 0 && distinct < rows ? distinct : 0,
    misordered: bySequence.filter(({ row, seq }, index) => row !== index || seq !== bySequence[0].seq + index).length,
  }
}

const isAfter = (row: FoundRow, before: FoundRow): boolean =>
  row.timeMs > before.timeMs || (row.timeMs === before.timeMs && row.seq > before.seq)
