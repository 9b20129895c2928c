import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { get, IncomingMessage } from 'node:http'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import * as z from 'zod'
import { Page, pageOf, Receipt, receiptOf } from '../support/answers'
import { Client } from '../support/client'
import { endAllServers, newDirectory, Server, START, startAndFail } from '../support/server'

/** Issue A's promise for every start but the first. */
const START_MS_MAX = 4000

const FLAGS = 'npm start -- --help lists the flags.'

afterAll(endAllServers)

describe('a fresh clone', () => {
  let server: Server
  beforeAll(async () => {
    // The way that npm start takes, with flags of Node and all.
    server = await Server.start({ script: START })
  })

  it('is ready with an operator, and the tenant acme with its keys', async () => {
    const { ready, tenant } = server
    expect(ready.url).toBe(`http://127.0.0.1:${server.port}`)
    expect(ready.version).toBe(
      z.object({ version: z.string() }).parse(JSON.parse(readFileSync('package.json', 'utf8'))).version,
    )
    expect(ready.operatorKey).toMatch(/^slc_op_\w{38}$/)
    expect(tenant).toEqual({
      id: expect.stringMatching(/^ten_/),
      domain: 'acme.localhost',
      url: `http://acme.localhost:${server.port}`,
      ingestKey: expect.stringMatching(/^slc_ing_\w{38}$/),
      queryKey: expect.stringMatching(/^slc_rd_\w{38}$/),
      adminKey: expect.stringMatching(/^slc_adm_\w{38}$/),
    })
    expect(readFileSync(path.join(server.data, 'server.pid'), 'utf8')).toBe(`${ready.pid}\n`)
    const health = await new Client({ port: server.port, key: '' }).get('/health')
    expect(health.status).toBe(200)
  })

  it('keeps its keys and data from others on the machine', () => {
    expect(statSync(path.join(server.data, 'credentials.json')).mode & 0o777).toBe(0o600)
    expect(readdirSync(server.data)).toEqual(expect.arrayContaining(['credentials.json', 'server.lock', 'server.pid']))
  })

  it('prints everything that the ready file has', () => {
    const { ready, tenant } = server
    for (const text of [ready.url, ready.operatorKey, tenant.url, tenant.ingestKey, tenant.queryKey, tenant.adminKey])
      expect(server.output).toContain(text)
  })

  it('prints commands that send a log and find it, as they are', async () => {
    const commands = server.output.split('\n').filter((line) => line.trim().startsWith('curl '))
    expect(commands).toHaveLength(3)
    const [sent, found] = [await paste(commands[0]), await paste(commands[1])]
    expect(Receipt.parse(JSON.parse(sent))).toMatchObject({ accepted: 1, rejected: 0 })
    expect(Page.parse(JSON.parse(found)).data).toMatchObject([{ message: 'first log' }])
  })

  it('prints a command that follows what comes, and the address of the app in a browser', async () => {
    const { output, tenant, port } = server
    const [, , follow = ''] = output.split('\n').filter((line) => line.trim().startsWith('curl '))
    const [, target = '', accept = '', key = ''] =
      /'http:\/\/.*?(\/.*?)' -H 'Accept: (.*?)' -H 'Authorization: Bearer (.*?)'/.exec(follow) ?? []
    const headers = { host: tenant.domain, accept, authorization: `Bearer ${key}` }
    const [response] = await once(get({ port, path: target, headers }), 'response')
    const events = z.instanceof(IncomingMessage).parse(response)
    expect(events.statusCode).toBe(200)
    const writer = new Client({ port, key: tenant.ingestKey, host: tenant.domain })
    receiptOf(await writer.post('/logs', '{"level":"error","message":"followed"}'))
    for await (const chunk of events) if (String(chunk).includes('"message":"followed"')) break
    expect(output).toContain(`${tenant.url}/app#key=${tenant.adminKey}`)
    const page = await new Client({ port, key: '', host: tenant.domain }).get('/app')
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8')
  })

  it('finds a log by a part of a word in it, in any case', async () => {
    const writer = new Client({ port: server.port, key: server.tenant.ingestKey, host: server.tenant.domain })
    const reader = new Client({ port: server.port, key: server.tenant.queryKey, host: server.tenant.domain })
    receiptOf(
      await writer.post('/logs', '{"level":"error","service":"checkout","message":"Payment declined for order 1138"}'),
    )
    for (const q of ['ecline', 'PAYMENT', 'order 11', '138', 'level:error declined', 'service:checkout "for order"']) {
      const { data } = await pageOf(reader, `/logs?q=${encodeURIComponent(q)}`)
      expect(
        data.map(({ message }) => message),
        q,
      ).toEqual(['Payment declined for order 1138'])
    }
  })

  it('is alone on its data and on its port', () => {
    expect(startAndFail('--port', '0', '--data', server.data)).toBe(
      `Another Sluice server (process ${server.ready.pid}) already uses ${server.data}; stop it, or choose another directory with --data.\n`,
    )
    expect(startAndFail('--port', `${server.port}`, '--data', newDirectory())).toBe(
      `Port ${server.port} on 127.0.0.1 is taken; choose another with --port, or --port 0 for any free one.\n`,
    )
  })

  it('ends with 0, and comes back on its data within four seconds', async () => {
    const { ready, tenant, data } = server
    expect(await server.stop('SIGTERM')).toBe(0)
    expect(server.runtimes).toEqual([])
    expect(existsSync(path.join(data, 'server.pid'))).toBe(false)

    const startMs = performance.now()
    server = await Server.start({ data, script: START, flags: ['--quiet'] })
    expect(performance.now() - startMs).toBeLessThan(START_MS_MAX)
    expect(server.output).not.toContain('curl')
    expect(server.ready.operatorKey).toBe(ready.operatorKey)
    expect({ ...server.tenant, url: '' }).toEqual({ ...tenant, url: '' })
    const reader = new Client({ port: server.port, key: tenant.queryKey })
    expect((await pageOf(reader, '/logs')).data.map(({ message }) => message)).toEqual([
      'Payment declined for order 1138',
      'followed',
      'first log',
    ])
    expect(await server.stop('SIGINT')).toBe(0)
  })
})

it('makes no tenant where none is wanted, also after kill -9', async () => {
  const first = await Server.start({ flags: ['--empty'] })
  expect(first.ready.tenant).toBeUndefined()
  expect(first.output).not.toContain('curl')
  await first.kill()
  const again = await Server.start({ data: first.data, environment: { SLUICE_EMPTY: '1', SLUICE_QUIET: '1' } })
  expect(again.ready).toMatchObject({ operatorKey: first.ready.operatorKey })
  expect(again.ready.tenant).toBeUndefined()
  expect(again.output).not.toContain(again.ready.operatorKey)
  expect(await again.stop()).toBe(0)
})

it('ends its runtime when it is killed alone', async () => {
  const server = await Server.start({ flags: ['--quiet'] })
  const [runtime] = server.runtimes
  process.kill(server.ready.pid, 'SIGKILL')
  await vi.waitFor(() => expect(server.runtimes).toEqual([]))
  expect(runtime).toBeGreaterThan(0)
})

it('starts a runtime again that died, at the same address and with all logs', async () => {
  const server = await Server.start({ flags: ['--quiet'] })
  const connect = (key: string) => new Client({ port: server.port, key })
  receiptOf(await connect(server.tenant.ingestKey).post('/logs', '{"message":"before"}'))
  process.kill(server.runtimes[0], 'SIGKILL')
  await vi.waitFor(
    async () => expect((await pageOf(connect(server.tenant.queryKey), '/logs?q=before')).data).toHaveLength(1),
    { timeout: 20_000 },
  )
  receiptOf(await connect(server.tenant.ingestKey).post('/logs', '{"message":"after"}'))
  expect(await server.stop()).toBe(0)
})

it.each([
  ['an unknown flag', ['--prot', '1'], `Unknown flag --prot; ${FLAGS}\n`],
  ['a flag that npm kept', ['9000'], 'Unexpected "9000"; flags go after --: npm start -- --port 9000.\n'],
  ['a port that is none', ['--port', 'eighty'], '--port takes a number from 0 to 65535, not "eighty".\n'],
  ['a port past the last', ['--port', '65536'], '--port takes a number from 0 to 65535, not "65536".\n'],
])('refuses %s with one sentence', (_, flags, sentence) => {
  expect(startAndFail(...flags)).toBe(sentence)
})

it('refuses a data directory that is a file, and one whose databases are damaged', () => {
  const file = path.join(newDirectory(), 'file')
  writeFileSync(file, 'a file')
  expect(startAndFail('--port', '0', '--data', file)).toMatch(/^The data directory .* cannot be used \(.*\n$/)

  const damaged = newDirectory()
  mkdirSync(path.join(damaged, 'd1'))
  writeFileSync(path.join(damaged, 'd1', 'control.sqlite'), 'not a database, whatever it is called')
  expect(startAndFail('--port', '0', '--data', damaged)).toMatch(/^The data in .*control\.sqlite is damaged; [^\n]*\n$/)
})

it('tells its flags when asked', () => {
  const { status, stdout } = spawnSync(process.execPath, [START, '--help'], { encoding: 'utf8' })
  expect(status).toBe(0)
  for (const flag of ['--port', '--host', '--data', '--empty', '--ready-file', '--quiet'])
    expect(stdout).toContain(flag)
})

/** Runs a command as a person would who pastes it; where there is no shell or no curl, does what it says. */
async function paste(command: string): Promise<string> {
  const { status, stdout } = spawnSync('bash', ['-c', command], { encoding: 'utf8' })
  if (status === 0) return stdout
  const [, url = '', bearer = '', body] =
    /'(http.*?)' -H 'Authorization: Bearer (.*?)'(?: -d '(.*)')?/.exec(command) ?? []
  const { hostname, port, pathname, search } = new URL(url)
  const client = new Client({ port: Number(port), key: bearer, host: hostname })
  const { text } = await (body ? client.post(pathname, body) : client.get(`${pathname}${search}`))
  return text
}
