import { describe, expect, it } from 'vitest'
import { applyChanges, type DirectoryChange, type DirectoryPorts } from '../../src/tenant/directory'
import type { DirectoryKind, DirectoryRow, JsonObject } from '../../src/tenant/directory-rows'
import { type ChangedRow, type PublishDirectoryPorts, publishDirectory } from '../../src/tenant/publish-directory'
import { randomIntegers } from '../support/sample-logs'

const STEPS = ['putDirectory', 'forgetHints', 'notePublished'] as const

/** An object's directory, with D1 and KV as they are said to work: D1 refuses what is older than what it has. */
class World {
  version = 0
  published = 0
  rows = new Map<string, ChangedRow>()
  d1 = { version: 0, rows: new Map<string, ChangedRow>() }
  kv = new Map<string, number>()
  /** Which step breaks next, and whether it has had its effect by then. */
  breaks: { readonly step: (typeof STEPS)[number]; readonly when: 'before' | 'after' } | undefined
  /** Batches that D1 has been sent: each may arrive again, at any time. */
  readonly sent: Parameters<PublishDirectoryPorts['putDirectory']>[0][] = []

  change(...changes: DirectoryChange[]) {
    return applyChanges(this.#directory(), changes)
  }

  publish = (): Promise<void> => publishDirectory(this.#ports())

  /** What the object says there is. */
  own = (): object => Object.fromEntries(this.#present(this.rows))

  /** What D1 says there is. */
  copied = (): object => Object.fromEntries(this.#present(this.d1.rows))

  #present = (rows: ReadonlyMap<string, ChangedRow>) =>
    [...rows].flatMap(([key, { value }]) => (value === undefined ? [] : [[key, value] as const])).sort()

  deliver(batch: Parameters<PublishDirectoryPorts['putDirectory']>[0]): void {
    if (this.d1.version > batch.version) return
    for (const row of batch.rows) this.d1.rows.set(`${row.kind} ${row.id}`, row)
    this.d1.version = batch.version
  }

  #directory(): DirectoryPorts {
    const find = (kind: DirectoryKind, id: string): DirectoryRow | undefined => {
      const row = this.rows.get(`${kind} ${id}`)
      return row?.value && { ...row, value: row.value }
    }
    return {
      readVersion: () => this.version,
      find,
      list: (kind) => [...this.rows.values()].flatMap((row) => (row.kind === kind ? (find(kind, row.id) ?? []) : [])),
      count: (kind) => [...this.rows.values()].filter((row) => row.kind === kind && row.value !== undefined).length,
      put: (row, value) => this.rows.set(`${row.kind} ${row.id}`, { ...row, value }),
      putVersion: (version) => {
        this.version = version
      },
    }
  }

  #ports(): PublishDirectoryPorts {
    return {
      readUnpublished: () =>
        this.published === this.version
          ? undefined
          : { version: this.version, rows: [...this.rows.values()].filter(({ version }) => version > this.published) },
      putDirectory: async (batch) => {
        this.#break('putDirectory', 'before')
        this.sent.push(batch)
        this.deliver(batch)
        this.#break('putDirectory', 'after')
      },
      forgetHints: async ({ rows }) => {
        this.#break('forgetHints', 'before')
        for (const { kind, id } of rows) this.kv.delete(`${kind} ${id}`)
        this.#break('forgetHints', 'after')
      },
      notePublished: (version) => {
        this.#break('notePublished', 'before')
        for (const [key, row] of this.rows) if (row.value === undefined && row.version <= version) this.rows.delete(key)
        this.published = Math.max(this.published, version)
        this.#break('notePublished', 'after')
      },
    }
  }

  #break(step: (typeof STEPS)[number], when: 'before' | 'after'): void {
    if (this.breaks?.step !== step || this.breaks.when !== when) return
    this.breaks = undefined
    throw new Error(`${step} breaks ${when} taking effect`)
  }
}

const memberRow = { role: 'viewer', status: 'active', createdMs: 0 } as const

/** A change that may or may not fit what is there. */
function randomChange(next: (below: number) => number): DirectoryChange {
  const id = `mem_${next(5)}`
  const role = (['owner', 'admin', 'viewer'] as const)[next(3)]
  const changes: DirectoryChange[] = [
    { what: 'member.added', id, row: { ...memberRow, role } },
    { what: 'member.edited', id, patch: { role } },
    { what: 'member.removed', id },
    { what: 'settings.put', id: 'settings', row: { number: next(100) } },
  ]
  return changes[next(changes.length)]
}

for (const step of STEPS) {
  for (const when of ['before', 'after'] as const) {
    it(`tells D1 everything when ${step} breaks ${when} taking effect, and it is tried again`, async () => {
      const world = new World()
      world.change(
        { what: 'member.added', id: 'mem_1', row: memberRow },
        { what: 'member.added', id: 'mem_2', row: memberRow },
      )
      await world.publish()
      world.change(
        { what: 'member.edited', id: 'mem_1', patch: { role: 'editor' } },
        { what: 'member.removed', id: 'mem_2' },
      )
      world.breaks = { step, when }
      await world.publish().catch(() => undefined)
      await world.publish()
      expect(world.copied()).toEqual(world.own())
      expect([world.d1.version, world.published]).toEqual([2, 2])
      expect([...world.rows.keys()]).toEqual(['member mem_1'])
    })
  }
}

it('ends with D1 knowing the directory, whatever breaks, arrives late or comes twice', async () => {
  for (let seed = 1; seed <= 300; seed++) {
    const next = randomIntegers(seed)
    const world = new World()
    for (let turn = 0; turn < 30; turn++) {
      world.change(randomChange(next))
      if (next(3) === 0) world.breaks = { step: STEPS[next(3)], when: next(2) === 0 ? 'before' : 'after' }
      // Two publications may be under way at once, and changes come in between.
      const publications = [world.publish(), world.publish()]
      if (next(2) === 0) world.change(randomChange(next))
      await Promise.allSettled(publications)
      if (world.sent.length > 0) world.deliver(world.sent[next(world.sent.length)])
    }
    world.breaks = undefined
    await world.publish()
    world.deliver(world.sent[0] ?? { version: 0, rows: [] })
    expect(world.copied(), `seed ${seed}`).toEqual(world.own())
    expect(world.d1.version, `seed ${seed}`).toBe(world.version)
  }
})

describe('changes', () => {
  it('are made all together under one version, or not at all', () => {
    const world = new World()
    const add = { what: 'member.added', id: 'mem_1', row: memberRow } as const
    expect(world.change(add, { what: 'member.edited', id: 'mem_1', patch: { role: 'admin' } })).toMatchObject({
      ok: true,
      version: 1,
      applied: [
        { what: 'member.added', before: undefined, after: { role: 'viewer' } },
        { what: 'member.edited', before: { role: 'viewer' }, after: { role: 'admin' } },
      ],
    })
    const refused = world.change({ ...add, id: 'mem_2' }, { what: 'member.removed', id: 'mem_3' })
    expect(refused).toEqual({ ok: false, refusal: { kind: 'not_found' } })
    expect([world.version, Object.keys(world.own())]).toEqual([1, ['member mem_1']])
  })

  it('agree with a naive directory over random histories, and never lose the last owner', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const next = randomIntegers(seed)
      const world = new World()
      let naive = new Map<string, JsonObject>()
      for (let turn = 0; turn < 60; turn++) {
        const change = randomChange(next)
        const after = naiveChange(naive, change)
        const outcome = world.change(change)
        expect(outcome.ok, `seed ${seed}, turn ${turn}`).toBe(after !== undefined)
        naive = after ?? naive
        expect(world.own(), `seed ${seed}, turn ${turn}`).toEqual(Object.fromEntries([...naive].sort()))
      }
    }
  })

  it('are refused when somebody else has been faster', () => {
    const world = new World()
    world.change({ what: 'settings.put', id: 'settings', row: { a: 1 }, ifVersion: 0 })
    const stale = { what: 'settings.put', id: 'settings', row: { a: 2 } } as const
    expect(world.change({ ...stale, ifVersion: 0 })).toMatchObject({ refusal: { kind: 'precondition_failed' } })
    expect(world.change({ ...stale, ifVersion: 1 })).toMatchObject({ ok: true, version: 2 })
    expect(world.change({ ...stale, ifVersion: 1 })).toMatchObject({ refusal: { kind: 'precondition_failed' } })
  })

  it('cannot touch what a row is for its life, nor write what is none of its members', () => {
    const world = new World()
    world.change({ what: 'member.added', id: 'mem_1', row: memberRow })
    for (const patch of [
      { createdMs: 1 },
      { hello: 'world' },
      { role: 'operator' },
      { role: null },
      { filter: 'x'.repeat(5000) },
    ]) {
      const outcome = world.change({ what: 'member.edited', id: 'mem_1', patch })
      expect(outcome, JSON.stringify(patch).slice(0, 40)).toMatchObject({ refusal: { kind: 'invalid_change' } })
    }
    const large = { what: 'settings.put', id: 'settings', row: { text: 'ü'.repeat(40_000) } } as const
    expect(world.change(large)).toMatchObject({ refusal: { kind: 'invalid_change' } })
    expect(world.version).toBe(1)
  })

  it('keep what a newer version of the code has written beside what this one knows', () => {
    const world = new World()
    const row: ChangedRow = { kind: 'member', id: 'mem_1', version: 1, value: { ...memberRow, mood: 'sunny' } }
    world.rows.set('member mem_1', row)
    expect(world.change({ what: 'member.edited', id: 'mem_1', patch: { role: 'admin' } })).toMatchObject({ ok: true })
    expect(world.own()).toEqual({ 'member mem_1': { ...memberRow, role: 'admin', mood: 'sunny' } })
  })
})

/** The directory after a change, by the rules in their plainest form; undefined when it is refused. */
function naiveChange(before: ReadonlyMap<string, JsonObject>, change: DirectoryChange) {
  const after = new Map(before)
  const key = `${change.what.split('.')[0]} ${change.id}`
  const row = before.get(key)
  if (change.what === 'settings.put') return after.set(key, change.row)
  if ((change.what === 'member.added') === (row !== undefined)) return undefined
  if (change.what === 'member.added') after.set(key, { ...memberRow, role: change.row.role })
  else if (change.what === 'member.edited') after.set(key, { ...row, ...change.patch })
  else after.delete(key)
  const owners = (rows: ReadonlyMap<string, JsonObject>): number =>
    [...rows.values()].filter(({ role }) => role === 'owner').length
  return owners(before) > 0 && owners(after) === 0 ? undefined : after
}
