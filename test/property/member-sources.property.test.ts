import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { memberSources } from '../../src/blocks/compact-json'
import { objectSource, withoutSpace } from '../support/json-source'

/** The naive oracle knows values only: the sources must say the same ones, under the same names. */
const valuesOf = (json: string): unknown => JSON.parse(json)

describe('the sources of an object’s members', () => {
  it('say what JSON.parse finds, of a repeated name the last', () => {
    fc.assert(
      fc.property(objectSource, (source) => {
        const sources = memberSources(withoutSpace(source))
        const values = Object.fromEntries(Array.from(sources, ([name, text]) => [name, valuesOf(text)]))
        expect(values).toEqual(valuesOf(source))
      }),
      { numRuns: 500 },
    )
  })

  it('are pieces of the text itself, with every digit and escape', () => {
    const json = '{"a":1.10,"b":{"c":["}",{"d":"\\"]"}]},"\\u0065":12345678901234567890,"a":1e400,"f":null,"":[]}'
    expect([...memberSources(json)]).toEqual([
      ['a', '1e400'],
      ['b', '{"c":["}",{"d":"\\"]"}]}'],
      ['e', '12345678901234567890'],
      ['f', 'null'],
      ['', '[]'],
    ])
    for (const text of ['{}', '[]', '"text"', '42', 'null']) expect(memberSources(text).size).toBe(0)
  })
})
