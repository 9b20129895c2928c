import { spawnSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkDatabases, lockDataDirectory, openDataDirectory } from '../../scripts/serve/data-directory'

const newDirectory = () => mkdtempSync(path.join(tmpdir(), 'sluice-data-'))

describe('lockDataDirectory', () => {
  it('lets one server in, names it to the next, and lets that in when it has gone', () => {
    const directory = newDirectory()
    const lock = lockDataDirectory(directory)
    expect(() => lockDataDirectory(directory)).toThrow(
      `Another Sluice server (process ${process.pid}) already uses ${directory}`,
    )
    lock.release()
    lockDataDirectory(directory).release()
  })

  it('is free again after kill -9 of its holder', () => {
    const directory = newDirectory()
    const module = path.resolve('scripts/serve/data-directory.ts')
    const script = `import { lockDataDirectory } from ${JSON.stringify(module)}
      lockDataDirectory(${JSON.stringify(directory)})
      process.kill(process.pid, 'SIGKILL')`
    const { signal } = spawnSync(process.execPath, ['--input-type=module-typescript', '-e', script])
    expect(signal).toBe('SIGKILL')
    lockDataDirectory(directory).release()
  })
})

describe('openDataDirectory', () => {
  it('says in one sentence that a path is no directory', () => {
    const file = path.join(newDirectory(), 'file')
    writeFileSync(file, '')
    expect(() => openDataDirectory(path.join(file, 'data'))).toThrow(/^The data directory .* cannot be used/)
  })
})

describe('checkDatabases', () => {
  it('takes new and whole databases for good', () => {
    const directory = newDirectory()
    writeFileSync(path.join(directory, 'new.sqlite'), '')
    writeFileSync(path.join(directory, 'whole.sqlite'), 'SQLite format 3\0…')
    checkDatabases(directory)
  })

  it('names a database that was cut or overwritten', () => {
    const directory = newDirectory()
    writeFileSync(path.join(directory, 'broken.sqlite'), 'SQLite')
    expect(() => checkDatabases(directory)).toThrow(`The data in ${path.join(directory, 'broken.sqlite')} is damaged`)
  })
})
