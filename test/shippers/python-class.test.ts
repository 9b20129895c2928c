import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { Client, parseAnswer } from '../support/client'
import { endAllServers, newDirectory, Server, START } from '../support/server'

/** The second seed's document, as it was handed to us. */
const DOCUMENT = path.join(import.meta.dirname, 'documents/cloudflare-logging-service.md')

const SERVICE_KEY = 'a-secure-api-key'

const Rows = z.object({
  total: z.int(),
  logs: z.array(
    z.object({ service_name: z.string(), level: z.string(), message: z.string(), metadata: z.unknown() }).loose(),
  ),
})

/** The class and how the document uses it: the two parts of its only block of Python. */
function pythonOfDocument(): { readonly module: string; readonly usage: string } {
  const [, block = ''] = /^```python\n([\s\S]*?)^```$/m.exec(readFileSync(DOCUMENT, 'utf8')) ?? []
  const [module, usage] = block.split('# Usage\n')
  if (usage === undefined || !module.includes('class CloudflareLogger:')) throw new Error('the document has no class')
  return { module, usage }
}

let server: Server
const folder = newDirectory()
const { module, usage } = pythonOfDocument()

beforeAll(async () => {
  writeFileSync(path.join(folder, 'cloudflare_logger.py'), module)
  server = await Server.start({ script: START, environment: { LOG_SERVICE_API_KEY: SERVICE_KEY } })
})

afterAll(endAllServers)

/** Runs a Python program beside the class; answers what it printed. */
async function python(program: string): Promise<string> {
  const file = path.join(folder, 'program.py')
  writeFileSync(file, `from cloudflare_logger import CloudflareLogger\n\n${program}`)
  const child = spawn(process.env.PYTHON ?? 'python3', [file], { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString()
    })
  }
  const [exitCode] = await once(child, 'close')
  if (exitCode !== 0) throw new Error(`Python 3 with the package requests is needed.\n${output}`)
  return output
}

const loggerFor = (service: string, key: string): string =>
  `logger = CloudflareLogger(service_name=${JSON.stringify(service)}, api_url='${server.ready.url}', api_key='${key}')\n`

async function recent(service: string): Promise<z.infer<typeof Rows>> {
  const reader = new Client({ port: server.port, key: SERVICE_KEY })
  try {
    return parseAnswer(Rows, await reader.get(`/api/v1/logs/recent/${service}`))
  } finally {
    reader.close()
  }
}

describe('the Python class of the second seed’s document, unchanged', () => {
  it('sends its logs as the document uses it, with the service’s key', async () => {
    const program = usage
      .replace('https://logs.example.workers.dev', server.ready.url)
      .replace('your-api-key', SERVICE_KEY)
    expect(await python(program)).toBe('')
    const { total, logs } = await recent('python-data-processor')
    expect(total).toBe(2)
    expect(logs).toMatchObject([
      { level: 'ERROR', message: 'Database error', metadata: { error_code: 'TIMEOUT', retry: 3 } },
      { level: 'INFO', message: 'Processing started', metadata: { job_id: '123', batch_size: 1000 } },
    ])
  })

  it('sends every level and character with a tenant’s own key, over one connection', async () => {
    const calls = [
      "for level in ['debug', 'info', 'warn', 'warning', 'error', 'critical', 'fatal']:",
      "    logger.log(level, 'größer ✓ 𝒳 \\n \\u0000', spelled=level, nested={'list': [1, 2.5, None, True]})",
    ].join('\n')
    expect(await python(`${loggerFor('levels', server.tenant.ingestKey)}${calls}\n`)).toBe('')
    const { logs } = await recent('levels')
    expect(logs.map(({ level }) => level)).toEqual(['CRITICAL', 'CRITICAL', 'ERROR', 'WARN', 'WARN', 'INFO', 'DEBUG'])
    for (const { message, metadata } of logs) {
      expect(message).toBe('größer ✓ 𝒳 \n \u0000')
      expect(metadata).toMatchObject({ nested: { list: [1, 2.5, null, true] } })
    }
  })

  it('tells of a key that is wrong and a name that is none, and the program goes on', async () => {
    const wrongKey = `${loggerFor('wrong-key', 'your-api-key')}logger.info('lost')\nprint('went on')\n`
    expect(await python(wrongKey)).toMatch(/^\[LOG ERROR\] 401 .*: lost\nwent on\n$/)
    const wrongName = `${loggerFor('wrong name', SERVICE_KEY)}logger.error('lost')\nprint('went on')\n`
    expect(await python(wrongName)).toMatch(/^\[LOG ERROR\] 400 .*: lost\nwent on\n$/)
    expect((await recent('wrong-key')).total).toBe(0)
  })
})
