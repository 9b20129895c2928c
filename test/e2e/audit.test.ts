import { afterAll, expect, it } from 'vitest'
import * as z from 'zod'
import { type AuditPoint, checkLinks, NO_ENTRY } from '../../src/audit/audit-chain'
import { Client, parseAnswer } from '../support/client'
import { endAllServers, Server } from '../support/server'

const KILLS = 3
const ASKED_EACH_ROUND = 12

afterAll(endAllServers)

const Verdict = z.object({ ok: z.boolean(), head: z.object({ number: z.number(), hash: z.string() }) })
const Line = z.object({ number: z.number(), before: z.string(), entry: z.string(), hash: z.string() })

it('loses and doubles no entry of a change or an export in kill -9, and its chain goes on', {
  timeout: 120_000,
}, async () => {
  let server = await Server.start({ flags: ['--quiet'] })
  const told: string[] = []
  const searched: string[] = []
  let kept: AuditPoint = NO_ENTRY
  for (let kill = 0; kill < KILLS; kill++) {
    const { port, tenant } = server
    const reader = new Client({ port, key: tenant.queryKey })
    const admin = new Client({ port, key: tenant.adminKey })
    for (let asked = 0; asked < ASKED_EACH_ROUND; asked++) {
      const id = `round${kill}-${asked}`
      const isChange = asked % 3 === 0
      const path = ['/session', '/logs/export', '/logs'][asked % 3]
      const method = isChange ? 'POST' : 'GET'
      const { status } = await reader.send(path, { method, headers: { 'x-request-id': id } })
      expect(status).toBe(isChange ? 201 : 200)
      if (path === '/logs') searched.push(id)
      else told.push(id)
    }
    // The last change is a moment old.
    await reader.send('/session', { method: 'POST', headers: { 'x-request-id': `last-${kill}` } })
    told.push(`last-${kill}`)
    await server.kill()
    reader.close()
    admin.close()

    server = await Server.start({ data: server.data, flags: ['--quiet'] })
    const auditor = new Client({ port: server.port, key: server.tenant.adminKey })
    const check = `/admin/audit/verify?number=${kept.number}&hash=${kept.hash}`
    const verdict = parseAnswer(Verdict, await auditor.get(kill === 0 ? '/admin/audit/verify' : check))
    expect(verdict.ok).toBe(true)
    expect(verdict.head.number).toBeGreaterThan(kept.number)
    kept = verdict.head
    const { text } = await auditor.get('/admin/audit/export?format=chain')
    const rows = text
      .trimEnd()
      .split('\n')
      .map((line) => Line.parse(JSON.parse(line)))
      .map(({ number, hash, entry }) => ({ number, hash, text: entry }))
    expect(checkLinks(server.tenant.id, NO_ENTRY, rows, kept).broken).toBeUndefined()
    const requests = rows.map((row) => JSON.parse(row.text).request)
    for (const id of told) expect(requests.filter((request) => request === id)).toEqual([id])
    for (const id of searched) expect(requests.filter((request) => request === id).length).toBeLessThanOrEqual(1)
    auditor.close()
  }
})
