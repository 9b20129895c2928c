import { performance } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { openChromium } from '../test/support/chromium.ts'
import { requestLogs } from './datasets.ts'
import { post, postPaced, quantile, type Target } from './http-load.ts'
import { type Ready, startServer } from './server.ts'
import { grouped, type Line } from './table.ts'

const ROWS = 100_000
const FRAMES = 600
/** Pixels a frame: a fast turn of a wheel, some 270 rows a second. */
const SCROLL_PX = 100

const LIVE_ROWS_PER_SECOND = 2000
const LIVE_SECONDS = 14
const KEYS = 80
const LOADS = 7

/** What a page's script answers is read as numbers and nothing else. */
const numbersOf = (value: unknown): number[] =>
  (Array.isArray(value) ? value.map(Number) : []).sort((left, right) => left - right)

/**
 * The table of `npm run bench -- --app`: the browser app in headless Chromium. There is no screen and no GPU: pages are laid out
 * and painted by the CPU as for a screen of 60 Hz, and frames are what requestAnimationFrame was called for.
 */
export async function measureApp(): Promise<readonly Line[]> {
  const server = await startServer()
  const browser = await openChromium()
  try {
    const { ready } = server
    const writer: Target = { url: ready.url, key: ready.tenant.ingestKey }
    await post(writer, requestLogs({ records: ROWS, perBody: 1000, seed: 1 }).bodies, 4)
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
    const page = await context.newPage()
    await page.goto(`${homeOf(ready)}#key=${ready.tenant.queryKey}`)
    await page.waitForURL(/\/explore/)
    const lines = [await measureFirstRow(page), await measureScroll(page), await measureKeys(page, writer)]
    await context.close()
    return lines
  } finally {
    await browser.close()
    await server.stop()
  }
}

const homeOf = ({ url, tenant }: Ready): string => `http://${tenant.domain}:${new URL(url).port}/app`

/** From going to the page until a log stands on it, signed in, with the page's files in the cache as on the second visit. */
async function measureFirstRow(page: Page): Promise<Line> {
  const times: number[] = []
  for (let load = 0; load < LOADS; load++) {
    const before = performance.now()
    await page.goto(new URL('/app', page.url()).href)
    await page.locator('.log-row').first().waitFor()
    times.push(performance.now() - before)
  }
  times.sort((left, right) => left - right)
  const result = `p50 ${quantile(times, 0.5).toFixed(0)} max ${quantile(times, 1).toFixed(0)} ms`
  return {
    measure: `first log after navigation, ${grouped(ROWS)} stored`,
    result,
    must: '1,000 ms',
    aim: '',
    met: quantile(times, 0.5) <= 1000,
  }
}

/** Reads older pages until the list has so many rows, as somebody who scrolls up and up. */
async function fillList(page: Page, rows: number): Promise<number> {
  await page.goto(new URL(`${new URL(page.url()).pathname}?from=-30d&live=0`, page.url()).href)
  await page.locator('.log-row').first().waitFor()
  return Number(
    await page.evaluate(`(async () => {
      const list = document.querySelector('.log-list')
      const count = () => Number(list.getAttribute('aria-rowcount'))
      for (let still = 0, before = 0; count() < ${rows} && still < 300; before = count()) {
        list.dispatchEvent(new WheelEvent('wheel', { deltaY: -100 }))
        list.scrollTop = list.scrollTop === 0 ? 1 : 0
        await new Promise((resolve) => requestAnimationFrame(resolve))
        still = count() === before ? still + 1 : 0
      }
      return count()
    })()`),
  )
}

/** Frames while the list is scrolled through. */
async function measureScroll(page: Page): Promise<Line> {
  const rows = await fillList(page, ROWS)
  const deltas = numbersOf(
    await page.evaluate(`(async () => {
      const list = document.querySelector('.log-list')
      const frame = () => new Promise((resolve) => requestAnimationFrame(resolve))
      list.scrollTop = list.scrollHeight / 2
      for (let settled = 0; settled < 30; settled++) await frame()
      const deltas = []
      for (let last = await frame(), done = 0; done < ${FRAMES}; done++) {
        list.scrollTop += done < ${FRAMES / 2} ? -${SCROLL_PX} : ${SCROLL_PX}
        const now = await frame()
        deltas.push(now - last)
        last = now
      }
      return deltas
    })()`),
  )
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map((part) => quantile(deltas, part))
  const slow = deltas.filter((delta) => delta > 17).length
  return {
    measure: `a frame while ${grouped(rows)} rows are scrolled`,
    result: `p50 ${p50.toFixed(1)} p95 ${p95.toFixed(1)} p99 ${p99.toFixed(1)} ms, ${slow} of ${FRAMES} late`,
    must: 'p95 16.7 ms',
    aim: '',
    // The clock of frames has steps of a tenth.
    met: rows >= ROWS && p95 <= 16.75,
  }
}

/** From a key to the paint that shows what it did, while the list follows a flow. */
async function measureKeys(page: Page, writer: Target): Promise<Line> {
  await page.goto(new URL('/app', page.url()).href)
  await page.locator('.status-line .is-live').waitFor()
  await page.evaluate(`{
    window.times = []
    addEventListener('keydown', ({ timeStamp }) => {
      // A task behind the frame begins when that has been painted.
      requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel()
        port1.onmessage = () => window.times.push(performance.now() - timeStamp)
        port2.postMessage(0)
      })
    }, { capture: true })
  }`)
  const { bodies } = requestLogs({ records: 2000, perBody: 100, seed: 5 })
  const flow = postPaced(writer, bodies, { perSecond: LIVE_ROWS_PER_SECOND / 100, seconds: LIVE_SECONDS })
  await pause(2000)
  const before = await rowsOf(page)
  await page.locator('#query').focus()
  const started = performance.now()
  for (let key = 0; key < KEYS; key++) {
    await page.keyboard.press('abcdefgh '[key % 9])
    await pause(100)
  }
  const seconds = (performance.now() - started) / 1000
  const rate = ((await rowsOf(page)) - before) / seconds
  const times = numbersOf(await page.evaluate('window.times'))
  await flow
  const gaps = await page.locator('.gap-row').count()
  const [p50, p95] = [quantile(times, 0.5), quantile(times, 0.95)]
  return {
    measure: `key to paint while ${grouped(LIVE_ROWS_PER_SECOND)} rows/s come`,
    result: `p50 ${p50.toFixed(0)} p95 ${p95.toFixed(0)} max ${quantile(times, 1).toFixed(0)} ms, ${times.length} keys, ${grouped(rate)} rows/s shown, ${gaps} gaps`,
    must: 'p95 100 ms',
    aim: '',
    met: p95 <= 100 && rate >= LIVE_ROWS_PER_SECOND * 0.9,
  }
}

const rowsOf = async (page: Page): Promise<number> =>
  Number(await page.locator('.log-list').getAttribute('aria-rowcount'))
