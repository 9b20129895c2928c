import { TAIL_HISTORY_CHARACTERS, TAIL_HISTORY_ROWS, TAIL_HISTORY_SCAN_ROWS } from '../limits/limits'
import { RecordWriter } from '../query/record-json'
import { type SeqHit, searchSeqs } from '../query/search-seqs'
import { FilterFailure } from '../query/term'
import type { SearchUnit, UnitLoader } from '../query/units'
import { visibleTo } from '../query/visible-filter'
import { oldestVisibleMs } from '../query/within-retention'
import { compileRetention } from '../segments/compile-retention'
import type { HistoryPage, HistoryRequest, TailRow } from './history'
import { readSubscription, tailFilter } from './subscription'

/** Answers what a tail wants to know of the sealed log, with the filter of a search for the same person. */
export async function readHistory(
  units: readonly SearchUnit[],
  loader: UnitLoader,
  request: HistoryRequest,
): Promise<HistoryPage> {
  try {
    return await readPage(units, loader, request)
  } catch (error) {
    // As a value: a thrown class does not arrive as that class.
    if (!(error instanceof FilterFailure)) throw error
    const { fromSeq } = request
    return { fromSeq, nextSeq: fromSeq, rows: [], count: 0, isIncomplete: false, tooCostly: error.problem.message }
  }
}

async function readPage(
  units: readonly SearchUnit[],
  loader: UnitLoader,
  request: HistoryRequest,
): Promise<HistoryPage> {
  const { fromSeq, beforeSeq, nowMs, want } = request
  const read = readSubscription(request.q, nowMs)
  if (!read.ok) throw new Error('a query that was understood before is not any more')
  const retention = compileRetention(request.retention)
  const visible = visibleTo(request.visible, 'a tail', nowMs)
  const found = await searchSeqs(units, loader, {
    filter: tailFilter(read.subscription, { visible, retention, nowMs }),
    fromMs: oldestVisibleMs(retention, nowMs),
    ...{ fromSeq, beforeSeq },
    order: want === 'back' ? 'desc' : 'asc',
    limit: limitOf(request),
    scanRows: TAIL_HISTORY_SCAN_ROWS,
  })
  const page = { fromSeq, nextSeq: found.reachedSeq, count: found.hits.length, isIncomplete: found.isIncomplete }
  if (want === 'count') return { ...page, rows: [] }
  if (want === 'back') return { ...page, rows: [], nextSeq: found.hits.at(-1)?.seq ?? found.reachedSeq }
  const { rows, isCut, isIncomplete } = await renderHits(found.hits, loader, read.subscription.fields)
  const last = rows.at(-1)
  const nextSeq = isCut && last !== undefined ? last.seq + 1 : page.nextSeq
  return { ...page, rows, count: rows.length, nextSeq, isIncomplete: page.isIncomplete || isIncomplete }
}

/** What is only counted is not kept: there may be as many as are looked at. */
function limitOf({ want, limit }: HistoryRequest): number {
  if (want === 'count') return Number.POSITIVE_INFINITY
  return want === 'back' ? limit : Math.min(limit, TAIL_HISTORY_ROWS)
}

interface Rendered {
  readonly rows: readonly TailRow[]
  readonly isCut: boolean
  readonly isIncomplete: boolean
}

/** Writes records in the order of the hits, as many as a page holds and one at least. One unit is in memory at a time. */
async function renderHits(
  hits: readonly SeqHit[],
  loader: UnitLoader,
  fields: readonly string[] | undefined,
): Promise<Rendered> {
  const texts: (string | undefined)[] = []
  for (const unit of new Set(hits.map((hit) => hit.unit))) {
    const [table] = await loader.load([{ unit, columns: 'all' }])
    if (table === undefined) return { rows: [], isCut: false, isIncomplete: true }
    const writer = new RecordWriter(table, 0)
    for (const [index, hit] of hits.entries()) {
      if (hit.unit === unit)
        texts[index] = fields === undefined ? writer.write(hit.row) : writer.writeFields(hit.row, fields)
    }
  }
  const rows: TailRow[] = []
  let characters = 0
  for (const [index, { seq }] of hits.entries()) {
    const text = texts[index] ?? ''
    characters += text.length
    if (characters > TAIL_HISTORY_CHARACTERS && rows.length > 0) return { rows, isCut: true, isIncomplete: false }
    rows.push({ seq, text })
  }
  return { rows, isCut: false, isIncomplete: false }
}
