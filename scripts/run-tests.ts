import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { installPackages } from './bootstrap.mjs'
import { bundleStep } from './test/bundle-step.ts'
import { type Counts, countsOf, outcomeOf, summaryLine, sumOf } from './test/counts.ts'
import { type Lane, parseTestArgs, type TestRun } from './test/test-args.ts'

const ROOT = path.resolve(import.meta.dirname, '..')

/** The real clients that tests send logs with: a package of its own, so that none of it comes near the product. */
const CLIENTS = path.join(ROOT, 'test/clients')

/** Run by this Node rather than through node_modules/.bin, which differs between systems. */
const BIOME = 'node_modules/@biomejs/biome/bin/biome'
const TSC = 'node_modules/typescript/bin/tsc'
const VITEST = 'node_modules/vitest/vitest.mjs'

const temporary = mkdtempSync(path.join(tmpdir(), 'sluice-test-'))
process.exitCode = await runAll(parseTestArgs(process.argv.slice(2)))
rmSync(temporary, { recursive: true, force: true })

/** Every step runs, also after one that failed, so that one run tells everything. */
async function runAll(run: TestRun): Promise<number> {
  const counts: Counts[] = []
  if (run.needsClients) installPackages(CLIENTS)
  if (run.isWhole) {
    counts.push(check('format and lint', [BIOME, 'ci', '.']), check('types', [TSC, '--noEmit']))
    counts.push(check('types of the page', [TSC, '--noEmit', '-p', 'web']))
    counts.push(check('types of the tests with real clients', [TSC, '--noEmit', '-p', CLIENTS]))
  }
  for (const lanes of run.stages) {
    const stage = await Promise.all(lanes.map((lane, at) => runLane(lane, run.environment, { isShown: at === 0 })))
    counts.push(...stage.flat())
  }
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

/** Of lanes that run beside each other one is shown as it runs; what the others print follows when each of their runs has ended. */
async function runLane(
  lane: Lane,
  environment: Record<string, string>,
  { isShown }: { isShown: boolean },
): Promise<Counts[]> {
  const counts: Counts[] = []
  for (const args of lane) counts.push(await vitest(args, environment, isShown))
  return counts
}

async function vitest(args: readonly string[], environment: Record<string, string>, isShown: boolean): Promise<Counts> {
  const title = `vitest ${args.join(' ')}`
  if (isShown) announce(title)
  const report = path.join(temporary, `${args.join('-').replaceAll(/\W+/g, '-')}.json`)
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  const child = spawn(process.execPath, [VITEST, 'run', '--passWithNoTests', ...reporters, ...args], {
    cwd: ROOT,
    stdio: isShown ? 'inherit' : ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  })
  const printed: Buffer[] = []
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => printed.push(chunk))
  const [code] = await once(child, 'close')
  if (!isShown) {
    announce(title)
    process.stdout.write(Buffer.concat(printed))
  }
  return countsOf(report, typeof code === 'number' ? code : 1)
}

function bundle(): Counts {
  announce('bundle')
  return outcomeOf(bundleStep(ROOT, path.join(temporary, 'bundle')))
}

function runNode(args: readonly string[]): number {
  const { status } = spawnSync(process.execPath, args, {
    cwd: ROOT,
    stdio: 'inherit',
  })
  return status ?? 1
}

function announce(name: string): void {
  console.log(`\n── ${name}`)
}
