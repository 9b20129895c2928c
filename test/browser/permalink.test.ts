import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { logId, parseLogId } from '../../src/records/log-id.ts'
import { type AppPage, idsOf, openApp, sendLogs, startBrowser, untilLive } from '../support/browser.ts'
import { startWithTwoTenants, type Tenant } from '../support/second-tenant.ts'
import { endAllServers, type Server } from '../support/server.ts'

const NEWER_LOGS = 1000
const YEAR_MS = 365 * 86_400_000

let server: Server
let globex: Tenant
let browser: Browser
let acme: AppPage

/** Ids that acme may not see, and why. */
let unseen: Readonly<Record<string, string>>
let wanted: string

beforeAll(async () => {
  const started = await startWithTwoTenants()
  server = started.server
  globex = started.globex
  await sendLogs(server, [
    { level: 'error', service: 'checkout', message: 'the one that matters', trace_id: 'a'.repeat(32) },
  ])
  await sendLogs(server, [{ level: 'error', service: 'boiler', message: 'secret of globex' }], globex.ingestKey)
  const [own] = await idsOf(server, '"the one that matters"')
  const [foreign] = await idsOf(server, '"secret of globex"', globex.queryKey)
  wanted = own
  const position = parseLogId(own)
  if (position === undefined) throw new Error(`${own} is no id`)
  unseen = {
    'another tenant’s': foreign,
    'an expired one': logId({ ...position, ms: position.ms - YEAR_MS, seq: 1 }),
    'one that never was': logId({ ...position, seq: position.seq + 5_000_000 }),
    nonsense: 'log_nonsense',
    'an attempt': encodeURIComponent('../../admin/keys'),
  }
  browser = await startBrowser()
  acme = await openApp(browser, server)
})

afterAll(async () => {
  await browser?.close()
  await endAllServers()
})

/** What a page says, without the header. */
const saidBy = async (page: Page): Promise<string> => {
  await page.locator('.notice').first().waitFor()
  return ((await page.locator('main').textContent()) ?? '').trim()
}

it('opens a log from its link in another browser, with its context and trace, after 1,000 newer ones', async () => {
  for (let sent = 0; sent < NEWER_LOGS; sent += 500)
    await sendLogs(
      server,
      Array.from({ length: 500 }, (_, index) => ({ service: 'checkout', message: `newer ${sent + index}` })),
    )
  const other = await openApp(browser, server)
  await other.page.goto(other.address(`logs/${wanted}`))
  await other.page.locator('.details-message', { hasText: 'the one that matters' }).waitFor()
  await other.page.getByRole('tab', { name: 'Context' }).click()
  await other.page.locator('.small-row.is-current', { hasText: 'the one that matters' }).waitFor()
  await other.page.locator('.small-row', { hasText: 'newer 0' }).waitFor()
  await other.page.getByRole('tab', { name: 'Trace' }).click()
  await other.page.getByText('1 logs · 1 services').or(other.page.getByText('1 log · 1 service')).first().waitFor()
  await other.page.context().close()
})

it('opens the link before anybody is signed in: the person signs in, and the log is there', async () => {
  const context = await browser.newContext()
  const page = await context.newPage()
  await page.goto(acme.address(`logs/${wanted}`))
  await page.getByLabel('Key or token').fill(server.tenant.queryKey)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.locator('.details-message', { hasText: 'the one that matters' }).waitFor()
  await context.close()
})

describe('ids that are missing, expired, somebody else’s or no ids', () => {
  it('have one and the same answer as links and beside a search', async () => {
    const links = new Map<string, string>()
    const besides = new Map<string, string>()
    for (const [what, id] of Object.entries(unseen)) {
      await acme.page.goto(acme.address(`logs/${id}`))
      links.set(what, await saidBy(acme.page))
      await acme.page.goto(acme.address(`explore?q=checkout&live=0&sel=${id}`))
      await acme.page.locator('.details .notice').waitFor()
      besides.set(what, (await acme.page.locator('.details').textContent()) ?? '')
    }
    expect(new Set(links.values()).size, JSON.stringify([...links])).toBe(1)
    expect(new Set(besides.values()).size, JSON.stringify([...besides])).toBe(1)
    expect([...links.values()][0]).toMatch(/does not exist, has expired, or is not yours/)
  })
})

describe('two tenants', () => {
  it('a search for the other’s words, service and id finds nothing', async () => {
    for (const q of ['"secret of globex"', 'service:boiler', `id:${unseen['another tenant’s']}`]) {
      await acme.page.goto(acme.address(`explore?q=${encodeURIComponent(q)}&live=0`))
      await acme.page.locator('.status-line', { hasText: '0 matched' }).waitFor()
      expect(await acme.page.locator('.log-place').count(), q).toBe(0)
      expect(await acme.page.locator('.facet').count(), q).toBe(0)
    }
  })

  it('a link of the other tenant, and of one that does not exist, say the same and show nothing', async () => {
    const saidOf = async (tenant: string): Promise<string> => {
      await acme.page.goto(acme.address('explore').replace(/\/t\/[^/]+\//, `/t/${tenant}/`))
      return (await saidBy(acme.page)).replaceAll(tenant, 'TENANT')
    }
    const [theirs, nobodys] = [await saidOf('globex'), await saidOf('nobody')]
    expect(theirs).toBe(nobodys)
    expect(theirs).toContain('TENANT')
    expect(await acme.page.locator('.log-place').count()).toBe(0)
  })

  it('the other tenant’s key does not sign in at this tenant’s address', async () => {
    const context = await browser.newContext()
    const page = await context.newPage()
    await page.goto(`http://${server.tenant.domain}:${server.port}/app`)
    await page.getByLabel('Key or token').fill(globex.adminKey)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('alert').waitFor()
    expect(await page.locator('.log-list').count()).toBe(0)
    await context.close()
  })

  it('two tabs of one browser with one tenant each keep apart: each shows only its own, live too', async () => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
    const ours = await openApp(browser, server, { context })
    const theirs = await openApp(browser, server, { context, tenant: globex })
    await Promise.all([untilLive(ours.page), untilLive(theirs.page)])
    await sendLogs(server, [{ service: 'tab', message: 'for acme only' }])
    await sendLogs(server, [{ service: 'tab', message: 'for globex only' }], globex.ingestKey)
    await ours.page.getByText('for acme only', { exact: true }).waitFor()
    await theirs.page.getByText('for globex only', { exact: true }).waitFor()
    expect(await ours.page.getByText('globex', { exact: false }).count()).toBe(0)
    expect(await theirs.page.getByText('acme', { exact: false }).count()).toBe(0)
    await context.close()
  })

  it('two tabs at the service’s own address: when one signs in to another tenant, the other says so and mixes nothing', async () => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
    const own = { domain: '127.0.0.1', adminKey: server.tenant.adminKey }
    const first = await openApp(browser, server, { context, tenant: own })
    await untilLive(first.page)
    await first.page.locator('#query').fill('half a thought')
    await openApp(browser, server, { context, tenant: { ...own, adminKey: globex.adminKey } })
    await first.page
      .getByText(/signed in to/)
      .first()
      .waitFor({ timeout: 10_000 })
    expect(await first.page.getByText('secret of globex').count()).toBe(0)
    expect(await first.page.locator('.log-list').count()).toBe(0)
    // The tenant of before is signed in again: the page is as it was, with what was typed.
    await openApp(browser, server, { context, tenant: own })
    await untilLive(first.page)
    expect(await first.page.locator('#query').inputValue()).toBe('half a thought')
    await context.close()
  })
})
