import { type AuditPoint, auditHash, NO_ENTRY, rowLine } from '../../src/audit/audit-chain'
import { type AuditAnswer, type AuditDraft, answersDraft, entryText, trimDraft } from '../../src/audit/audit-entry'
import type { AuditPage, AuditRange } from '../../src/audit/audit-page'
import { AUDIT_BYTES_MAX, AUDIT_KEPT_MS, AUDIT_PAGE_BYTES, AUDIT_TRIM_ENTRIES_MAX } from '../../src/limits/limits'

/** How much of the audit is kept: what is older or beyond goes, the oldest first. */
export interface AuditBounds {
  readonly keptMs: number
  readonly bytesMax: number
}

interface Head extends AuditPoint {
  readonly atMs: number
  /** Bytes of all entries up to this one, removed ones too. */
  readonly total: number
}

type Oldest = Pick<Head, 'number' | 'atMs' | 'total'>

type Row = { number: number; at_ms: number; total: number; hash: string; entry: string }

/**
 * Who did what to the tenant, for ever in the order in which it happened: each entry vouches for all before it. Entries are
 * written in a transaction of the caller, so that a change and its account are one.
 */
export class Audit {
  readonly #sql: SqlStorage
  readonly #tenantId: () => string
  readonly #bounds: AuditBounds
  #head: Head | undefined
  /** The oldest entry that is kept; undefined while it is not known. */
  #oldest: Oldest | undefined
  /** What became of reads, until it is written together. */
  #answers: AuditAnswer[] = []

  constructor(sql: SqlStorage, tenantId: () => string, bounds: AuditBounds = BOUNDS) {
    this.#sql = sql
    this.#tenantId = tenantId
    this.#bounds = bounds
  }

  /** Writes an entry; answers its number. */
  append(draft: AuditDraft, nowMs: number): number {
    const number = this.#add(draft, nowMs)
    this.#trim(nowMs)
    return number
  }

  /** Keeps what became of a read in memory, for `flush`. Answers whether it is the first to wait. */
  note(answer: AuditAnswer): boolean {
    this.#answers.push(answer)
    return this.#answers.length === 1
  }

  /** Writes what became of reads, as one entry. */
  flush(nowMs: number): void {
    if (this.#answers.length === 0) return
    this.append(answersDraft(this.#answers), nowMs)
    this.#answers = []
  }

  /** Whether one of the last entries says the same of the same request. */
  hasRecent({ request, action, asked }: AuditDraft): boolean {
    const rows = this.#sql.exec<Row>('SELECT entry FROM audit ORDER BY number DESC LIMIT ?', RECENT_ENTRIES).toArray()
    const recent = rows.map(({ entry }): AuditDraft => JSON.parse(entry))
    return recent.some((one) => one.request === request && one.action === action && one.asked === asked)
  }

  /** Entries of a range, as many as one answer holds. */
  page(range: AuditRange): Omit<AuditPage, 'cursorSecret'> {
    const isUp = range.order === 'asc'
    const least = Math.max(range.afterNumber + 1, this.#firstWith('at_ms', range.fromMs))
    const most = Math.min(range.beforeNumber - 1, this.#firstWith('at_ms', range.toMs + 1) - 1)
    const lines: string[] = []
    let bytes = 0
    let last: number | undefined
    let more = false
    const rows = this.#sql.exec<Row>(
      `SELECT number, hash, entry FROM audit WHERE number BETWEEN ? AND ? ORDER BY number ${isUp ? 'ASC' : 'DESC'}`,
      ...[least, most],
    )
    for (const { number, hash, entry } of rows) {
      const line = rowLine({ number, hash, text: entry })
      more = lines.length > 0 && bytes + line.length > AUDIT_PAGE_BYTES
      if (more) break
      lines.push(line)
      bytes += line.length
      last = number
    }
    const answers = last === undefined ? [] : this.#answersTo(Math.min(isUp ? least : last, last), isUp ? last : most)
    const { number, hash } = this.#readHead()
    return {
      ...{ lines: new TextEncoder().encode(lines.join('')), answers, more },
      ...{ before: this.#pointBefore(least), start: this.#readStart(), head: { number, hash } },
    }
  }

  /** Forgets what is in memory of the tables: for after a transaction that was rolled back. */
  reload(): void {
    this.#head = undefined
    this.#oldest = undefined
  }

  #add(draft: AuditDraft, nowMs: number): number {
    const head = this.#readHead()
    const number = head.number + 1
    // The order of the numbers is that of the times, also when the clock has gone back.
    const atMs = Math.max(nowMs, head.atMs)
    const text = entryText(draft, number, atMs)
    const hash = auditHash(this.#tenantId(), head.hash, text)
    const total = head.total + text.length
    const about = draft.answers?.map(({ entry }) => entry) ?? []
    const [least, most] = about.length === 0 ? [null, null] : [Math.min(...about), Math.max(...about)]
    this.#sql.exec(
      'INSERT INTO audit (number, at_ms, total, hash, entry, first_about, last_about) VALUES (?, ?, ?, ?, ?, ?, ?)',
      ...[number, atMs, total, hash, text, least, most],
    )
    this.#head = { number, hash, atMs, total }
    return number
  }

  /** Removes what is kept no longer, much at a time, and accounts for it: the chain begins with the last that went. */
  #trim(nowMs: number): void {
    const head = this.#readHead()
    const oldest = this.#readOldest()
    if (oldest === undefined) return
    const { keptMs, bytesMax } = this.#bounds
    const isOld = oldest.atMs < nowMs - keptMs - keptMs / SLACK_PARTS
    const isFull = head.total - oldest.total > bytesMax + bytesMax / SLACK_PARTS
    if (!isOld && !isFull) return
    const through = Math.min(
      Math.max(this.#firstWith('at_ms', nowMs - keptMs), this.#firstWith('total', head.total - bytesMax)) - 1,
      oldest.number + AUDIT_TRIM_ENTRIES_MAX - 1,
      head.number - 1,
    )
    const [last] = this.#sql.exec<Row>('SELECT hash FROM audit WHERE number = ?', through).toArray()
    if (last === undefined) return
    this.#sql.exec('INSERT OR REPLACE INTO audit_start (id, number, hash) VALUES (0, ?, ?)', through, last.hash)
    this.#sql.exec('DELETE FROM audit WHERE number <= ?', through)
    this.#oldest = undefined
    this.#add(trimDraft({ through, hash: last.hash, entries: through - oldest.number + 1 }), nowMs)
  }

  /** What later entries say of the reads with these numbers. */
  #answersTo(least: number, most: number): AuditAnswer[] {
    const rows = this.#sql
      .exec<Row>('SELECT entry FROM audit WHERE first_about <= ? AND last_about >= ? ORDER BY number', most, least)
      .toArray()
    const answers = rows.flatMap(({ entry }): readonly AuditAnswer[] => JSON.parse(entry).answers)
    return answers.filter(({ entry }) => entry >= least && entry <= most)
  }

  /** The least number whose row has this much of what only grows; one more than the newest where none has. */
  #firstWith(column: 'at_ms' | 'total', value: number): number {
    let least = this.#readOldest()?.number ?? this.#readHead().number + 1
    let most = this.#readHead().number + 1
    while (least < most) {
      const middle = Math.floor((least + most) / 2)
      const [row] = this.#sql
        .exec<{ value: number }>(
          `SELECT ${column} AS value FROM audit WHERE number >= ? ORDER BY number LIMIT 1`,
          middle,
        )
        .toArray()
      if (row !== undefined && row.value >= value) most = middle
      else least = middle + 1
    }
    return least
  }

  #pointBefore(number: number): AuditPoint {
    const [row] = this.#sql.exec<Row>('SELECT number, hash FROM audit WHERE number = ?', number - 1).toArray()
    return row === undefined ? this.#readStart() : { number: row.number, hash: row.hash }
  }

  #readStart(): AuditPoint {
    const [row] = this.#sql.exec<Row>('SELECT number, hash FROM audit_start').toArray()
    return row === undefined ? NO_ENTRY : { number: row.number, hash: row.hash }
  }

  #readHead(): Head {
    if (this.#head !== undefined) return this.#head
    const [row] = this.#sql
      .exec<Row>('SELECT number, hash, at_ms, total FROM audit ORDER BY number DESC LIMIT 1')
      .toArray()
    this.#head = row
      ? { number: row.number, hash: row.hash, atMs: row.at_ms, total: row.total }
      : { ...this.#readStart(), atMs: 0, total: 0 }
    return this.#head
  }

  #readOldest(): Oldest | undefined {
    if (this.#oldest !== undefined) return this.#oldest
    const [row] = this.#sql.exec<Row>('SELECT number, at_ms, total FROM audit ORDER BY number LIMIT 1').toArray()
    this.#oldest = row && { number: row.number, atMs: row.at_ms, total: row.total }
    return this.#oldest
  }
}

const BOUNDS: AuditBounds = { keptMs: AUDIT_KEPT_MS, bytesMax: AUDIT_BYTES_MAX }

/** Among so many a Worker looks that tells something again, which it does within seconds. */
const RECENT_ENTRIES = 500

/** Removing begins when there is one part in so many too much, so that it is not done with each entry. */
const SLACK_PARTS = 50
