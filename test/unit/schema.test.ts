import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, it } from 'vitest'
import { PAYLOAD_PART_CHARACTERS_MAX, ROW_BYTES_MAX } from '../../src/limits/limits'

const root = join(import.meta.dirname, '../..')
const readText = (path: string) => readFileSync(join(root, path), 'utf8')
const readMigrations = (folder: string) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.sql'))
    .sort()
    .map((name) => readText(`${folder}/${name}`))

function databaseWith(statements: readonly string[]): DatabaseSync {
  const database = new DatabaseSync(':memory:')
  for (const sql of statements) database.exec(sql)
  return database
}

/** What SQLite made of the statements: columns, keys and indexes of each table, without how they were written. */
function schemaOf(database: DatabaseSync) {
  const rowsOf = (pragma: string, name: string) => database.prepare(`SELECT * FROM ${pragma}(?)`).all(name)
  const tables = database.prepare("SELECT name, wr, strict FROM pragma_table_list WHERE name NOT LIKE 'sqlite_%'").all()
  const indexes = database.prepare('SELECT name, tbl_name FROM sqlite_schema WHERE type = ? ORDER BY name').all('index')
  const other = database.prepare("SELECT type, name, sql FROM sqlite_schema WHERE type NOT IN ('table', 'index')").all()
  return {
    tables: tables
      .map((table) => ({
        ...table,
        columns: rowsOf('pragma_table_xinfo', `${table.name}`),
        references: rowsOf('pragma_foreign_key_list', `${table.name}`),
      }))
      .sort((left, right) => JSON.stringify(left).localeCompare(JSON.stringify(right))),
    indexes: indexes.map((index) => ({ ...index, columns: rowsOf('pragma_index_xinfo', `${index.name}`) })),
    other,
  }
}

it('gives a migrated database the schema of schema.sql', () => {
  const whole = schemaOf(databaseWith([readText('schema.sql')]))
  expect(schemaOf(databaseWith(readMigrations('migrations')))).toEqual(whole)
  expect(whole.tables.map(({ columns }) => columns.length)).not.toContain(0)
  expect(whole.tables).toHaveLength(11)
})

it('keeps the keys, domains and tenants of a database from before tenants had a directory', () => {
  const [first, second, ...later] = readMigrations('migrations')
  const before = [
    "INSERT INTO tenant VALUES ('ten_a', 'acme', 'active', 'standard', 'PAYLOAD', 0, 5)",
    "INSERT INTO domain VALUES ('acme.localhost', 'ten_a', 'active', 6), ('new.localhost', 'ten_a', 'pending', 7)",
    `INSERT INTO api_key VALUES ('key_a', 'ten_a', 'rd', 'hash', 'last', 'logs:read', 'active', '', 8, NULL),
      ('key_b', NULL, 'op', 'hash2', 'last', 'operator', 'active', '', 9, NULL)`,
  ]
  const database = databaseWith([first, second, ...before, ...later])
  const rowsOf = (sql: string) =>
    database
      .prepare(sql)
      .all()
      .map((row) => Object.values(row))
  expect(rowsOf('SELECT host, tenant_id, status, config, created_ms FROM domain ORDER BY host')).toEqual([
    ['acme.localhost', 'ten_a', 'active', '{}', 6],
    ['new.localhost', 'ten_a', 'pending', '{}', 7],
  ])
  expect(rowsOf('SELECT host, tenant_id FROM host_claim')).toEqual([['acme.localhost', 'ten_a']])
  expect(rowsOf('SELECT id, scopes, role FROM api_key ORDER BY id')).toEqual([
    ['key_a', 'logs:read tail', null],
    ['key_b', 'operator', null],
  ])
  expect(rowsOf('SELECT id, settings, settings_edition, version FROM tenant')).toEqual([['ten_a', '{}', 0, 0]])
})

it('notices a difference of one column, one index or one key', () => {
  const whole = schemaOf(databaseWith([readText('schema.sql')]))
  const changes = [
    'ALTER TABLE due ADD COLUMN note TEXT',
    'CREATE INDEX due_by_time ON due (due_ms)',
    'DROP INDEX segment_by_time',
  ]
  for (const change of changes)
    expect(schemaOf(databaseWith([readText('schema.sql'), change])), change).not.toEqual(whole)
})

it('can apply what every start applies twice', () => {
  for (const statements of [[readText('schema.sql')], readMigrations('migrations/payload')]) {
    expect(() => databaseWith([...statements, ...statements])).not.toThrow()
  }
})

it('reads a range of a payload part by substr, and the largest part fits a row', () => {
  const payload = databaseWith(readMigrations('migrations/payload'))
  payload.prepare('INSERT INTO payload_part VALUES (?, ?, ?, ?)').run('ten_a', 'seg_a', 0, btoa('0123456789ab'))
  const { range } = payload.prepare('SELECT substr(data, 5, 8) AS range FROM payload_part').get() ?? {}
  expect(atob(`${range}`)).toBe('345678')
  expect(PAYLOAD_PART_CHARACTERS_MAX + 200).toBeLessThan(ROW_BYTES_MAX)
})
