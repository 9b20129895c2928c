import { expect, it } from 'vitest'
import * as z from 'zod'
import {
  WEBHOOK_ATTEMPT_MS_MAX,
  WEBHOOK_BODY_BYTES_MAX,
  WEBHOOK_DELIVERIES_KEPT_MAX,
  WEBHOOK_DISABLE_FAILURES,
  WEBHOOK_WAITING_MAX,
} from '../../src/limits/limits'
import { RETRY_PAUSES_MS } from '../../src/webhooks/delivery-schedule'
import { EVENT_TYPES } from '../../src/webhooks/event'
import { signedHeaders } from '../../src/webhooks/signed-headers'
import { newSecret, toSigningKey } from '../../src/webhooks/signing-secret'
import { readText } from '../support/source-file'

const page = readText('docs/webhooks.md')

/** The receiver's code as the page shows it. */
const Snippet = z.object({
  verifyWebhook: z.function({
    input: [z.string(), z.record(z.string(), z.string()), z.instanceof(Buffer), z.number()],
    output: z.unknown(),
  }),
})

it('shows code for Node that verifies what is sent, and nothing else', async () => {
  const [, code = ''] = /```js\n([\s\S]*?)```/.exec(page) ?? []
  const url = `data:text/javascript,${encodeURIComponent(code)}`
  const { verifyWebhook } = Snippet.parse({ ...(await import(/* @vite-ignore */ url)) })
  const sentMs = Date.UTC(2026, 10, 21)
  for (const secret of [newSecret(Buffer.alloc(32, 1)), 'webhook-secret']) {
    const body = JSON.stringify({ type: 'critical_error', text: 'aß€𐍈' })
    const headers = await signedHeaders([toSigningKey(secret)], { id: 'evt_1', sentMs, body })
    const at =
      (seconds: number, text = body, key = secret) =>
      () =>
        verifyWebhook(key, headers, Buffer.from(text), sentMs / 1000 + seconds)
    expect(at(0)()).toEqual(JSON.parse(body))
    expect(at(299)()).toEqual(JSON.parse(body))
    for (const wrong of [at(301), at(-301), at(0, `${body} `), at(0, body, 'another-secret')]) expect(wrong).toThrow()
  }
})

it('names every event by both of its names', () => {
  const rows = Array.from(page.matchAll(/^\| `(\w+)` \| `([\w.]+)` \|/gm), ([, name, alias]) => [name, alias])
  expect(Object.fromEntries(rows)).toEqual(EVENT_TYPES)
})

it('says the schedule and the numbers that hold', () => {
  const UNITS = { s: 1000, min: 60_000, h: 3_600_000 }
  const [, list = ''] = /next attempt comes after ([\s\S]*?), each up to/.exec(page) ?? []
  const pauses = Array.from(list.matchAll(/(\d+) (s|min|h)\b/g), ([, count, unit]) => {
    const { data } = z.enum(['s', 'min', 'h']).safeParse(unit)
    return Number(count) * (data === undefined ? Number.NaN : UNITS[data])
  })
  expect(pauses).toEqual(RETRY_PAUSES_MS)
  for (const number of [WEBHOOK_BODY_BYTES_MAX, WEBHOOK_WAITING_MAX, WEBHOOK_DELIVERIES_KEPT_MAX])
    expect(page).toContain(number.toLocaleString('en-US'))
  expect(page).toContain(`2xx within ${WEBHOOK_ATTEMPT_MS_MAX / 1000} seconds`)
  expect(page).toMatch(new RegExp(`After ${WEBHOOK_DISABLE_FAILURES}\\s+failures in a row`))
})
