import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { askApi, openApp, sendLogs, startBrowser, untilLive } from '../support/browser.ts'
import { endAllServers, Server } from '../support/server.ts'

const DAY_MS = 86_400_000

let server: Server
let browser: Browser

beforeAll(async () => {
  server = await Server.start()
  browser = await startBrowser()
  await sendLogs(server, [
    { level: 'error', service: 'web', message: 'a known error' },
    { level: 'info', service: 'web', message: 'a known thing' },
  ])
})

afterAll(async () => {
  await browser?.close()
  await endAllServers()
})

describe('an address that nobody could mean', () => {
  it.each(['level:eror AND (service:web', 'service:"web', '| nosuchpipe', '~"(unclosed"', 'a'.repeat(3000)])(
    'the query %s stays as it was typed, what is wrong with it is said, and putting it right shows logs',
    async (query) => {
      const { page, address, complaints } = await openApp(browser, server)
      await page.goto(address(`explore?q=${encodeURIComponent(query)}`))
      expect(await page.locator('#query').inputValue()).toBe(query)
      await page.locator('.query-diagnostics span, .notice').first().waitFor()
      expect(await page.locator('#query').inputValue()).toBe(query)
      await page.locator('#query').fill('service:web')
      await page.keyboard.press('Enter')
      await page.getByText('a known error', { exact: true }).waitFor()
      expect(complaints).toEqual([])
      await page.context().close()
    },
  )

  it('times, tabs, columns and rows that are none are as if they were left out, or said', async () => {
    const { page, address, complaints } = await openApp(browser, server)
    for (const wrong of [
      'from=yesterdayish&to=sometime',
      'tab=nope&cols=,,%00,__proto__',
      'sel=%3Cscript%3E',
      'from=-99999999999999h',
      'live=maybe',
    ]) {
      await page.goto(address(`explore?${wrong}`))
      await page.locator('.status-line').waitFor()
      await page.locator('.log-row, .notice').first().waitFor()
    }
    await page.goto(address('nosuchscreen'))
    await page.getByText('There is no such page').waitFor()
    expect(complaints).toEqual([])
    await page.context().close()
  })
})

const Made = z.object({ id: z.string(), key: z.string() })

it('says that the key was revoked in the middle of a tail, keeps what was typed, and goes on after signing in again in place', async () => {
  const { id, key } = Made.parse(
    await askApi(server, '/admin/keys', { method: 'POST', body: JSON.stringify({ kind: 'rd', note: 'short' }) }),
  )
  const { page, complaints } = await openApp(browser, server, { key })
  await untilLive(page)
  await sendLogs(server, [{ service: 'revoked', message: 'before the end' }])
  await page.getByText('before the end', { exact: true }).waitFor()
  await page.locator('#query').fill('level:error half typed')
  await askApi(server, `/admin/keys/${id}`, { method: 'DELETE' })
  const dialog = page.getByRole('dialog', { name: 'Sign in again' })
  await dialog.waitFor({ timeout: 20_000 })
  expect(await page.locator('.status-line').textContent()).toMatch(/Live has ended/)
  await sendLogs(server, [{ service: 'revoked', message: 'while signed out' }])
  await dialog.getByLabel('Key or token').fill(server.tenant.queryKey)
  await dialog.getByRole('button', { name: 'Sign in' }).click()
  await dialog.waitFor({ state: 'detached' })
  expect(await page.locator('#query').inputValue()).toBe('level:error half typed')
  await untilLive(page)
  await page.getByText('while signed out', { exact: true }).waitFor()
  expect(await page.getByText('before the end', { exact: true }).count()).toBe(1)
  expect(complaints).toEqual([])
  await page.context().close()
})

it.each([
  ['a day ahead', DAY_MS],
  ['a day behind', -DAY_MS],
] as const)(
  'with a clock that is %s, finds what came in the last hour, follows, and says that the clock is wrong',
  async (_, shiftMs) => {
    const { page } = await openApp(browser, server, {
      prepare: (fresh) =>
        fresh.addInitScript(`{
        const Real = Date
        globalThis.Date = class extends Real {
          constructor(...parts) { parts.length > 0 ? super(...parts) : super(Real.now() + ${shiftMs}) }
          static now() { return Real.now() + ${shiftMs} }
        }
      }`),
    })
    await page.getByText('a known error', { exact: true }).waitFor()
    await untilLive(page)
    await sendLogs(server, [{ service: 'clock', message: `came with a clock of ${shiftMs}` }])
    await page.getByText(`came with a clock of ${shiftMs}`, { exact: true }).waitFor()
    expect(await page.locator('.bar').textContent()).toMatch(/clock of this device is wrong by (?:24 h|1 d)/)
    // The histogram is of the same hour as the list.
    await expect.poll(() => page.locator('.histogram-legend .quiet').textContent()).toMatch(/^[1-9][\d,]* logs/)
    await page.context().close()
  },
)

it('tells that the service was updated, and loads the new page only when asked to', async () => {
  let isNewer = false
  const { page } = await openApp(browser, server, {
    // Node asks for it, which knows no names below localhost.
    tenant: { domain: '127.0.0.1', adminKey: server.tenant.adminKey },
    prepare: (fresh) =>
      fresh.route('**/session', async (route) => {
        const response = await route.fetch()
        expect(response.headers()['sluice-build']).toBeDefined()
        const headers = { ...response.headers(), ...(isNewer && { 'sluice-build': '99.0.0' }) }
        await route.fulfill({ response, headers })
      }),
  })
  await page.locator('#query').fill('half typed')
  isNewer = true
  // As when somebody comes back to the tab.
  await page.evaluate(`document.dispatchEvent(new Event('visibilitychange'))`)
  await page.getByText('The service was updated.').waitFor()
  expect(await page.locator('#query').inputValue()).toBe('half typed')
  const loaded = page.waitForEvent('load')
  await page.getByRole('button', { name: 'Load the new page' }).click()
  await loaded
  await page.context().close()
})

it('works in a browser that keeps nothing: searches, follows, and changes its looks', async () => {
  const { page, complaints } = await openApp(browser, server, {
    prepare: (fresh) =>
      fresh.addInitScript(`for (const name of ['localStorage', 'sessionStorage', 'indexedDB'])
        Object.defineProperty(window, name, { get() { throw new DOMException('disabled', 'SecurityError') } })`),
  })
  await untilLive(page)
  await page.locator('#query').fill('level:error')
  await page.keyboard.press('Enter')
  await page.waitForURL(/level/)
  await page.getByText('a known error', { exact: true }).waitFor()
  await page.locator('.log-list').press('w')
  await page.locator('.log-list.is-wrapped').waitFor()
  await page.getByRole('button', { name: /^Theme/ }).click()
  expect(complaints).toEqual([])
  await page.context().close()
})
