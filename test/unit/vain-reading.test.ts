import { describe, expect, it } from 'vitest'
import { VainReading } from '../../src/formats/vain-reading'
import { documentsOf, read } from '../support/read-back'

describe('what is read in vain', () => {
  it('is at most a few times the body, however many of its lines never end', () => {
    const lines = '{"a":[\n'.repeat(50_000)
    const { received, rejected, blocks } = read(`{"n":1}\n${lines}`)
    expect(blocks).toHaveLength(1)
    expect(received).toBe(rejected.length + 1)
    expect(received).toBeLessThan(1000)
    // What was not looked at is said, so that nobody takes it for stored.
    expect(rejected.at(-1)?.detail).toContain('what follows was not read')
  })

  it('never costs a good record beside a handful of broken ones', () => {
    const broken = ['{"a":[', '{"a":', `${'{"a":'.repeat(2000)}`, '{"a":"', '{}}', 'x']
    const lines = Array.from({ length: 300 }, (_, n) => `{"n":${n}}`).flatMap((line, n) =>
      n % 50 === 7 ? [broken[(n - 7) / 50], line] : [line],
    )
    expect(documentsOf(read(lines.join('\n')))).toHaveLength(301)
  })

  it('is noted by its length', () => {
    const vain = new VainReading(new Uint8Array(10))
    expect(vain.note(0, 65_000)).toBe(true)
    expect(vain.note(0, 65_000)).toBe(false)
  })
})
