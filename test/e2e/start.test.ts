import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect, it } from 'vitest'
import * as z from 'zod'

const START = path.resolve('scripts/start.mjs')

const Ready = z.strictObject({
  url: z.url(),
  pid: z.number(),
  version: z.string(),
  operatorKey: z.string(),
  tenant: z
    .strictObject({
      id: z.string(),
      domain: z.string(),
      url: z.url(),
      ingestKey: z.string(),
      queryKey: z.string(),
      adminKey: z.string(),
    })
    .optional(),
})

const running: ChildProcess[] = []
afterAll(() => running.forEach((child) => void child.kill('SIGKILL')))

it('starts, is alone on its data, ends with 0, and comes back with the same keys', async () => {
  const data = newDirectory()
  const first = await start(data)
  expect((await fetch(`${first.ready.url}/health`)).status).toBe(200)
  expect(first.ready.tenant?.domain).toBe('acme.localhost')
  expect(statSync(path.join(data, 'credentials.json')).mode & 0o777).toBe(0o600)
  expect(startAndFail('--port', '0', '--data', data)).toBe(
    `Another Sluice server (process ${first.ready.pid}) already uses ${data}; stop it, or choose another directory with --data.\n`,
  )
  const { port } = new URL(first.ready.url)
  expect(startAndFail('--port', port, '--data', newDirectory())).toBe(
    `Port ${port} on 127.0.0.1 is taken; choose another with --port, or --port 0 for any free one.\n`,
  )
  expect(await end(first.child, 'SIGTERM')).toBe(0)

  const second = await start(data)
  expect({ ...second.ready.tenant, url: '' }).toEqual({ ...first.ready.tenant, url: '' })
  expect(second.ready.operatorKey).toBe(first.ready.operatorKey)
  expect(await end(second.child, 'SIGINT')).toBe(0)
})

it('starts again on its data after kill -9, with no demo tenant where none was wanted', async () => {
  const data = newDirectory()
  const { child, ready } = await start(data, '--empty')
  expect(ready.tenant).toBeUndefined()
  const exit = once(child, 'exit')
  process.kill(ready.pid, 'SIGKILL')
  await exit
  const again = await start(data, '--empty')
  expect(again.ready.operatorKey).toBe(ready.operatorKey)
  await end(again.child, 'SIGTERM')
})

it('refuses an unknown flag with one sentence', () => {
  expect(startAndFail('--prot', '1')).toBe('Unknown flag --prot; npm start -- --help lists the flags.\n')
})

const newDirectory = () => mkdtempSync(path.join(tmpdir(), 'sluice-start-'))

async function start(data: string, ...flags: string[]) {
  const readyFile = path.join(newDirectory(), 'ready.json')
  const args = [START, '--port', '0', '--data', data, '--ready-file', readyFile, '--quiet', ...flags]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] })
  running.push(child)
  while (!existsSync(readyFile)) {
    if (child.exitCode !== null || child.signalCode)
      throw new Error(`npm start ended with ${child.exitCode ?? child.signalCode}`)
    await sleep(20)
  }
  return { child, ready: Ready.parse(JSON.parse(readFileSync(readyFile, 'utf8'))) }
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<unknown> {
  const exit = once(child, 'exit')
  child.kill(signal)
  const [code] = await exit
  return code
}

/** Answers what it said on stderr. */
function startAndFail(...flags: string[]): string {
  const { status, stderr } = spawnSync(process.execPath, [START, ...flags], { encoding: 'utf8', timeout: 30_000 })
  expect(status).toBe(1)
  return stderr
}
