import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startBrowser } from '../support/browser.ts'
import { endAllServers, Server, START } from '../support/server.ts'

let server: Server
let browser: Browser
let page: Page

beforeAll(async () => {
  server = await Server.start({ script: START, environment: { SLUICE_NO_STORY: '', SLUICE_NO_TRAFFIC: '1' } })
  browser = await startBrowser()
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, timezoneId: 'UTC' })
  page = await context.newPage()
})

afterAll(async () => {
  await browser?.close()
  await endAllServers()
})

/** Presses keys one after the other, as a person does: each has been acted upon before the next one comes. */
async function press(...keys: readonly string[]): Promise<void> {
  for (const key of keys) {
    await page.keyboard.press(key)
    await page.evaluate('new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))')
  }
}

/** The element that has the focus, by its name. */
const focused = (): Promise<unknown> =>
  page.evaluate(
    `(() => { const at = document.activeElement; return at.getAttribute('aria-label') ?? at.textContent.trim().slice(0, 60) })()`,
  )

/** Tabs on until an element has the focus; fails where no number of Tabs leads there. */
async function tabTo(name: RegExp): Promise<void> {
  for (let tabs = 0; tabs < 60; tabs++) {
    if (name.test(String(await focused()))) return
    await press('Tab')
  }
  throw new Error(`no Tab leads to ${name}`)
}

it('signs in by the link that npm start prints, as it is printed, and takes the key out of the address', async () => {
  const [link = ''] = /http:\/\/\S+\/app#key=\S+/.exec(server.output) ?? []
  await page.goto(link)
  await page.waitForURL(/\/explore/)
  await page.locator('.log-row').first().waitFor()
  expect(page.url()).not.toContain('key')
  expect(await page.evaluate('JSON.stringify({ ...localStorage, ...sessionStorage }) + document.cookie')).not.toContain(
    'slc_',
  )
})

it('finds the failing trace of the story with the keyboard alone', async () => {
  // What is wrong? Errors of the last hour.
  await press('/')
  await page.keyboard.type('level:error')
  await press('Enter')
  await page.waitForURL(/q=level/)
  await page.locator('.log-row.level-error').first().waitFor()
  // Out of the box; the newest error, and the one before it.
  await press('Escape', 'Shift+N')
  await page.locator('.log-place.is-selected').waitFor()
  await press('k')
  await page.locator('.details .fields').waitFor()
  // Which of its parts tells what led to it? Its trace.
  await tabTo(/^Close$/)
  await tabTo(/^Trace$/)
  await press('Enter')
  const trace = page.locator('.details-part .small-row')
  await expect.poll(() => trace.count()).toBe(5)
  const told = (await trace.allTextContents()).join('\n')
  expect(told).toMatch(/POST \/checkout/)
  expect(told).toMatch(/card gateway timeout after \d+ ms/)
  expect(told).toMatch(/upstream 502/)
  // What began it: the deployment before the first of them.
  await press('Escape')
  expect(await page.locator('.details').count()).toBe(0)
  await press('/')
  await press('Control+A')
  await page.keyboard.type('service:payments deploy')
  await press('Enter')
  await page.locator('.log-message', { hasText: 'deploy payments 2026.11.20-3' }).first().waitFor()
})

it('goes to every screen with the command palette, and back, without a mouse', async () => {
  await press('Escape', 'Control+K')
  await page.locator('dialog').waitFor()
  await page.keyboard.type('rules')
  await press('Enter')
  await page.waitForURL(/\/rules/)
  await page.locator('main.screen td').first().waitFor()
  await page.goBack()
  await page.locator('.log-row').first().waitFor()
  await page.locator('body').press('Shift+?')
  await page.locator('dialog').waitFor()
  expect(await page.locator('dialog').textContent()).toMatch(/newest|Follow|live/i)
  await press('Escape')
  await page.locator('dialog').waitFor({ state: 'detached' })
})

it('shows where the focus is, on everything that Tab leads to', async () => {
  await page.reload()
  await page.locator('.log-row').first().waitFor()
  const unseen: string[] = []
  for (let tabs = 0; tabs < 40; tabs++) {
    await press('Tab')
    const isSeen = await page.evaluate(
      `(() => { const style = getComputedStyle(document.activeElement); return document.activeElement === document.body || style.outlineStyle !== 'none' || style.boxShadow !== 'none' })()`,
    )
    if (!isSeen) unseen.push(String(await focused()))
  }
  expect(unseen).toEqual([])
})

it('leaves single letters alone while somebody types, and where they are switched off', async () => {
  await press('/')
  await page.keyboard.type('wdul')
  expect(await page.locator('#query').inputValue()).toContain('wdul')
  expect(await page.locator('.log-list.is-wrapped').count()).toBe(0)
  await page.evaluate(`localStorage.setItem('sluice.letters', 'false')`)
  await press('Escape', 'Escape')
  await page.locator('.log-list').press('w')
  expect(await page.locator('.log-list.is-wrapped').count()).toBe(0)
  await page.evaluate(`localStorage.removeItem('sluice.letters')`)
  await page.locator('.log-list').press('w')
  await page.locator('.log-list.is-wrapped').waitFor()
})
