import { KNOWN_ID_MS, KNOWN_IDS_MAX, KNOWN_IDS_ROW_BYTES } from '../../src/limits/limits'
import { FingerprintTable } from '../../src/tenant/fingerprint-table'

/**
 * Ids of records that are stored once however often they are sent: those of Elasticsearch's `create`. A batch's ids are one row, in a
 * table per generation, which is dropped whole. Memory knows by fingerprints which rows to look at; what counts is what stands there,
 * read in the transaction that stores the records.
 */
export class KnownIds {
  readonly #sql: SqlStorage
  readonly #seed = crypto.getRandomValues(new Uint32Array(1))[0]
  /** The newest last; undefined until somebody asks. */
  #generations: Generation[] | undefined

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  /** Those of the ids that were stored in the last KNOWN_ID_MS. */
  find(ids: readonly string[], nowMs: number): string[] {
    const generations = this.#load()
    const rows = new RowReader(this.#sql, nowMs - KNOWN_ID_MS)
    return ids.filter((id) =>
      generations.some(({ number, table }) => table.rowsOf(id).some((row) => rows.has(number, row, id))),
    )
  }

  /** Remembers ids; answers how many rows that took. */
  put(ids: readonly string[], nowMs: number): number {
    const { number, table } = this.#current(nowMs)
    const parts = inParts(ids)
    for (const part of parts) {
      const [{ row }] = this.#sql
        .exec<{ row: number }>(
          `INSERT INTO known_ids_${number} (at, ids) VALUES (?, ?) RETURNING number AS row`,
          nowMs,
          JSON.stringify(part),
        )
        .toArray()
      for (const id of part) table.add(id, row)
    }
    return parts.length
  }

  /** The generation that ids go to: another one begins when this is as old, or as large, as it may be. */
  #current(nowMs: number): Generation {
    const generations = this.#load()
    const last = generations.at(-1)
    if (last !== undefined && last.sinceMs > nowMs - KNOWN_ID_MS && last.table.count < KNOWN_IDS_MAX / 2) return last
    const number = (last?.number ?? 0) + 1
    this.#sql.exec(
      `CREATE TABLE known_ids_${number} (number INTEGER PRIMARY KEY, at INTEGER NOT NULL, ids TEXT NOT NULL)`,
    )
    for (const old of generations.slice(0, -1)) this.#sql.exec(`DROP TABLE known_ids_${old.number}`)
    const next = { number, sinceMs: nowMs, table: new FingerprintTable(this.#seed) }
    this.#generations = last === undefined ? [next] : [last, next]
    return next
  }

  #load(): Generation[] {
    this.#generations ??= this.#sql
      .exec<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table' AND name GLOB 'known_ids_[0-9]*'")
      .toArray()
      .map(({ name }) => Number(name.slice('known_ids_'.length)))
      .sort((left, right) => left - right)
      .map((number) => this.#read(number))
    return this.#generations
  }

  #read(number: number): Generation {
    const table = new FingerprintTable(this.#seed)
    let sinceMs = Number.POSITIVE_INFINITY
    const rows = this.#sql.exec<{ number: number; at: number; ids: string }>(
      `SELECT number, at, ids FROM known_ids_${number}`,
    )
    for (const row of rows) {
      sinceMs = Math.min(sinceMs, row.at)
      for (const id of readIds(row.ids)) table.add(id, row.number)
    }
    return { number, sinceMs, table }
  }
}

interface Generation {
  readonly number: number
  /** When its first ids came. */
  readonly sinceMs: number
  readonly table: FingerprintTable
}

/** Reads each row once, however many of its ids are asked for: a batch that comes again asks for all of one row. */
class RowReader {
  readonly #sql: SqlStorage
  readonly #afterMs: number
  readonly #read = new Map<string, ReadonlySet<string>>()

  constructor(sql: SqlStorage, afterMs: number) {
    this.#sql = sql
    this.#afterMs = afterMs
  }

  has(generation: number, row: number, id: string): boolean {
    const key = `${generation}/${row}`
    let ids = this.#read.get(key)
    if (ids === undefined) {
      const found = this.#sql
        .exec<{ ids: string }>(
          `SELECT ids FROM known_ids_${generation} WHERE number = ? AND at > ?`,
          row,
          this.#afterMs,
        )
        .toArray()
      ids = new Set(found.flatMap((one) => readIds(one.ids)))
      this.#read.set(key, ids)
    }
    return ids.has(id)
  }
}

const readIds = (text: string): string[] => JSON.parse(text)

/** A row holds less than SQLite's rows here may; nearly always all ids of a batch. */
function inParts(ids: readonly string[]): string[][] {
  const parts: string[][] = []
  let bytes = 0
  for (const id of ids) {
    // Six bytes is the longest escape of a character, and three its longest UTF-8.
    const size = id.length * LONGEST_CHARACTER_BYTES + 3
    if (parts.length === 0 || bytes + size > KNOWN_IDS_ROW_BYTES) {
      parts.push([])
      bytes = 0
    }
    parts[parts.length - 1].push(id)
    bytes += size
  }
  return parts
}

const LONGEST_CHARACTER_BYTES = 6
