/** One SQL file, whole. It runs as one list of statements in one transaction. */
export interface SqlFile {
  name: string
  sql: string
}

/** The table in which wrangler keeps the same account of a deployed database. */
const CREATE_ACCOUNT = `CREATE TABLE IF NOT EXISTS d1_migrations (
  id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)`

/** Applies in order what was not applied yet. Each file and its row in the account travel in one batch. */
export async function migrate(database: D1Database, migrations: readonly SqlFile[]): Promise<void> {
  await database.prepare(CREATE_ACCOUNT).run()
  const { results } = await database.prepare('SELECT name FROM d1_migrations').all()
  const applied = new Set(results.map((row) => row.name))
  for (const { name, sql } of migrations.filter((file) => !applied.has(file.name))) {
    const account = database.prepare('INSERT INTO d1_migrations (name) VALUES (?)').bind(name)
    await database.batch([database.prepare(sql), account])
  }
}
