import { expect, it } from 'vitest'
import { nextRun, startOfMinute } from '../../scripts/serve/crons'
import { readWranglerConfig } from '../../scripts/serve/wrangler-config'

const after = new Date('2026-11-21T14:32:12.500Z') // a Saturday

it.each([
  ['* * * * *', '2026-11-21T14:33:00.000Z'],
  ['0 2 * * *', '2026-11-22T02:00:00.000Z'],
  ['0 */6 * * *', '2026-11-21T18:00:00.000Z'],
  ['15,45 9-17 * * *', '2026-11-21T14:45:00.000Z'],
  ['0 0 1 1-3 *', '2027-01-01T00:00:00.000Z'],
  ['0 0 * * 1', '2026-11-22T00:00:00.000Z'], // Cloudflare counts the days of the week from Sunday = 1
  ['0 0 * * MON', '2026-11-23T00:00:00.000Z'],
])('is next due by %s at %s', (expression, expected) => {
  expect(nextRun(expression, after)?.toISOString()).toBe(expected)
})

it('understands every trigger of wrangler.toml', () => {
  const { crons } = readWranglerConfig('wrangler.toml').triggers
  expect(crons.map((cron) => nextRun(cron, after))).not.toContain(null)
})

it('names a run after the minute that it belongs to', () => {
  expect(startOfMinute(after).toISOString()).toBe('2026-11-21T14:32:00.000Z')
})
