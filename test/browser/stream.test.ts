import type { Browser, Page, WebSocketRoute } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import * as z from 'zod'
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

/** Sends logs of a service, with the numbers from `first` on. */
const send = (service: string, first: number, count: number): Promise<void> =>
  sendLogs(
    server,
    Array.from({ length: count }, (_, index) => ({
      level: 'info',
      service,
      message: `${service} number ${first + index}`,
    })),
  )

/** Has the page note at each frame where a row stands. */
const watchRow = (page: Page, key: string): Promise<void> =>
  page.evaluate(`{
    window.places = new Set()
    const look = () => {
      window.places.add(document.querySelector('[data-key="${key}"]')?.getBoundingClientRect().top ?? 'gone')
      requestAnimationFrame(look)
    }
    look()
  }`)

const PlacedRow = z.tuple([z.string(), z.number()])

/** The row in the middle of the list, once the list stands still. */
async function middleRow(page: Page): Promise<{ readonly key: string; readonly top: number }> {
  await expect
    .poll(() => page.evaluate(`window.lastTop === (window.lastTop = document.querySelector('.log-list').scrollTop)`), {
      interval: 150,
    })
    .toBe(true)
  const [key, top] = PlacedRow.parse(
    await page.evaluate(`(() => {
      const row = document.elementFromPoint(640, 500).closest('[data-key]')
      return [row.dataset.key, row.getBoundingClientRect().top]
    })()`),
  )
  return { key, top }
}

/** The ids of the rows that stand on the page. */
const shownIds = (page: Page): Promise<string[]> =>
  page.locator('.log-place').evaluateAll((rows) => rows.map((row) => row.getAttribute('data-key') ?? ''))

it('shows a log within a second of its POST, without a reload', async () => {
  const { page } = await openApp(browser, server)
  await untilLive(page)
  const sentMs = Date.now()
  await send('quick', 1, 1)
  await page.getByText('quick number 1', { exact: true }).waitFor({ timeout: 5000 })
  expect(Date.now() - sentMs).toBeLessThan(1000)
  await page.context().close()
})

it('does not move the row under the pointer while 500 logs come; the pill counts them, and End shows them', async () => {
  await send('before', 1, 200)
  const { page } = await openApp(browser, server)
  await untilLive(page)
  await page.getByText('before number 200', { exact: true }).waitFor()
  await page.mouse.move(640, 500)
  await page.mouse.wheel(0, -600)
  await page.getByText('Paused', { exact: false }).first().waitFor()
  const row = await middleRow(page)
  await watchRow(page, row.key)
  for (let round = 0; round < 25; round++) await send('during', round * 20, 20)
  await expect.poll(() => page.locator('.new-pill').textContent()).toMatch(/^↓ 500 new/)
  expect(await page.evaluate('[...window.places]')).toEqual([row.top])
  await page.keyboard.press('End')
  await page.getByText('during number 499', { exact: true }).waitFor()
  expect(await page.locator('.new-pill').count()).toBe(0)
  // Live again: what comes now shows by itself.
  await send('after', 1, 1)
  await page.getByText('after number 1', { exact: true }).waitFor()
  await page.context().close()
})

it('does not move the row under the pointer while older logs are read above it', async () => {
  await send('older', 1, 900)
  const { page, address } = await openApp(browser, server)
  await page.goto(address('explore?q=service:older&live=0'))
  await page.getByText('older number 900', { exact: true }).waitFor()
  let release = (): void => undefined
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  let asked = 0
  await page.route(/\/logs\?.*cursor=/, async (route) => {
    asked++
    await held
    await route.continue()
  })
  await page.mouse.move(640, 500)
  await page.mouse.wheel(0, -2200)
  await expect.poll(() => asked).toBe(1)
  const row = await middleRow(page)
  await watchRow(page, row.key)
  release()
  await expect.poll(() => page.locator('.log-list').getAttribute('aria-rowcount')).not.toBe('200')
  await middleRow(page)
  expect(await page.evaluate('[...window.places]')).toEqual([row.top])
  await page.context().close()
})

it('fills the gap after a lost connection, and shows each log once', async () => {
  const tails: WebSocketRoute[] = []
  let isCut = false
  const { page } = await openApp(browser, server, {
    prepare: (fresh) =>
      fresh.routeWebSocket(/\/logs\/tail/, (tail) => {
        if (isCut) return void tail.close({ code: 1012 })
        tail.connectToServer()
        tails.push(tail)
      }),
  })
  await untilLive(page)
  await send('gap', 0, 5)
  await page.getByText('gap number 4', { exact: true }).waitFor()
  isCut = true
  for (const tail of tails) await tail.close({ code: 1012 })
  await page.getByText('Connection lost').waitFor()
  await send('gap', 5, 20)
  isCut = false
  await page.getByText('gap number 24', { exact: true }).waitFor({ timeout: 20_000 })
  const shown = await page.locator('.log-message', { hasText: 'gap number' }).allTextContents()
  expect(shown).toEqual(Array.from({ length: 25 }, (_, index) => `gap number ${index}`))
  const ids = await shownIds(page)
  expect(new Set(ids).size).toBe(ids.length)
  await page.context().close()
})

it('still counts what came while it was paused after the connection was lost and made again', async () => {
  const tails: WebSocketRoute[] = []
  const { page } = await openApp(browser, server, {
    prepare: (fresh) =>
      fresh.routeWebSocket(/\/logs\/tail/, (tail) => {
        tail.connectToServer()
        tails.push(tail)
      }),
  })
  await untilLive(page)
  await page.getByRole('button', { name: '● Live' }).click()
  await send('held', 0, 7)
  await expect.poll(() => page.locator('.new-pill').textContent()).toMatch(/^↓ 7 new/)
  await tails[tails.length - 1]?.close({ code: 1012 })
  await expect.poll(() => tails.length).toBe(2)
  await send('held', 7, 4)
  await expect.poll(() => page.locator('.new-pill').textContent(), { timeout: 10_000 }).toMatch(/^↓ 11 new/)
  await page.keyboard.press('End')
  await page.getByText('held number 10', { exact: true }).waitFor()
  expect(await page.locator('.log-message', { hasText: 'held number' }).count()).toBe(11)
  await page.context().close()
})

it('shows no row of the old query once the list has begun with the new one, while 200 of each flow', async () => {
  const { page } = await openApp(browser, server)
  await untilLive(page)
  await send('unwanted', 0, 50)
  await page.getByText('unwanted number 49', { exact: true }).waitFor()
  await page.locator('#query').fill('service:wanted')
  // Notes each frame that shows a row of the old query after the address says the new one and the list was emptied for it.
  await page.evaluate(`{
    window.stale = 0
    let isCleared = false
    const look = () => {
      const rows = [...document.querySelectorAll('.log-row .log-service')].map((one) => one.textContent)
      if (location.search.includes('wanted') && !rows.includes('unwanted')) isCleared = true
      if (isCleared && rows.includes('unwanted')) window.stale++
      requestAnimationFrame(look)
    }
    look()
  }`)
  const flow = (async () => {
    for (let round = 0; round < 20; round++) {
      await send('unwanted', 50 + round * 10, 10)
      await send('wanted', round * 10, 10)
    }
  })()
  await page.keyboard.press('Enter')
  await flow
  await page.getByText('wanted number 199', { exact: true }).first().waitFor()
  expect(await page.evaluate('window.stale')).toBe(0)
  const services = new Set(await page.locator('.log-row .log-service').allTextContents())
  expect([...services]).toEqual(['wanted'])
  await page.context().close()
})
