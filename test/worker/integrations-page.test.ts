import { expect, it } from 'vitest'
import * as z from 'zod'
import page from '../../docs/integrations.md?raw'
import { demo, type Who } from '../support/demo'
import { commandsIn, shellBlocksIn } from '../support/markdown'
import { silenceConsole } from '../support/silence-console'

silenceConsole()

const { ask } = await demo()

const commands = shellBlocksIn(page).flatMap(commandsIn)

const WHO: Readonly<Record<string, Who>> = { $INGEST_KEY: 'ingest', $QUERY_KEY: 'query', $ADMIN_KEY: 'admin' }

/** Runs a command of the page as curl would. */
async function run(command: string, service: string): Promise<{ status: number; text: string }> {
  const target = /^curl -s "\$SLUICE([^"]*)"/.exec(command)?.[1] ?? expect.fail(`no address: ${command}`)
  const headers = Array.from(command.matchAll(/-H ["']([\w-]+): ([^\n]*?)["'](?= -|$)/g), ([, name, value]) => [
    name,
    value,
  ])
  const { Authorization: credential = '', ...others } = z
    .record(z.string(), z.string())
    .parse(Object.fromEntries(headers))
  const body = /-d '([^']*)'/.exec(command)?.[1]
  const method = / -X (\w+)/.exec(command)?.[1] ?? (body === undefined ? 'GET' : 'POST')
  const who = WHO[credential.replace('Bearer ', '')] ?? expect.fail(`no key: ${command}`)
  const path = target.replace('$SERVICE', service)
  const response = await ask(who, path, { method, headers: others, ...(body !== undefined && { body }) })
  return { status: response.status, text: await response.text() }
}

it('shows commands that work, one after the other, in a new tenant', async () => {
  expect(commands.length).toBeGreaterThan(9)
  let service = ''
  const answers: string[] = []
  for (const command of commands) {
    const { status, text } = await run(command, service)
    expect(status, `${command}\n${text}`).toBeLessThan(300)
    service ||= z.object({ id: z.string() }).parse(JSON.parse(text)).id
    answers.push(text)
  }
  const at = (part: string): string => answers[commands.findIndex((command) => command.includes(part))]
  expect(JSON.parse(at('correlationId=req-456')).data).toHaveLength(4)
  expect(JSON.parse(at('/integration/graph')).edges).toHaveLength(2)
  expect(JSON.parse(at('level:error')).data).toHaveLength(1)
  expect(JSON.parse(at('PATCH'))).toMatchObject({ version: '1.1.0', apiKeyLast4: 'nows' })
  expect(answers.join('\n')).not.toContain('a-key-that-users-knows')
})
