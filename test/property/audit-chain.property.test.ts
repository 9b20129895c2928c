import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AuditRow, auditHash, checkLinks, NO_ENTRY, parseRows, rowLine } from '../../src/audit/audit-chain'
import { entryText } from '../../src/audit/audit-entry'
import '../support/property-seed'

const TENANT = 'ten_a'

const draft = fc.record({
  action: fc.constantFrom('search', 'view', 'change' as const),
  actor: fc.record({ id: fc.string({ unit: 'grapheme' }), kind: fc.constant('key') }),
  asked: fc.string({ unit: 'binary' }),
})

const chainOf = (drafts: readonly Parameters<typeof entryText>[0][], tenantId = TENANT): AuditRow[] => {
  let before: string = NO_ENTRY.hash
  return drafts.map((one, index) => {
    const text = entryText(one, index + 1, 1_795_255_200_000 + index)
    before = auditHash(tenantId, before, text)
    return { number: index + 1, hash: before, text }
  })
}

const chain = fc.array(draft, { minLength: 2, maxLength: 30 }).map((drafts) => chainOf(drafts))
const check = (rows: readonly AuditRow[], noted?: AuditRow) => checkLinks(TENANT, NO_ENTRY, rows, noted)

describe('the chain of the audit', () => {
  it('is right as it was written, whatever is in it, and after a journey as lines', () => {
    fc.assert(
      fc.property(chain, (rows) => {
        const travelled = parseRows(rows.map(rowLine).join(''))
        expect(travelled).toEqual(rows)
        const last = rows[rows.length - 1]
        expect(check(travelled)).toEqual({ last: { number: last.number, hash: last.hash }, broken: undefined })
      }),
    )
  })

  it('is broken at exactly the entry that was changed, removed, moved or put in', () => {
    const tampering = fc.constantFrom('edit', 'remove', 'swap', 'insert', 'rehash')
    fc.assert(
      fc.property(chain, tampering, fc.nat(), (rows, how, at) => {
        const index = at % (rows.length - 1)
        const row = rows[index]
        const forged = { ...row, text: `${row.text} ` }
        const tampered = {
          edit: () => rows.with(index, forged),
          // Also with a hash that fits: the next entry does not.
          rehash: () =>
            rows.with(index, {
              ...forged,
              hash: auditHash(TENANT, rows[index - 1]?.hash ?? NO_ENTRY.hash, forged.text),
            }),
          remove: () => rows.toSpliced(index, 1),
          swap: () => rows.with(index, rows[index + 1]).with(index + 1, row),
          insert: () => rows.toSpliced(index, 0, row),
        }[how]()
        const expected = how === 'rehash' || how === 'insert' ? row.number + 1 : row.number
        expect(check(tampered).broken?.number).toBe(expected)
      }),
    )
  })

  it('of another tenant does not fit, and neither does one that was written anew, for who has kept a hash', () => {
    fc.assert(
      fc.property(chain, fc.nat(), (rows, at) => {
        const kept = rows[at % rows.length]
        const texts = rows.map(({ text }) => JSON.parse(text))
        expect(check(chainOf(texts, 'ten_b')).broken).toEqual({ number: 1, why: 'entry_changed' })
        const anew = chainOf(texts.map((entry) => ({ ...entry, asked: `${entry.asked}x` })))
        expect(check(anew).broken).toBeUndefined()
        expect(check(anew, kept).broken).toEqual({ number: kept.number, why: 'not_the_same' })
        expect(check(rows, kept).broken).toBeUndefined()
      }),
    )
  })
})
