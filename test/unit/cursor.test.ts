import { describe, expect, it } from 'vitest'
import { readCursor, signCursor } from '../../src/query/cursor'

const cursor = {
  after: { ms: 1_795_273_302_582, nanos: 500, seq: 42 },
  nextSeq: 1000,
  fromMs: 0,
  toMs: 2e12,
  taken: 100,
  nowMs: 1_795_273_302_600,
}

describe('a cursor', () => {
  it('says to the next page where to go on, and what the first page took for now', () => {
    expect(readCursor(signCursor(cursor, 'level:error', 'secret'), 'level:error', 'secret')).toEqual(cursor)
  })

  it.each([
    ['another query', 'level:warn', 'secret'],
    ['another tenant', 'level:error', 'other secret'],
  ])('is none for %s', (_, query, secret) => {
    expect(readCursor(signCursor(cursor, 'level:error', 'secret'), query, secret)).toBeUndefined()
  })

  it('is none once a character of it was changed', () => {
    const text = signCursor(cursor, 'q', 'secret')
    for (let at = 0; at < text.length; at++) {
      const other = text[at] === 'A' ? 'B' : 'A'
      const changed = text.slice(0, at) + other + text.slice(at + 1)
      const read = readCursor(changed, 'q', 'secret')
      // The last character of base64 may hold bits that mean nothing.
      if (read !== undefined) expect(read).toEqual(cursor)
    }
  })

  it.each(['', '.', 'x.y', 'null', '{}', 'a'.repeat(10_000)])('is none when it is %s', (text) => {
    expect(readCursor(text, 'q', 'secret')).toBeUndefined()
  })
})
