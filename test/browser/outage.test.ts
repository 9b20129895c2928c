import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openApp, sendLogs, startBrowser, untilLive } from '../support/browser.ts'
import { endAllServers, Server } from '../support/server.ts'

let server: Server
let browser: Browser

beforeAll(async () => {
  server = await Server.start()
  browser = await startBrowser()
})

afterAll(async () => {
  await browser?.close()
  await endAllServers()
})

it('asks again by itself when the service did not answer at first', async () => {
  let isAway = true
  const context = await browser.newContext()
  const page = await context.newPage()
  await page.route('**/session', (route) => (isAway ? route.abort() : route.continue()))
  await page.goto(`http://${server.tenant.domain}:${server.port}/app`)
  await page.getByText('The service does not answer').first().waitFor()
  isAway = false
  await page.getByLabel('Key or token').waitFor({ timeout: 10_000 })
  await context.close()
})

it('says that the service is gone, and after its return fills the gap and has lost nothing that was typed or shown', async () => {
  const { page } = await openApp(browser, server)
  await untilLive(page)
  await sendLogs(server, [{ service: 'lasting', message: 'lasting 0' }])
  await page.getByText('lasting 0', { exact: true }).waitFor()
  await page.locator('#query').fill('level:error half typed')
  await server.kill()
  await page.getByText('The service does not answer').first().waitFor({ timeout: 20_000 })
  expect(await page.getByText('lasting 0', { exact: true }).count()).toBe(1)
  const second = await Server.start({ data: server.data, flags: ['--port', `${server.port}`] })
  await sendLogs(second, [{ service: 'lasting', message: 'lasting 1' }])
  await page.getByText('lasting 1', { exact: true }).waitFor({ timeout: 40_000 })
  await untilLive(page)
  await sendLogs(second, [{ service: 'lasting', message: 'lasting 2' }])
  await page.getByText('lasting 2', { exact: true }).waitFor()
  expect(await page.locator('.log-message', { hasText: /^lasting/ }).allTextContents()).toEqual([
    'lasting 0',
    'lasting 1',
    'lasting 2',
  ])
  expect(await page.locator('#query').inputValue()).toBe('level:error half typed')
  // The page asks every few seconds.
  await expect.poll(() => page.getByText('The service does not answer').count(), { timeout: 15_000 }).toBe(0)
  await page.context().close()
})
