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
  {
    id: 7,
    name: 'rules',
    sql: `
      CREATE TABLE rule (id TEXT PRIMARY KEY, json TEXT NOT NULL) WITHOUT ROWID;
      CREATE TABLE rule_version (
        id      TEXT NOT NULL,
        version INTEGER NOT NULL,
        json    TEXT NOT NULL,
        PRIMARY KEY (id, version)
      ) WITHOUT ROWID;
      CREATE TABLE rules_state (id INTEGER PRIMARY KEY CHECK (id = 0), bytes BLOB NOT NULL);
      CREATE TABLE incident (
        number INTEGER PRIMARY KEY,
        id     TEXT NOT NULL UNIQUE,
        rule   TEXT NOT NULL,
        state  TEXT NOT NULL,
        json   TEXT NOT NULL
      );
      CREATE INDEX incident_of_rule ON incident (rule, state, number);
    `,
  },
  {
    id: 8,
    name: 'webhooks',
    sql: `
      CREATE TABLE webhook (
        id      TEXT PRIMARY KEY,
        version INTEGER NOT NULL,
        json    TEXT NOT NULL,
        health  TEXT NOT NULL
      ) WITHOUT ROWID;
      CREATE TABLE delivery (
        number        INTEGER PRIMARY KEY AUTOINCREMENT,
        webhook       TEXT NOT NULL,
        event         TEXT NOT NULL,
        message       TEXT NOT NULL,
        type          TEXT NOT NULL,
        status        TEXT NOT NULL,
        reason        TEXT,
        created_ms    INTEGER NOT NULL,
        due_ms        INTEGER,
        ended_ms      INTEGER,
        attempts      INTEGER NOT NULL DEFAULT 0,
        failures      INTEGER NOT NULL DEFAULT 0,
        interruptions INTEGER NOT NULL DEFAULT 0,
        is_open_batch INTEGER NOT NULL DEFAULT 0,
        body          TEXT NOT NULL
      );
      CREATE UNIQUE INDEX delivery_event ON delivery (webhook, event);
      CREATE INDEX delivery_due ON delivery (webhook, due_ms) WHERE due_ms IS NOT NULL;
      CREATE INDEX delivery_listed ON delivery (webhook, number, status);
      CREATE TABLE attempt (
        delivery   INTEGER NOT NULL,
        number     INTEGER NOT NULL,
        started_ms INTEGER NOT NULL,
        ended_ms   INTEGER,
        latency_ms INTEGER,
        status     INTEGER,
        error      TEXT,
        detail     TEXT,
        answer     TEXT,
        PRIMARY KEY (delivery, number)
      ) WITHOUT ROWID;
      CREATE INDEX attempt_open ON attempt (delivery) WHERE ended_ms IS NULL;
    `,
  },
  {
    id: 9,
    name: 'services',
    sql: `
      CREATE TABLE service (id TEXT PRIMARY KEY, edition INTEGER NOT NULL, json TEXT NOT NULL) WITHOUT ROWID;
      CREATE TABLE service_health (id TEXT PRIMARY KEY, json TEXT NOT NULL) WITHOUT ROWID;
    `,
  },
  {
    id: 10,
    name: 'tails',
    sql: 'CREATE TABLE tail_ticket (hash TEXT PRIMARY KEY, expires_ms INTEGER NOT NULL, json TEXT NOT NULL) WITHOUT ROWID',
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
