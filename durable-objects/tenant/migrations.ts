/** One step in the life of the object's schema. */
export interface Migration {
  readonly id: number
  readonly name: string
  readonly sql: string
}

/** Append only. A released entry is never edited: objects that ran it will not run it again. */
export const MIGRATIONS: readonly Migration[] = [
  {
    id: 1,
    name: 'log store',
    sql: `
      CREATE TABLE state (id INTEGER PRIMARY KEY CHECK (id = 0), json TEXT NOT NULL);
      CREATE TABLE journal (
        first_seq INTEGER PRIMARY KEY,
        rows      INTEGER NOT NULL,
        min_time  INTEGER NOT NULL,
        max_time  INTEGER NOT NULL,
        bytes     BLOB NOT NULL
      );
      CREATE TABLE sealed (
        id       TEXT PRIMARY KEY,
        summary  TEXT NOT NULL,
        header   BLOB NOT NULL,
        bytes    BLOB NOT NULL
      ) WITHOUT ROWID;
      CREATE TABLE chain (number INTEGER PRIMARY KEY, entry TEXT NOT NULL, hash TEXT NOT NULL);
      CREATE TABLE denied (what TEXT PRIMARY KEY, why TEXT NOT NULL) WITHOUT ROWID;
    `,
  },
  {
    id: 2,
    name: 'upkeep',
    sql: `
      CREATE TABLE change (id INTEGER PRIMARY KEY CHECK (id = 0), json TEXT NOT NULL);
      CREATE TABLE made (id TEXT PRIMARY KEY, header BLOB NOT NULL, bytes BLOB NOT NULL) WITHOUT ROWID;
      CREATE TABLE garbage (number INTEGER PRIMARY KEY, due_ms INTEGER NOT NULL, json TEXT NOT NULL);
    `,
  },
  {
    id: 3,
    name: 'directory',
    sql: `
      DROP TABLE denied;
      CREATE TABLE directory (
        kind    TEXT NOT NULL,
        id      TEXT NOT NULL,
        version INTEGER NOT NULL,
        json    TEXT,
        PRIMARY KEY (kind, id)
      ) WITHOUT ROWID;
      CREATE INDEX directory_by_version ON directory (version);
    `,
  },
  {
    id: 4,
    name: 'limiter',
    sql: 'CREATE TABLE limiter (id INTEGER PRIMARY KEY CHECK (id = 0), bytes BLOB NOT NULL)',
  },
  {
    id: 5,
    name: 'settings history and retention',
    sql: `
      CREATE TABLE settings_history (version INTEGER PRIMARY KEY, json TEXT NOT NULL);
      CREATE TABLE retention_run (slot_ms INTEGER PRIMARY KEY, json TEXT NOT NULL);
      CREATE TABLE retention_look (
        segment_id TEXT PRIMARY KEY,
        edition    INTEGER NOT NULL,
        due_ms     INTEGER NOT NULL
      ) WITHOUT ROWID;
    `,
  },
  {
    id: 6,
    name: 'audit',
    sql: `
      CREATE TABLE audit (
        number      INTEGER PRIMARY KEY,
        at_ms       INTEGER NOT NULL,
        total       INTEGER NOT NULL,
        hash        TEXT NOT NULL,
        entry       TEXT NOT NULL,
        first_about INTEGER,
        last_about  INTEGER
      );
      CREATE INDEX audit_answers ON audit (last_about, first_about) WHERE last_about IS NOT NULL;
      CREATE TABLE audit_start (id INTEGER PRIMARY KEY CHECK (id = 0), number INTEGER NOT NULL, hash TEXT NOT NULL);
    `,
  },
]

/** Brings the object's tables up to date. Runs in the constructor, so it is quick when there is nothing to do. */
export function migrate(storage: DurableObjectStorage): void {
  storage.transactionSync(() => {
    storage.sql.exec('CREATE TABLE IF NOT EXISTS migration (id INTEGER PRIMARY KEY, name TEXT NOT NULL)')
    const applied = storage.sql
      .exec<{ id: number; name: string }>('SELECT id, name FROM migration ORDER BY id')
      .toArray()
    for (const [index, row] of applied.entries()) {
      if (MIGRATIONS[index]?.name !== row.name)
        throw new Error(`migration ${row.id} "${row.name}" was changed or removed`)
    }
    for (const { id, name, sql } of MIGRATIONS.slice(applied.length)) {
      storage.sql.exec(sql)
      storage.sql.exec('INSERT INTO migration (id, name) VALUES (?, ?)', id, name)
    }
  })
}
