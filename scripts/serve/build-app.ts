import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { StartError } from './start-error.ts'

/** Where the app comes from: its own files, what it shares with the Worker, and what it is built with. */
const SOURCES = ['web', 'src/query', 'src/records', 'package-lock.json'] as const

/** Names what the app in dist/web was built of. */
const STAMP = 'stamp'

/**
 * Builds the browser app into dist/web, unless it is built of just these sources. In a process of its own: the builder takes
 * memory that whoever serves does without. Two at once do not disturb each other.
 */
export async function buildApp(root: string): Promise<void> {
  const target = path.join(root, 'dist/web')
  const stamp = stampOf(root)
  const stampFile = path.join(target, STAMP)
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return
  const fresh = path.join(root, `dist/web-${process.pid}`)
  await runVite(root, path.join(fresh, 'app'))
  writeFileSync(path.join(fresh, STAMP), stamp)
  rmSync(target, { recursive: true, force: true })
  try {
    renameSync(fresh, target)
  } catch {
    // Another process has built the same meanwhile.
    rmSync(fresh, { recursive: true, force: true })
  }
}

function stampOf(root: string): string {
  const hash = createHash('sha256')
  for (const source of SOURCES)
    for (const file of filesIn(path.join(root, source)))
      hash.update(path.relative(root, file)).update('\0').update(readFileSync(file)).update('\0')
  return hash.digest('hex')
}

function filesIn(place: string): string[] {
  if (!statSync(place).isDirectory()) return [place]
  return readdirSync(place)
    .sort()
    .flatMap((name) => filesIn(path.join(place, name)))
}

function runVite(root: string, outDirectory: string): Promise<void> {
  const vite = path.join(root, 'node_modules/vite/bin/vite.js')
  const args = [vite, 'build', '--config', 'web/vite.config.ts', '--outDir', outDirectory, '--logLevel', 'error']
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 2, 2] })
    child.on('error', reject)
    child.on('exit', (code) =>
      code === 0 ? resolve() : reject(new StartError('web/ does not build; what vite said stands above.')),
    )
  })
}
