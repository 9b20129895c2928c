import { describe, expect, it } from 'vitest'
import { GroupCommit } from '../../durable-objects/tenant/group-commit'

/** A store that takes all writes of a transaction or none. */
function storeOf() {
  const kept: string[] = []
  let transactions = 0
  const transaction = <T>(write: () => T): T => {
    const before = kept.length
    transactions++
    try {
      return write()
    } catch (error) {
      kept.length = before
      throw error
    }
  }
  const put = (name: string) => (): string => {
    kept.push(name)
    return name
  }
  return { commits: new GroupCommit(transaction), kept, put, transactions: () => transactions }
}

describe('a group commit', () => {
  it('puts writes that arrive together into one transaction, in their order', async () => {
    const { commits, kept, put, transactions } = storeOf()
    const answers = await Promise.all(['a', 'b', 'c'].map((name) => commits.run(put(name))))
    expect(answers).toEqual(['a', 'b', 'c'])
    expect(kept).toEqual(['a', 'b', 'c'])
    expect(transactions()).toBe(1)
  })

  it('lets no write suffer from one beside it that throws', async () => {
    const { commits, kept, put } = storeOf()
    const broken = commits.run(() => {
      put('half')()
      throw new Error('broken')
    })
    const others = Promise.all([commits.run(put('a')), commits.run(put('b'))])
    await expect(broken).rejects.toThrow('broken')
    expect(await others).toEqual(['a', 'b'])
    expect(kept).toEqual(['a', 'b'])
  })

  it('takes what comes later in a transaction of its own', async () => {
    const { commits, put, transactions } = storeOf()
    await commits.run(put('a'))
    await commits.run(put('b'))
    expect(transactions()).toBe(2)
  })
})
