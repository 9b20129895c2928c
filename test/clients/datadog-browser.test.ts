import { readFileSync } from 'node:fs'
import http from 'node:http'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { DATADOG_DIALECT } from '../../src/routes/shippers/datadog-dialect'
import { openChromium } from '../support/chromium'
import { endAllServers } from '../support/server'
import { countsOf, shipperLogs } from '../support/shipper-logs'
import { portOf, ShipperStand } from '../support/shipper-stand'

const RECORDS = 1000
const BUNDLE = path.join(import.meta.dirname, 'node_modules/@datadog/browser-logs/bundle/datadog-logs.js')

let stand: ShipperStand
let browser: Browser
const site = http.createServer((request, response) => {
  const isScript = request.url === '/datadog-logs.js'
  response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html; charset=utf-8')
  response.end(
    isScript ? readFileSync(BUNDLE) : '<!doctype html><title>Shop</title><script src="/datadog-logs.js"></script>',
  )
})

beforeAll(async () => {
  stand = await ShipperStand.start()
  browser = await openChromium()
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve))
})

afterAll(async () => {
  await browser?.close()
  site.close()
  site.closeAllConnections()
  await stand.end()
  await endAllServers()
})

/** Its pauses after failures grow to minutes: in this page all of them are shorter. */
const HASTE = 'const later = window.setTimeout; window.setTimeout = (call, ms, ...rest) => later(call, ms / 6, ...rest)'

/** Runs in the page: Datadog's script with the service in Datadog's place. */
const START = `(door, key) => {
  DD_LOGS.init({
    clientToken: key,
    service: 'shop-page',
    env: 'test',
    proxy: ({ path, parameters }) => door + path + '?' + parameters,
    telemetrySampleRate: 0,
  })
}`

describe('@datadog/browser-logs in Chromium', () => {
  it('loses nothing through 429, 503 and kill -9, with a key that is bound to its page', async () => {
    const origin = `http://127.0.0.1:${portOf(site.address())}`
    const door = await stand.door(DATADOG_DIALECT, { kind: 'pub', origins: [origin] })
    const page = await browser.newPage()
    await page.addInitScript(HASTE)
    await page.goto(origin)
    await page.evaluate(`(${START})(${JSON.stringify(door.url)}, ${JSON.stringify(door.key)})`)
    const trouble = door.trouble(/logs/).then(() => stand.killAndRestart())
    const logs = shipperLogs('page', RECORDS)
    for (let at = 0; at < RECORDS; at += 20) {
      const some = JSON.stringify(logs.slice(at, at + 20))
      await page.evaluate(`for (const { message, level, ...log } of ${some}) DD_LOGS.logger.log(message, log, level)`)
      await sleep(50)
    }
    await trouble
    const distinct = async () =>
      countsOf(
        (await stand.find('service:shop-page mark:page')).map(({ body }) =>
          z.object({ n: z.number() }).loose().parse(body),
        ),
      )
    let counts = await distinct()
    for (let tries = 0; counts.size < RECORDS && tries < 60; tries++) {
      await sleep(500)
      // What does not fill a batch is kept for half a minute, unless the page may be left.
      await page.evaluate(`window.dispatchEvent(new Event('beforeunload'))`)
      counts = await distinct()
    }
    const doubled = [...counts].filter(([, count]) => count > 1).length
    console.log(
      `browser: ${RECORDS} logged, ${counts.size} found, ${doubled} doubled, ${door.answersLost} answers lost`,
    )
    expect([...Array(RECORDS).keys()].filter((n) => !counts.has(n))).toEqual([])
    expect(doubled).toBeLessThanOrEqual(door.answersLost * 50)
    const [one] = await stand.find('service:shop-page n:17')
    expect(one).toMatchObject({ body: { ddsource: 'browser', nested: logs[17].nested, big: logs[17].big } })
  })
})
