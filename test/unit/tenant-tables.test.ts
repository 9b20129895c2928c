import { readFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { expect, it } from 'vitest'
import { TENANT_TABLES } from '../../src/storage/d1/erasures'

const database = new DatabaseSync(':memory:')
database.exec(readFileSync('schema.sql', 'utf8'))

const namesOf = (sql: string): string[] =>
  database
    .prepare(sql)
    .all()
    .map(({ name }) => String(name))

it('erasing a tenant knows every table of CONTROL that has rows of tenants, and what tells their rows apart', () => {
  const tables = namesOf("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
  const ofTenants = tables.filter((table) =>
    namesOf(`SELECT name FROM pragma_table_info('${table}')`).includes('tenant_id'),
  )
  // The row of the erasure itself stays.
  expect(Object.keys(TENANT_TABLES).sort()).toEqual(ofTenants.filter((table) => table !== 'erasure').sort())
  for (const [table, key] of Object.entries(TENANT_TABLES)) {
    const keys = namesOf(`SELECT name FROM pragma_table_info('${table}') WHERE pk > 0`)
    expect(
      keys.filter((name) => name !== 'tenant_id' || keys.length === 1),
      table,
    ).toEqual([key])
  }
})

it('what the sweep asks each minute is asked of an index', () => {
  const questions = [
    "SELECT id FROM tenant WHERE status IN ('deleting', 'erasing') AND delete_ms <= 5",
    'SELECT tenant_id FROM erasure WHERE done_ms IS NULL ORDER BY begun_ms LIMIT 3',
    "SELECT host FROM domain INNER JOIN tenant ON tenant.id = domain.tenant_id WHERE proof IN ('dns', 'http') AND checked_ms <= 5 " +
      "AND domain.status IN ('active') AND tenant.status IN ('active') ORDER BY checked_ms LIMIT 3",
  ]
  for (const question of questions) {
    const plan = database
      .prepare(`EXPLAIN QUERY PLAN ${question}`)
      .all()
      .map(({ detail }) => String(detail))
    expect(plan.join('; ')).not.toMatch(/SCAN (tenant|erasure|domain)(?! USING INDEX)|TEMP B-TREE/)
  }
})
