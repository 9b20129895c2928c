import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { afterAll, expect, it } from 'vitest'
import * as z from 'zod'
import { Page, Receipt } from '../support/answers'
import { Client } from '../support/client'
import { commandsIn, shellBlocksIn } from '../support/markdown'
import { endAllServers, Server } from '../support/server'

afterAll(endAllServers)

const commands = shellBlocksIn(readFileSync('README.md', 'utf8')).flatMap(commandsIn)

/** Where there is no curl, the commands are read rather than run. */
const hasCurl = spawnSync('curl', ['--version']).status === 0

it('finds what it sends with the commands of the README', async () => {
  const server = await Server.start()
  const [send, find] = commands.filter((command) => command.startsWith('curl '))
  const receipt = Receipt.parse(JSON.parse(await run(send, server)))
  expect(receipt).toMatchObject({ accepted: 1, rejected: 0 })
  const page = Page.extend({ data: z.array(z.object({ body: z.unknown() })) }).parse(
    JSON.parse(await run(find, server)),
  )
  expect(page.data.map(({ body }) => body)).toEqual([{ level: 'error', service: 'hello', message: 'first log' }])
})

it('prints the commands of the README with the keys filled in', async () => {
  const server = await Server.start()
  const shown = server.output.split('\n').map((line) => line.trim())
  const inReadme = commands.filter((command) => command.startsWith('curl '))
  expect(shown.filter((line) => line.startsWith('curl '))).toEqual(
    inReadme.map((command) => filledIn(command, server).replaceAll(/-H "([^"]*)"/g, "-H '$1'")),
  )
})

/** The command as somebody runs it who has read the keys from the banner. */
function filledIn(command: string, { tenant, port }: Server): string {
  return command
    .replaceAll('$INGEST_KEY', tenant.ingestKey)
    .replaceAll('$QUERY_KEY', tenant.queryKey)
    .replaceAll(':8787', `:${port}`)
}

async function run(command: string, server: Server): Promise<string> {
  const filled = filledIn(command, server)
  return hasCurl && process.platform !== 'win32'
    ? execFileSync('sh', ['-c', filled], { encoding: 'utf8' })
    : request(filled, server)
}

/** Does what the curl command says, as far as the README uses curl. */
async function request(command: string, { port }: Server): Promise<string> {
  const url = new URL(command.match(/'(http[^']*)'/)?.[1] ?? '')
  const key = command.match(/Bearer (\S+)"/)?.[1] ?? ''
  const body = command.match(/-d '([^']*)'/)?.[1]
  const client = new Client({ port, key, host: url.hostname })
  const target = url.pathname + url.search
  const { text } = body === undefined ? await client.get(target) : await client.post(target, body)
  return text
}
