import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { toBodyErrors } from '../../src/domains/body-errors'
import { LOKI } from '../../src/formats/loki/loki'
import { readQuery } from '../../src/http/read-query'
import { readSearchParameters } from '../../src/http/search-parameters'
import { checkOutsideAddress } from '../../src/outside/outside-address'
import { subscriptionWarnings } from '../../src/webhooks/event'

/** Mistakes that people make by hand, and that the answer has to tell them the way out of. */

const messageOf = (action: () => unknown): string => {
  try {
    action()
  } catch (error) {
    return error instanceof Error ? error.message : ''
  }
  return expect.fail('nothing was refused')
}

describe('a parameter that an address does not take', () => {
  it('is answered with those that it takes', () => {
    const schema = z.strictObject({ q: z.string(), backlog: z.string() })
    expect(messageOf(() => readQuery('http://x/?query=a', schema))).toBe(
      'There is no parameter "query" here. It takes q, backlog.',
    )
    expect(messageOf(() => readQuery('http://x/?a=b', z.strictObject({})))).toContain('It takes none.')
  })

  it('of a search is answered with those of a search and of this address', () => {
    const told = messageOf(() => readSearchParameters(new URLSearchParams('query=a'), 0, ['format']))
    expect(told).toMatch(/It takes q, .*format\./)
  })
})

describe('a member of a body', () => {
  it('that is missing is called missing', () => {
    const { error } = z.strictObject({ events: z.array(z.string()), n: z.number() }).safeParse({ n: 'x' })
    const errors = error === undefined ? expect.fail('nothing was refused') : toBodyErrors(error)
    expect(errors[0]).toMatchObject({ pointer: '/events', detail: 'This member is missing; its type is array.' })
    expect(errors[1]?.detail).toContain('received string')
  })
})

describe('a receiver on the same machine', () => {
  it('is refused with the variables that allow it', () => {
    const rules = { ownHosts: new Set<string>(), allowsLocalHttp: false }
    const local = checkOutsideAddress('http://localhost:9000/hook', rules)
    expect(local).toMatchObject({ ok: false, reason: expect.stringContaining('ALLOW_LOCAL_DESTINATIONS=true') })
    const other = checkOutsideAddress('http://alerts.example.com/hook', rules)
    expect(other).toMatchObject({ ok: false, reason: 'it must begin with https://' })
  })
})

describe('a subscription', () => {
  it('to a name that the service never sends is warned of, and to its own names and to all is not', () => {
    expect(subscriptionWarnings(['critical_error', 'log.critical', '*'])).toEqual([])
    const [warning, ...more] = subscriptionWarnings(['critical_error', 'critcal_error'])
    expect(warning).toContain('critcal_error is no event of the service')
    expect(more).toEqual([])
  })
})

describe('Loki push with JSON that does not say so', () => {
  it('is told which header is missing', () => {
    const body = new TextEncoder().encode('{"streams":[]}')
    const request = { parameters: new URLSearchParams(), header: () => undefined, receivedMs: 0 }
    const open = () => LOKI.open(body, { ...request, contentType: 'application/x-www-form-urlencoded' })
    expect(messageOf(open)).toContain('Content-Type: application/json')
  })
})
