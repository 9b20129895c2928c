import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { installPackages } from './bootstrap.mjs'
import { bundleStep } from './test/bundle-step.ts'
import { type Counts, countsOf, outcomeOf, summaryLine, sumOf } from './test/counts.ts'
import { parseTestArgs, type TestRun } from './test/test-args.ts'

const ROOT = path.resolve(import.meta.dirname, '..')

/** The real clients that tests send logs with: a package of its own, so that none of it comes near the product. */
const CLIENTS = path.join(ROOT, 'test/clients')

/** Run by this Node rather than through node_modules/.bin, which differs between systems. */
const BIOME = 'node_modules/@biomejs/biome/bin/biome'
const TSC = 'node_modules/typescript/bin/tsc'
const VITEST = 'node_modules/vitest/vitest.mjs'

const temporary = mkdtempSync(path.join(tmpdir(), 'sluice-test-'))
process.exitCode = runAll(parseTestArgs(process.argv.slice(2)))
rmSync(temporary, { recursive: true, force: true })

/** Every step runs, also after one that failed, so that one run tells everything. */
function runAll(run: TestRun): number {
  const counts: Counts[] = []
  if (run.needsClients) installPackages(CLIENTS)
  if (run.isWhole) {
    counts.push(check('format and lint', [BIOME, 'ci', '.']), check('types', [TSC, '--noEmit']))
    counts.push(check('types of the page', [TSC, '--noEmit', '-p', 'web']))
    counts.push(check('types of the tests with real clients', [TSC, '--noEmit', '-p', CLIENTS]))
  }
  counts.push(...run.vitest.map((args) => vitest(args, run.environment)))
  if (run.isWhole) counts.push(bundle())
  const sum = sumOf(counts)
  console.log(`\n${summaryLine(sum)}`)
  return sum.failed > 0 ? 1 : 0
}

/** A step without tests of its own counts as one. */
function check(name: string, args: string[]): Counts {
  announce(name)
  return outcomeOf(runNode(args) === 0)
}

function vitest(args: readonly string[], environment: Record<string, string>): Counts {
  announce(`vitest ${args.join(' ')}`)
  const report = path.join(temporary, `${args.join('-').replaceAll(/\W+/g, '-')}.json`)
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  const exitCode = runNode([VITEST, 'run', '--passWithNoTests', ...reporters, ...args], environment)
  return countsOf(report, exitCode)
}

function bundle(): Counts {
  announce('bundle')
  return outcomeOf(bundleStep(ROOT, path.join(temporary, 'bundle')))
}

function runNode(args: readonly string[], environment: Record<string, string> = {}): number {
  const { status } = spawnSync(process.execPath, args, {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, ...environment },
  })
  return status ?? 1
}

function announce(name: string): void {
  console.log(`\n── ${name}`)
}
