import {
  accessSync,
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { StartError } from './start-error.ts'

export interface DataLock {
  release(): void
}

const SQLITE_HEADER = 'SQLite format 3\0'

/** Creates the directory where it is missing; only its owner may read it, since it holds keys and logs. */
export function openDataDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (error) {
    const reason = error instanceof Error ? error.message : `${error}`
    throw new StartError(`The data directory ${directory} cannot be used (${reason}); choose another with --data.`)
  }
}

/**
 * Takes the directory for this process alone. It is SQLite's lock on an empty file, thus the operating system's: it goes
 * when the process dies, however it dies, so it can be neither stale nor mistaken for that of a later process.
 */
export function lockDataDirectory(directory: string): DataLock {
  const ownerFile = path.join(directory, 'server.pid')
  const database = new DatabaseSync(path.join(directory, 'server.lock'), { timeout: 0 })
  try {
    database.exec('BEGIN EXCLUSIVE')
  } catch {
    database.close()
    throw new StartError(
      `Another Sluice server${ownerOf(ownerFile)} already uses ${directory}; stop it, or choose another directory with --data.`,
    )
  }
  writeFileSync(ownerFile, `${process.pid}\n`)
  return {
    release: () => {
      rmSync(ownerFile, { force: true })
      database.close()
    },
  }
}

function ownerOf(ownerFile: string): string {
  try {
    return ` (process ${readFileSync(ownerFile, 'utf8').trim()})`
  } catch {
    return ''
  }
}

/** Finds databases that were cut or overwritten before the runtime meets them with a stack trace. */
export function checkDatabases(directory: string): void {
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' })
  const damaged = files
    .filter((file) => file.endsWith('.sqlite'))
    .find((file) => !isDatabase(path.join(directory, file)))
  if (damaged) throw damagedData(path.join(directory, damaged))
}

export function damagedData(place: string): StartError {
  return new StartError(`The data in ${place} is damaged; restore a copy, or start with another --data.`)
}

/** An empty file is a database that nothing was written to yet. */
function isDatabase(file: string): boolean {
  const descriptor = openSync(file, 'r')
  const header = Buffer.alloc(SQLITE_HEADER.length)
  const length = readSync(descriptor, header)
  closeSync(descriptor)
  return length === 0 || header.toString('latin1') === SQLITE_HEADER
}
