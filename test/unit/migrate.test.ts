import { DatabaseSync } from 'node:sqlite'
import { expect, it } from 'vitest'
import { recordSql, toSql } from '../../scripts/deploy/record-sql'
import { readMigrations } from '../../scripts/serve/read-migrations'

it('reads the files of one folder in order, and not those of the folders in it', () => {
  const names = readMigrations('migrations').map(({ name }) => name)
  expect(names).toEqual([...names].sort())
  expect(names[0]).toMatch(/^0001/)
  expect(readMigrations('migrations/none')).toEqual([])
})

it('writes parameters as SQL that means the same', () => {
  const parameters = ["it's; -- ?", null, 7, 1.5, '']
  const row = new DatabaseSync(':memory:')
    .prepare(toSql({ sql: 'SELECT ? AS a, ? AS b, ? AS c, ? AS d, ? AS e', parameters }))
    .get()
  expect(Object.values(row ?? {})).toEqual(parameters)
})

it('records what is written in batches, and refuses to read', async () => {
  const write = async (database: D1Database) => {
    await database.batch([
      database.prepare('INSERT INTO t VALUES (?)').bind('x'),
      database.prepare('DELETE FROM u').bind(),
    ])
    return 'key'
  }
  expect(await recordSql(write)).toEqual({ result: 'key', sql: "INSERT INTO t VALUES ('x');\nDELETE FROM u;\n" })
  await expect(recordSql((database) => database.prepare('SELECT 1').all())).rejects.toThrow()
})
