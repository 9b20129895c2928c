import { describe, expect, it, vi } from 'vitest'
import page from '../../docs/rules.md?raw'
import { type RulesWorld, rulesWorld } from '../support/rules-world'

// Each test makes a tenant of its own, on a machine that may be busy.
vi.setConfig({ testTimeout: 30_000 })

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

const recipes = Array.from(
  page.matchAll(/^### \d+\. (.+)\n[^#]*?^```json cookbook\n([\s\S]*?)^```$/gm),
  ([, title, text]) => ({
    title,
    draft: JSON.parse(text),
  }),
)

const times = (count: number, log: object): object[] => Array.from({ length: count }, () => log)

/** What makes each of them fire, by its title: the last group that it is to find. */
const HAPPENINGS: Readonly<Record<string, (world: RulesWorld) => Promise<object>>> = {
  'Error rate of each service': async ({ send, wait }) => {
    await send([...times(90, { service: 'web', level: 'info' }), ...times(20, { service: 'web', level: 'error' })])
    await wait(2 * MINUTE_MS)
    return { service: 'web' }
  },
  'Log rotation has failed': async ({ send }) => {
    await send([{ service: 'logrotate', level: 'error', message: 'error: stat of /var/log/app.log failed' }])
    return {}
  },
  'A disk is nearly full': async ({ send }) => {
    await send([
      ...times(2, { host: 'db1', disk_used_percent: 95 }),
      { host: 'db1', message: 'write failed: No space left on device' },
      ...times(2, { host: 'db2', disk_used_percent: 95 }),
    ])
    return { host: 'db1' }
  },
  'The nightly backup did not happen': async ({ send, wait }) => {
    await send([{ service: 'backup', message: 'backup completed in 340 s' }])
    await wait(27 * HOUR_MS)
    return {}
  },
  'Payments fail in one region': async ({ send }) => {
    await send([
      ...times(5, { service: 'checkout', level: 'error', region: 'eu', message: 'payment timed out' }),
      ...times(4, { service: 'checkout', level: 'error', region: 'us', message: 'payment timed out' }),
    ])
    return { region: 'eu' }
  },
  'The checkout has become slow': async ({ send }) => {
    await send([
      ...times(50, { service: 'checkout', duration: 40 }),
      ...times(10, { service: 'checkout', duration: 2400 }),
    ])
    return {}
  },
  'An exception that was never seen before': async ({ send }) => {
    await send([{ level: 'error', error: { type: 'PaymentDeclinedError', message: 'no' } }])
    return {}
  },
  'Traffic has collapsed': async ({ send, wait }) => {
    for (let minute = 0; minute < 20; minute++) {
      await send(times(30, { service: 'web', status: 200 }))
      await wait(MINUTE_MS)
    }
    await wait(15 * MINUTE_MS)
    return {}
  },
  'A service has fallen silent': async ({ send, wait }) => {
    for (let gap = 0; gap < 10; gap++) {
      await send([{ service: 'mailer', message: 'sent' }])
      await wait(10_000)
    }
    await wait(6 * MINUTE_MS)
    return { service: 'mailer' }
  },
}

describe('the cookbook', () => {
  it('has ten rules', () => {
    expect(recipes.map(({ title, draft }) => [title, draft.name])).toEqual(recipes.map(({ title }) => [title, title]))
    expect(recipes).toHaveLength(10)
  })

  it.each(recipes.filter(({ draft }) => draft.kind === 'trigger'))('$title: fires when it should', async (recipe) => {
    const world = await rulesWorld()
    const { id } = await world.create(recipe.draft)
    const happening = HAPPENINGS[recipe.title]
    if (happening === undefined) return expect.fail('nothing makes it fire')
    const group = await happening(world)
    const { data } = await world.incidents(`?rule=${id}`)
    expect(data.map((incident) => incident.group)).toEqual([group])
  })

  it('Health checks are noise: keeps one in a hundred, and all that failed', async () => {
    const world = await rulesWorld()
    const draft = recipes.find(({ title }) => title === 'Health checks are noise')?.draft
    const { id } = await world.create(draft)
    const receipt = await world.send([
      ...times(2000, { path: '/healthz', level: 'info' }),
      ...times(7, { path: '/healthz', level: 'error' }),
    ])
    expect(receipt.accepted).toBeGreaterThan(7)
    expect(receipt.accepted).toBeLessThan(7 + 60)
    expect(Number(receipt.accepted) + Number(receipt.sampled)).toBe(2007)
    const usage = await (await world.ask('owner', 'GET', '/admin/usage')).json()
    expect(usage).toMatchObject({ imbalance: 0, sampled_by_rule: { [id]: receipt.sampled } })
  })
})

describe('the other rules of the page', () => {
  const others = Array.from(page.matchAll(/^```json record\n([\s\S]*?)^```$/gm), ([, text]) => JSON.parse(text))

  it('are taken as they stand', async () => {
    const world = await rulesWorld()
    expect(others.length).toBeGreaterThan(0)
    for (const draft of others) await world.create(draft)
  })
})
