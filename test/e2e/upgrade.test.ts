import { afterAll, expect, it } from 'vitest'
import { pageOf, receiptOf } from '../support/answers'
import { Client } from '../support/client'
import { openControl } from '../support/second-tenant'
import { endAllServers, Server } from '../support/server'

/** Requests until a line of the service's own activity must be stored: it is sent once its request is answered. */
const TRIES_MAX = 200

afterAll(endAllServers)

it('adds the service’s own tenant to a data directory from before there was one, and keeps keys and logs', async () => {
  const first = await Server.start({ flags: ['--quiet'] })
  receiptOf(await ingest(first, 'written before the upgrade'))
  await first.stop()
  deleteServiceTenant(first.data)

  const server = await Server.start({ data: first.data, flags: ['--quiet'] })
  expect(server.ready.operatorKey).toBe(first.ready.operatorKey)
  expect({ ...server.tenant, url: '' }).toEqual({ ...first.tenant, url: '' })
  receiptOf(await ingest(server, 'written after the upgrade'))
  const reader = new Client({ port: server.port, key: first.tenant.queryKey })
  expect(await messages(reader, '/logs?order=asc')).toEqual(['written before the upgrade', 'written after the upgrade'])
  expect(await activityOf(server)).toContain('isolate_started')
  await server.stop()
})

const ingest = (server: Server, message: string) =>
  new Client({ port: server.port, key: server.tenant.ingestKey }).post('/logs', JSON.stringify({ message }))

const messages = async (client: Client, target: string) =>
  (await pageOf(client, target)).data.map(({ message }) => message)

/** Makes the data what it was when only tenants of customers were made. */
function deleteServiceTenant(data: string): void {
  const control = openControl(data)
  const { changes } = control.prepare("DELETE FROM tenant WHERE name = 'sluice'").run()
  control.close()
  expect(changes).toBe(1)
}

/** The messages in the service's own tenant, as soon as there are any. */
async function activityOf(server: Server): Promise<(string | undefined)[]> {
  const operator = new Client({ port: server.port, key: server.ready.operatorKey })
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const found = await messages(operator, '/logs?q=isolate_started')
    if (found.length > 0) return found
  }
  return []
}
