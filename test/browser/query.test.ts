import { readFileSync } from 'node:fs'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import * as z from 'zod'
import { type AppPage, askApi, openApp, sendLogs, startBrowser } from '../support/browser.ts'
import { seededFraction } from '../support/seeded-fraction.ts'
import { endAllServers, Server } from '../support/server.ts'

const LOGS = 1500
const MINUTE_MS = 60_000

let server: Server
let browser: Browser
let app: AppPage
/** A range that ends before now, so that nothing changes in it. */
let range: URLSearchParams

const random = seededFraction(20_261_121)
const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)]

beforeAll(async () => {
  server = await Server.start()
  const endMs = Date.now() - 2 * MINUTE_MS
  const logs = Array.from({ length: LOGS }, (_, index) => ({
    timestamp: new Date(endMs - Math.floor(random() * 30 * MINUTE_MS)).toISOString(),
    level: pick(['debug', 'info', 'info', 'info', 'warn', 'error']),
    service: pick(['checkout', 'payments', 'web', 'card gateway']),
    message: `${pick(['order placed', 'card declined', 'cache miss'])} ${index}`,
    status: pick([200, 200, 404, 502]),
    region: pick(['eu-1', 'us-2']),
  }))
  await sendLogs(server, logs)
  range = new URLSearchParams({
    from: new Date(endMs - 31 * MINUTE_MS).toISOString(),
    to: new Date(endMs + MINUTE_MS).toISOString(),
  })
  browser = await startBrowser()
  app = await openApp(browser, server)
})

afterAll(async () => {
  await browser?.close()
  await endAllServers()
})

/** Goes to Explore with a query over the range, and waits until the search and the facets are there. */
async function search(q: string, more = ''): Promise<Page> {
  const { page, address } = app
  const facets = page.waitForResponse((response) => response.url().includes('/analytics/facets'))
  const histogram = page.waitForResponse((response) => response.url().includes('/analytics/histogram'))
  await page.goto(address(`explore?q=${encodeURIComponent(q)}&${range}${more}`))
  await Promise.all([facets, histogram])
  await page.locator('.status-line', { hasText: 'matched' }).waitFor()
  return page
}

const Counted = z.object({ data: z.array(z.record(z.string(), z.union([z.string(), z.number(), z.null()]))) })

async function countBy(q: string, field: string): Promise<Map<string, number>> {
  const path = `/logs?${new URLSearchParams({ q: `${q} | count by ${field}` })}&${range}`
  const { data } = Counted.parse(await askApi(server, path))
  return new Map(data.map((row) => [String(row[field]), Number(row.count)]))
}

const number = (text: string | null | undefined): number => Number((text ?? '').replaceAll(/[^\d]/g, ''))

/** What the list of filters says of a field. */
async function facetOf(page: Page, field: string): Promise<Map<string, number>> {
  const facet = page.locator('.facet', { has: page.getByRole('heading', { name: field, exact: true }) })
  const names = await facet.locator('.facet-name').allTextContents()
  const counts = await facet.locator('.facet-count').allTextContents()
  return new Map(names.map((name, index) => [name, number(counts[index])]))
}

const randomQuery = (): string =>
  [
    pick(['', 'level:error', 'level:>=warn', '-level:debug', 'level:info OR level:error']),
    pick(['', 'status:500..599', 'status:>=400', '-status:200']),
    pick(['', 'service:checkout', 'service:"card gateway"', '-service:web', '"declined"', 'order']),
  ]
    .filter((part) => part !== '')
    .map((part, _, all) => (all.length > 1 && part.includes(' OR ') ? `(${part})` : part))
    .join(' ')

it('counts facets as “| count by” does, and the bars of the histogram add up to what matched, for random queries', async () => {
  for (let round = 0; round < 12; round++) {
    const q = randomQuery()
    const page = await search(q)
    const levels = await countBy(q, 'level')
    const matched = [...levels.values()].reduce((sum, count) => sum + count, 0)
    expect(
      number(
        await page
          .locator('.histogram-legend .quiet')
          .textContent()
          .then((text) => text?.split('logs')[0]),
      ),
      q,
    ).toBe(matched)
    if (matched === 0) continue
    await expect.poll(() => facetOf(page, 'level'), { message: q }).toEqual(levels)
    expect(await facetOf(page, 'service'), q).toEqual(await countBy(q, 'service'))
  }
})

it('shows the same numbers in the histogram’s table as in its bars', async () => {
  const page = await search('')
  await page.getByRole('button', { name: 'Table', exact: true }).click()
  const cells = await page.locator('.histogram-table td').allTextContents()
  expect(cells.reduce((sum, cell) => sum + number(cell), 0)).toBe(LOGS)
  await page.getByRole('button', { name: 'Table', exact: true }).click()
})

it('completes fields with what they are, and values with how many records have them', async () => {
  const page = await search('')
  await page.locator('#query').click()
  await page.keyboard.type('stat')
  const suggestions = page.locator('.suggestions li')
  await expect.poll(() => suggestions.allTextContents()).toContainEqual(expect.stringContaining('status:'))
  await page.keyboard.press('Tab')
  expect(await page.locator('#query').inputValue()).toBe('status:')
  const counts = await countBy('', 'status')
  await expect
    .poll(async () => (await suggestions.allTextContents()).map((text) => text.replaceAll(',', '')).sort())
    .toEqual([...counts].map(([value, count]) => `${value}${count}`).sort())
  await page.keyboard.type('50')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  expect(await page.locator('#query').inputValue()).toBe('status:502 ')
  await page.keyboard.press('Enter')
  await page.waitForURL(/q=status%3A502/)
})

it('marks the characters that are wrong, says why, and puts them right at a click', async () => {
  const page = await search('')
  await page.locator('#query').fill('service:web level:eror')
  const marked = page.locator('.query-layer').locator('.query-error, .query-warning')
  await marked.first().waitFor()
  expect((await marked.allTextContents()).join('')).toContain('eror')
  expect((await marked.allTextContents()).join('')).not.toContain('web')
  await page.locator('.query-diagnostics button').first().click()
  expect(await page.locator('#query').inputValue()).toBe('service:web level:error')
  expect(await page.locator('.query-diagnostics').textContent()).toBe('')
})

it('offers what was searched before in an empty box', async () => {
  const page = await search('')
  await page.locator('#query').fill('region:eu-1 "declined"')
  await page.keyboard.press('Enter')
  await page.waitForURL(/region/)
  await page.reload()
  await page.locator('#query').fill('')
  await page.locator('#query').blur()
  await page.locator('#query').focus()
  const first = page.locator('.suggestions li').first()
  await first.filter({ hasText: 'region:eu-1 "declined"' }).waitFor()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  expect(await page.locator('#query').inputValue()).toBe('region:eu-1 "declined"')
})

it.each([
  [
    '{"level":"error","service":"card gateway","message":"say \\"hi\\""}',
    'service:"card gateway" level:error "say \\"hi\\""',
  ],
  ['4BF92F3577B34DA6A3CE929D0E0E4736', 'trace_id:4bf92f3577b34da6a3ce929d0e0e4736'],
  ['    at placeOrder (/srv/app/orders.js:12:7)', '"placeOrder"'],
  ['level:error service:web', 'level:error service:web'],
] as const)('makes a query of what is pasted into the empty box: %s', async (pasted, query) => {
  const page = await search('')
  await page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(pasted)})`)
  await page.locator('#query').click()
  await page.keyboard.press('Control+V')
  expect(await page.locator('#query').inputValue()).toBe(query)
})

it('zooms by dragging over the histogram, and goes back with the browser’s button', async () => {
  const page = await search('level:error')
  const before = page.url()
  const box = await page.locator('.histogram svg').boundingBox()
  if (box === null) throw new Error('there is no histogram')
  const middle = box.y + box.height / 2
  await page.mouse.move(box.x + box.width * 0.4, middle)
  await page.mouse.down()
  await page.mouse.move(box.x + box.width * 0.6, middle, { steps: 5 })
  await page.mouse.up()
  await expect.poll(() => page.url()).not.toBe(before)
  const zoomed = new URL(page.url()).searchParams
  const [fromMs, toMs] = [Date.parse(zoomed.get('from') ?? ''), Date.parse(zoomed.get('to') ?? '')]
  const [wasFromMs, wasToMs] = [Date.parse(range.get('from') ?? ''), Date.parse(range.get('to') ?? '')]
  expect(fromMs).toBeGreaterThan(wasFromMs)
  expect(toMs).toBeLessThan(wasToMs)
  expect((toMs - fromMs) / (wasToMs - wasFromMs)).toBeLessThan(0.35)
  expect(zoomed.get('q')).toBe('level:error')
  await page.goBack()
  expect(page.url()).toBe(before)
  await expect.poll(() => page.locator('.histogram-legend .quiet').textContent()).toMatch(/^\d+ logs/)
})

it('zooms with the keys alone: arrows, Shift, Enter; z undoes', async () => {
  const page = await search('')
  const before = page.url()
  await page.locator('.histogram svg').focus()
  for (let step = 0; step < 6; step++) await page.keyboard.press('ArrowLeft')
  for (let step = 0; step < 4; step++) await page.keyboard.press('Shift+ArrowLeft')
  expect(await page.locator('.histogram .brush').getAttribute('width')).toBe('5')
  await page.keyboard.press('Enter')
  await expect.poll(() => page.url()).not.toBe(before)
  const zoomed = new URL(page.url()).searchParams
  expect(Date.parse(zoomed.get('to') ?? '') - Date.parse(zoomed.get('from') ?? '')).toBe(5 * 15_000)
  await page.locator('body').press('z')
  await expect.poll(() => page.url()).toBe(before)
})

it('asks for only a value at a click on a filter, and for all but it with Alt', async () => {
  const page = await search('')
  const value = page.locator('.facet-value', { has: page.getByText('payments', { exact: true }) })
  await value.click()
  await expect.poll(() => new URL(page.url()).searchParams.get('q')).toBe('service:payments')
  await expect.poll(() => facetOf(page, 'service')).toEqual(await countBy('service:payments', 'service'))
  await page.goBack()
  await value.click({ modifiers: ['Alt'] })
  await expect.poll(() => new URL(page.url()).searchParams.get('q')).toBe('-service:payments')
  await page.locator('.log-service', { hasText: 'web' }).first().waitFor()
  expect(await page.locator('.log-service', { hasText: 'payments' }).count()).toBe(0)
})

it('has query, time, tab, columns and the open row in the address, and shows the same from it elsewhere', async () => {
  const page = await search('level:error')
  await page.locator('.log-place').first().waitFor()
  await page.locator('.log-place').nth(18).click()
  await page.locator('.details').getByRole('button', { name: 'Column region' }).click()
  const row = await page.locator('.log-place.is-selected').getAttribute('data-key')
  const rows = await page.locator('.log-list').getAttribute('aria-rowcount')
  const text = await page.locator('.log-place.is-selected').textContent()
  const elsewhere = await openApp(browser, server)
  await elsewhere.page.goto(page.url())
  const selected = elsewhere.page.locator(`.log-place.is-selected[data-key="${row}"]`)
  await selected.waitFor()
  await elsewhere.page.locator('.details .fields').waitFor()
  expect(await elsewhere.page.locator('#query').inputValue()).toBe('level:error')
  expect(await elsewhere.page.locator('.log-row .log-column').first().textContent()).toMatch(/^(?:eu-1|us-2)$/)
  expect(await selected.textContent()).toBe(text)
  expect(await elsewhere.page.locator('.log-list').getAttribute('aria-rowcount')).toBe(rows)
  // It stands where it can be seen.
  const [list, place] = [await elsewhere.page.locator('.log-list').boundingBox(), await selected.boundingBox()]
  expect(place?.y).toBeGreaterThanOrEqual(list?.y ?? 0)
  expect((place?.y ?? 0) + (place?.height ?? 0)).toBeLessThanOrEqual((list?.y ?? 0) + (list?.height ?? 0))
  await elsewhere.page.getByRole('tab', { name: 'Fields' }).first().click()
  await elsewhere.page.locator('.fields-tab td').first().waitFor()
  const third = await openApp(browser, server)
  await third.page.goto(elsewhere.page.url())
  await third.page.locator('.fields-tab td').first().waitFor()
  await elsewhere.page.context().close()
  await third.page.context().close()
})

it('copies one log as a link, as JSON and as a curl line, and the search as a link with exact times', async () => {
  const page = await search('level:error')
  await page.locator('.log-place').nth(2).click()
  const id = await page.locator('.log-place.is-selected').getAttribute('data-key')
  const copied = async (name: string): Promise<string> => {
    await page.locator('.details').getByRole('button', { name, exact: true }).click()
    return z.string().parse(await page.evaluate('navigator.clipboard.readText()'))
  }
  await page.locator('.details .fields').waitFor()
  expect(await copied('Link')).toBe(`${new URL(page.url()).origin}${new URL(app.address(`logs/${id}`)).pathname}`)
  expect(JSON.parse(await copied('JSON'))).toMatchObject({ id, level: 'error' })
  expect(await copied('curl')).toContain(`/logs/${id}`)
  await page.getByRole('button', { name: 'Share' }).click()
  const shared = new URL(z.string().parse(await page.evaluate('navigator.clipboard.readText()')))
  expect(shared.searchParams.get('q')).toBe('level:error')
  expect(Object.fromEntries(shared.searchParams)).toMatchObject(Object.fromEntries(range))
})

it('downloads everything that matches, not only what is on the page', async () => {
  const page = await search('-level:error')
  const downloading = page.waitForEvent('download')
  await page.getByRole('link', { name: 'NDJSON' }).click()
  const lines = readFileSync(await (await downloading).path(), 'utf8')
    .trim()
    .split('\n')
  const logs = lines.map((line) => JSON.parse(line)).filter((line) => 'id' in line)
  expect(new Set(logs.map(({ id }) => id)).size).toBe(
    [...(await countBy('-level:error', 'level')).values()].reduce((sum, count) => sum + count, 0),
  )
})
