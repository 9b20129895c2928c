import {
  DIRECTORY_KINDS,
  type DirectoryKind,
  type DirectoryRow,
  type JsonObject,
} from '../../src/tenant/directory-rows'
import type { ChangedRow } from '../../src/tenant/publish-directory'

type Row = { kind: string; id: string; version: number; json: string | null }

/** What belongs to the tenant, by kind and id. A row without JSON is gone, and D1 may not have heard of it yet. */
export class DirectoryRows {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  find(kind: DirectoryKind, id: string): DirectoryRow | undefined {
    const row = this.#sql
      .exec<Row>('SELECT kind, id, version, json FROM directory WHERE kind = ? AND id = ?', kind, id)
      .toArray()
      .at(0)
    return row && toRow(row)
  }

  /** The rows of a kind in the order of their ids. */
  list(kind: DirectoryKind, page: { readonly after?: string; readonly limit: number } = ALL): DirectoryRow[] {
    return this.#sql
      .exec<Row>(
        'SELECT kind, id, version, json FROM directory WHERE kind = ? AND id > ? AND json IS NOT NULL ORDER BY id LIMIT ?',
        kind,
        page.after ?? '',
        page.limit,
      )
      .toArray()
      .map(toRow)
      .filter((row) => row !== undefined)
  }

  count(kind: DirectoryKind): number {
    return this.#sql
      .exec<{ count: number }>('SELECT count(*) AS count FROM directory WHERE kind = ? AND json IS NOT NULL', kind)
      .one().count
  }

  put({ kind, id, version }: Omit<ChangedRow, 'value'>, value: JsonObject | undefined): void {
    this.#sql.exec(
      'INSERT OR REPLACE INTO directory (kind, id, version, json) VALUES (?, ?, ?, ?)',
      kind,
      id,
      version,
      value === undefined ? null : JSON.stringify(value),
    )
  }

  /** What was written after a version, and what is gone since. */
  changedSince(version: number): ChangedRow[] {
    return this.#sql
      .exec<Row>('SELECT kind, id, version, json FROM directory WHERE version > ?', version)
      .toArray()
      .map(({ kind, id, version, json }) => ({
        kind: kindOf(kind),
        id,
        version,
        value: json === null ? undefined : JSON.parse(json),
      }))
  }

  /** Forgets the rows that are gone and of which D1 knows. */
  forgetGone(version: number): void {
    this.#sql.exec('DELETE FROM directory WHERE json IS NULL AND version <= ?', version)
  }
}

/** SQLite takes a negative limit for none. */
const ALL = { limit: -1 }

const toRow = ({ kind, id, version, json }: Row): DirectoryRow | undefined =>
  json === null ? undefined : { kind: kindOf(kind), id, version, value: JSON.parse(json) }

function kindOf(text: string): DirectoryKind {
  const kind = DIRECTORY_KINDS.find((name) => name === text)
  if (kind === undefined) throw new Error(`the directory has a row of the kind ${text}`)
  return kind
}
