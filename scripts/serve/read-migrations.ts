import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { SqlFile } from './migrate.ts'

/** The SQL files of one folder, in the order of their names; folders in it belong to other databases. */
export function readMigrations(directory: string): SqlFile[] {
  if (!existsSync(directory)) return []
  const names = readdirSync(directory).filter((name) => name.endsWith('.sql'))
  return names.sort().map((name) => ({ name, sql: readFileSync(path.join(directory, name), 'utf8') }))
}
