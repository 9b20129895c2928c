import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import * as limits from '../../src/limits/limits'

const page = readFileSync(join(import.meta.dirname, '../../docs/limits.md'), 'utf8')
const source = readFileSync(join(import.meta.dirname, '../../src/limits/limits.ts'), 'utf8')

it('documents every limit with its value, and no other', () => {
  const rows = page.matchAll(/^\| `(\w+)` \| ([\d,]+) \|/gm)
  const documented = Array.from(rows, ([, name, value]) => [name, Number(value.replaceAll(',', ''))])
  expect(Object.fromEntries(documented)).toEqual({ ...limits })
})

it('gives each limit its reason', () => {
  const bare = Array.from(source.matchAll(/(.*)\nexport const (\w+)/g)).filter(([, before]) => !before.endsWith('*/'))
  expect(bare.map(([, , name]) => name)).toEqual([])
})

it('keeps a payload part within a row, and ends it on a whole byte', () => {
  expect(limits.PAYLOAD_PART_CHARACTERS_MAX).toBeLessThan(limits.ROW_BYTES_MAX)
  expect(limits.PAYLOAD_PART_CHARACTERS_MAX % 4).toBe(0)
})
