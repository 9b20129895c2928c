import { env } from 'cloudflare:workers'
import { afterAll, aroundEach, expect } from 'vitest'
import { holdClocks, limitFetch, runInvocation } from './invocation'
import { limitBindings } from './limited-bindings'
import { takeBrokenLimits } from './production-limits'

// Before each file of the worker project: its bindings and `fetch` have production's limits, and its clock stands still.
const endings = [limitBindings(env), limitFetch(), holdClocks()]

aroundEach((runTest, { task }) =>
  runInvocation({ name: `the test “${task.name}”`, isTest: true }, async () => {
    await runTest()
    expect(takeBrokenLimits(), 'limits of production that were broken').toEqual([])
  }),
)

afterAll(() => {
  for (const end of endings) end()
  expect(takeBrokenLimits(), 'limits of production that were broken').toEqual([])
})
