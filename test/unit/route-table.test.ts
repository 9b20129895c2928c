import { describe, expect, it } from 'vitest'
import { isPublic, requires } from '../../src/http/access'
import type { Handler } from '../../src/http/handler'
import type { RouteTable } from '../../src/http/route-table'

const handler: Handler = () => undefined

/** Takes whatever builds. */
const table: RouteTable = {
  get: () => table,
  post: () => table,
  put: () => table,
  patch: () => table,
  delete: () => table,
}

describe('the route table', () => {
  it('takes a route with an access policy right before its handler', () => {
    const added = table
      .get('/health', isPublic, handler)
      .post('/logs', handler, handler, requires('logs:write'), handler)
    expect(added).toBe(table)
  })

  it('does not build with a route that has none, or that has it in another place', () => {
    // @ts-expect-error: there is no policy.
    table.get('/logs', handler)
    // @ts-expect-error: there is no policy, only other steps.
    table.get('/logs', handler, handler)
    // @ts-expect-error: the policy is not the last step before the handler.
    table.delete('/logs', requires('logs:read'), handler, handler)
    // @ts-expect-error: a policy alone answers nothing.
    table.put('/logs', requires('logs:read'))
    expect(requires('logs:read').scope).toBe('logs:read')
  })
})
