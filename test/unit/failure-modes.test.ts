import { describe, expect, it } from 'vitest'
import { PROBLEMS } from '../../src/http/problem'
import { childOf, readSourceFiles, readText } from '../support/source-file'

const page = readText('docs/failure-modes.md')
const named = new Set(Array.from(page.matchAll(/`(\w+)`/g), ([, name]) => name))

/** Whoever meets one of these needs more than its text. */
const NEED_NO_DIAGNOSIS = [400, 406, 409, 410, 412, 422, 428]

/** The names of all events that the code logs. */
const events = readSourceFiles('src', 'durable-objects').flatMap(({ nodes }) =>
  nodes.flatMap((node) => {
    if (node.type !== 'CallExpression' || !Array.isArray(node.arguments)) return []
    const callee = childOf(node, 'callee')
    const levels = ['debug', 'info', 'warn', 'error', 'note']
    const isComputed = callee?.computed === true
    // What has no log of its own is given one function to report with.
    const name = String((callee && childOf(callee, 'property')?.name) ?? callee?.name)
    const isLog = [...levels, 'report'].includes(name) || isComputed
    const [first] = node.arguments
    const text = typeof first === 'object' && first !== null && 'value' in first ? first.value : undefined
    return isLog && typeof text === 'string' && /^[a-z0-9]+(_[a-z0-9]+)+$/.test(text) ? [text] : []
  }),
)

describe('docs/failure-modes.md', () => {
  it('has what to check for every problem that a client cannot mend by reading it', () => {
    const needed = Object.entries(PROBLEMS).filter(([, { status }]) => !NEED_NO_DIAGNOSIS.includes(status))
    // No route answers it yet.
    const unused = ['query_timeout']
    for (const [code] of needed) if (!unused.includes(code)) expect(named).toContain(code)
  })

  it('explains every event of the service’s own log, and no other', () => {
    expect(events.length).toBeGreaterThan(10)
    for (const event of events) expect(named).toContain(event)
    const section = page.slice(page.indexOf('## What the service says of itself'))
    const explained = Array.from(section.matchAll(/^\| ((?:`\w+`(?:, )?)+) \|/gm), ([, names]) =>
      names.replaceAll('`', '').split(', '),
    )
    expect(explained.flat().toSorted()).toEqual([...new Set(events)].toSorted())
  })
})
