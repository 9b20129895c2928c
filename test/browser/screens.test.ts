import { mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { type AppPage, openApp, startBrowser } from '../support/browser.ts'
import { endAllServers, Server } from '../support/server.ts'

/** Where the pictures of the documentation are. They are made anew by `SLUICE_PICTURES=1`, lest each run change them. */
const PICTURES = 'docs/app'

/** Each screen with what shows that it is there. */
const SCREENS = [
  { name: 'explore', shows: '.log-row' },
  { name: 'explore?tab=trends', shows: '.chart' },
  { name: 'explore?tab=fields', shows: '.fields-tab td' },
  { name: 'incidents', shows: '.incident' },
  { name: 'rules', shows: 'td code' },
  { name: 'rules/rul_critical_error', shows: 'textarea' },
  { name: 'webhooks', shows: 'main p' },
  { name: 'services', shows: 'main .legend li' },
  { name: 'send', shows: '.send-list button' },
  { name: 'usage', shows: '.facts' },
  { name: 'domains', shows: 'td' },
  { name: 'keys', shows: 'td' },
  { name: 'members', shows: 'main p.quiet' },
  { name: 'settings', shows: 'textarea' },
  { name: 'audit', shows: 'td' },
] as const

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

let server: Server
let browser: Browser

beforeAll(async () => {
  server = await Server.start({ environment: { SLUICE_NO_STORY: '', SLUICE_NO_TRAFFIC: '1' } })
  browser = await startBrowser()
  if (process.env.SLUICE_PICTURES) mkdirSync(PICTURES, { recursive: true })
})

afterAll(async () => {
  await browser?.close()
  await endAllServers()
})

const Violations = z.array(
  z.object({ id: z.string(), help: z.string(), nodes: z.array(z.object({ html: z.string() })) }),
)

/** What axe-core finds wrong with a page, by rule and element. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(AXE)
  const found = Violations.parse(await page.evaluate('axe.run(document).then(({ violations }) => violations)'))
  return found.flatMap(({ id, help, nodes }) =>
    nodes.slice(0, 3).map(({ html }) => `${id}: ${help}: ${html.slice(0, 160)}`),
  )
}

async function goTo({ page, address }: AppPage, { name, shows }: (typeof SCREENS)[number]): Promise<void> {
  await page.goto(address(name))
  await page.locator(shows).first().waitFor()
}

describe.each(['light', 'dark'] as const)('in the %s theme', (theme) => {
  let app: AppPage

  beforeAll(async () => {
    app = await openApp(browser, server, { theme })
  })

  it.each(SCREENS)('$name has nothing that axe-core finds wrong', async (screen) => {
    await goTo(app, screen)
    if (process.env.SLUICE_PICTURES)
      await app.page.screenshot({ path: `${PICTURES}/${screen.name.replace(/\W+/g, '-')}-${theme}.png` })
    expect(await violations(app.page)).toEqual([])
  })

  it('one log with its context and trace has nothing that axe-core finds wrong', async () => {
    const { page, address } = app
    await page.goto(address('explore?q="card gateway timeout"&from=-2h'))
    await page.locator('.log-row').first().waitFor()
    await page.locator('.log-place').nth(3).click()
    for (const part of ['Fields', 'JSON', 'Context', 'Trace']) {
      await page.locator('.details').getByRole('tab', { name: part }).click()
      await page.locator('.details-part').locator('td, li, .json-branch').first().waitFor()
      if (process.env.SLUICE_PICTURES)
        await page.screenshot({ path: `${PICTURES}/one-log-${part.toLowerCase()}-${theme}.png` })
      expect(await violations(page), part).toEqual([])
    }
  })

  it('the keys, the commands and the form to sign in have nothing that axe-core finds wrong', async () => {
    const { page, address } = app
    await page.goto(address('explore'))
    await page.locator('.log-row').first().waitFor()
    for (const [name, key] of [
      ['keys', 'Shift+?'],
      ['commands', 'Control+K'],
    ] as const) {
      await page.locator('.log-list').press(key)
      await page.locator('dialog').waitFor()
      if (process.env.SLUICE_PICTURES) await page.screenshot({ path: `${PICTURES}/${name}-${theme}.png` })
      expect(await violations(page), name).toEqual([])
      await page.keyboard.press('Escape')
      await page.locator('dialog').waitFor({ state: 'detached' })
    }
    const stranger = await browser.newContext({ viewport: { width: 1280, height: 800 }, colorScheme: theme })
    const form = await stranger.newPage()
    await form.goto(address('explore'))
    await form.getByLabel('Key or token').waitFor()
    if (process.env.SLUICE_PICTURES) await form.screenshot({ path: `${PICTURES}/sign-in-${theme}.png` })
    expect(await violations(form)).toEqual([])
    await stranger.close()
  })

  it('asks nobody but the service, breaks nothing and complains of nothing', () => {
    expect([...app.origins]).toEqual([`http://${server.tenant.domain}:${server.port}`])
    expect(app.complaints).toEqual([])
  })
})

it('serves for a quick look from a phone of 360 px: nothing stands out on the right', async () => {
  const app = await openApp(browser, server, { width: 360 })
  for (const screen of SCREENS) {
    await goTo(app, screen)
    const tooWide = await app.page.evaluate(
      'document.documentElement.scrollWidth - document.documentElement.clientWidth',
    )
    expect(tooWide, screen.name).toBeLessThanOrEqual(0)
  }
  await goTo(app, SCREENS[0])
  if (process.env.SLUICE_PICTURES) await app.page.screenshot({ path: `${PICTURES}/phone.png` })
})
