import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type AppPage, openApp, sendLogs, startBrowser, untilLive } from '../support/browser.ts'
import { hostileLogs } from '../support/hostile-logs.ts'
import { endAllServers, Server } from '../support/server.ts'

let server: Server
let browser: Browser
let app: AppPage

const SERVICE = 'hostile'
const logs = hostileLogs({ count: 1000, seed: 7, service: SERVICE })

beforeAll(async () => {
  server = await Server.start()
  browser = await startBrowser()
  app = await openApp(browser, server)
})

afterAll(async () => {
  await browser?.close()
  await endAllServers()
})

/** Elements that only a text that had become markup could have made. */
const STRANGERS =
  'img, iframe, object, embed, video, audio, marquee, base, meta[http-equiv], #app script, #app style, #app link, ' +
  '[onerror], [onload], [onclick], [onmouseover], [srcdoc], form[action], svg script, a[href^="javascript:" i], a[href^="data:" i], a[href^="vbscript:" i]'

/** Fails where a text has become more than text. */
async function expectOnlyText(): Promise<void> {
  expect(await app.page.locator(STRANGERS).evaluateAll((found) => found.map(({ outerHTML }) => outerHTML))).toEqual([])
  expect(await app.page.evaluate('[typeof window.pwned, ({}).polluted, document.title]')).toEqual([
    'undefined',
    undefined,
    expect.stringContaining('Sluice'),
  ])
  expect(app.complaints).toEqual([])
}

/** Scrolls through the whole list, from its end to its beginning, and calls `look` at each step. */
async function scrollThrough(look: () => Promise<void>): Promise<void> {
  const list = app.page.locator('.log-list')
  for (let isAtTop = false; !isAtTop; ) {
    await look()
    await list.evaluate((element) => element.scrollBy(0, -element.clientHeight * 0.9))
    await app.page.evaluate('new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))')
    isAtTop =
      (await list.evaluate((element) => element.scrollTop)) <= 0 &&
      (await list.getAttribute('aria-rowcount')) === `${logs.length}`
  }
  await look()
}

it('shows 1,000 hostile lines as they come live: nothing runs, nothing is fetched, nothing turns around', async () => {
  const { page } = app
  await untilLive(page)
  for (let at = 0; at < logs.length; at += 100) await sendLogs(server, logs.slice(at, at + 100))
  await page.locator('.log-message', { hasText: `last of ${logs.length}` }).waitFor({ timeout: 20_000 })
  await expectOnlyText()
})

it('shows each of them in the list, found by a search, and wrapped', async () => {
  const { page, address } = app
  await page.goto(address(`explore?q=service:${SERVICE}&live=0`))
  await page.locator('.log-message', { hasText: `last of ${logs.length}` }).waitFor()
  const seen = new Set<string>()
  await scrollThrough(async () => {
    for (const key of await page
      .locator('.log-place')
      .evaluateAll((rows) => rows.map((row) => row.getAttribute('data-key') ?? '')))
      seen.add(key)
    await expectOnlyText()
  })
  expect(seen.size).toBe(logs.length)
  await page.locator('.log-list').press('w')
  await page.locator('.log-list.is-wrapped').waitFor()
  await expectOnlyText()
  await page.locator('.log-list').press('w')
})

it('shows the fields, the JSON and the context of each kind of them', async () => {
  const { page, address } = app
  const kinds = [...new Map(logs.map((log) => [log.kind, log.message])).keys()]
  expect(kinds.length).toBeGreaterThan(12)
  for (const kind of kinds) {
    await page.goto(address(`explore?q=service:${SERVICE} kind:${kind}&live=0`))
    await page.locator('.log-time').first().click()
    for (const part of ['JSON', 'Context', 'Fields']) {
      await page.locator('.details').getByRole('tab', { name: part }).click()
      await page.locator('.details-part').locator('td, li, .json-branch').first().waitFor()
      await expectOnlyText()
    }
  }
})

it('names what would turn a text around or hide in it, and colours without taking escape sequences', async () => {
  const { page, address } = app
  const textOf = async (kind: string): Promise<string> => {
    await page.goto(address(`explore?q=service:${SERVICE} kind:${kind}&live=0`))
    return (await page.locator('.log-message').first().textContent()) ?? ''
  }
  expect(await textOf('bidi')).toContain('‹U+202E›')
  expect(await textOf('zero_width')).toContain('‹U+200B›')
  // A joiner makes one picture of several: it is part of the text.
  expect(await textOf('joiner')).toContain('👩\u200d💻')
  const coloured = await textOf('ansi')
  expect(coloured).not.toContain('\u001b')
  expect(await page.locator('.log-message .ansi-red').count()).toBeGreaterThan(0)
  expect(await textOf('link_osc8')).not.toContain('javascript:')
  expect(await page.locator('.log-message a').count()).toBe(0)
})

it('shows the beginning of a line of a megabyte, says how much more there is, and stays quick', async () => {
  const { page, address } = app
  await page.goto(address(`explore?q=service:${SERVICE} kind:megabyte&live=0`))
  const message = page.locator('.log-message').first()
  expect((await message.textContent())?.length).toBeLessThan(3000)
  expect(await message.textContent()).toMatch(/more characters/)
  const startedMs = Date.now()
  await page.locator('.log-time').first().click()
  await page.locator('.details .fields').waitFor()
  expect(Date.now() - startedMs).toBeLessThan(3000)
  await expectOnlyText()
})

it('shows members called __proto__ and constructor like any other', async () => {
  const { page, address } = app
  await page.goto(address(`explore?q=service:${SERVICE} kind:prototype&live=0`))
  await page.locator('.log-time').first().click()
  const names = page.locator('.details .fields th')
  await expect.poll(() => names.allTextContents()).toContainEqual(expect.stringMatching(/^__proto__/))
  await expectOnlyText()
})

it('asked nobody but the service for anything', () => {
  expect([...app.origins]).toEqual([`http://${server.tenant.domain}:${server.port}`])
})
