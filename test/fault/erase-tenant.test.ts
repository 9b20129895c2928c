import { describe, expect, it } from 'vitest'
import {
  ERASURE_STEPS,
  type EraseTenantPorts,
  type Erasure,
  type ErasureFacts,
  eraseTenant,
} from '../../src/tenant/erase-tenant'
import { ErasureCertificate, toCertificate } from '../../src/tenant/erasure-certificate'

const STEPS_MAX = 40
const STORES = ['object', 'payload', 'archive', 'cache', 'control'] as const

/** Stores with a few pieces each; a step deletes one. A call can be made to break before or after it takes effect. */
class World {
  readonly left = new Map<string, number>(STORES.map((store) => [store, 3]))
  readonly calls: string[] = []
  erasure: Erasure | undefined = {
    ...{ tenantId: 'ten_a', name: 'acme', step: 'close', begunMs: 5 },
    ...{ facts: undefined, doneMs: undefined, certificate: undefined },
  }
  isWanted = true
  certificates = 0
  #breaks: { readonly call: string; readonly when: 'before' | 'after' } | undefined

  breakNext(call: string, when: 'before' | 'after'): void {
    this.#breaks = { call, when }
  }

  get total(): number {
    return [...this.left.values()].reduce((sum, count) => sum + count, 0)
  }

  readonly ports: EraseTenantPorts = {
    read: async () => this.erasure,
    move: (from, to, facts) =>
      this.#run(`move ${from}`, () => {
        if (this.erasure?.step !== from || this.erasure.doneMs !== undefined) return
        this.erasure = { ...this.erasure, step: to, ...(facts && { facts }) }
      }),
    finish: (certificate, doneMs) =>
      this.#run('finish', () => {
        if (this.erasure && this.erasure.doneMs === undefined) this.erasure = { ...this.erasure, certificate, doneMs }
      }),
    cancel: () =>
      this.#run('cancel', () => {
        this.erasure = undefined
      }),
    close: () => this.#run('close', () => this.isWanted),
    count: () => this.#run('count', () => this.#facts()),
    emptyObject: () => this.#run('emptyObject', () => void this.left.set('object', 0)),
    deletePayloads: () => this.#run('deletePayloads', () => this.#deleteOne('payload')),
    deleteArchive: () => this.#run('deleteArchive', () => this.#deleteOne('archive')),
    deleteCache: () => this.#run('deleteCache', () => this.#deleteOne('cache')),
    deleteControl: () => this.#run('deleteControl', () => this.#deleteOne('control')),
    isAnythingLeft: () => this.#run('isAnythingLeft', () => this.total > 0),
    certify: ({ facts }) =>
      this.#run('certify', () => {
        this.certificates++
        return JSON.stringify(facts)
      }),
  }

  #facts(): ErasureFacts {
    const count = (store: string) => this.left.get(store) ?? 0
    return {
      object: {
        ...{ bytes: count('object'), unsealedRecords: 1, unpublished: [], recordsStored: 9 },
        directory: { key: 2 },
      },
      stores: {
        control: { domain: count('control') },
        payload: { segments: count('payload'), parts: count('payload') },
        archive: { objects: count('archive'), bytes: 10 },
        cache: { values: count('cache') },
      },
      segments: { count: 3, records: 30, bytes: 300, sha256: 'f'.repeat(64) },
      tenant: { plan: 'free', createdMs: 1, deleteMs: 4 },
    }
  }

  #deleteOne(store: string): boolean {
    const count = this.left.get(store) ?? 0
    this.left.set(store, Math.max(0, count - 1))
    return count > 0
  }

  async #run<Value>(call: string, effect: () => Value): Promise<Value> {
    const breaks = this.#breaks?.call === call ? this.#breaks : undefined
    if (breaks) this.#breaks = undefined
    this.calls.push(call)
    if (breaks?.when === 'before') throw new Error('broken before')
    const value = effect()
    if (breaks?.when === 'after') throw new Error('broken after')
    return value
  }
}

const run = (world: World, steps = STEPS_MAX) => eraseTenant(world.ports, steps, () => 1000)

/** What the certificate counts: what there was before the first thing went. */
const COUNTED = JSON.stringify({ domain: 3 })

describe('erasing a tenant', () => {
  it('empties every store, the object before those that it writes to, and the names last', async () => {
    const world = new World()
    expect(await run(world)).toMatchObject({ outcome: 'done' })
    expect(world.total).toBe(0)
    const firsts = [...new Set(world.calls.filter((call) => !call.startsWith('move')))]
    expect(firsts).toEqual([
      ...['close', 'count', 'emptyObject', 'deletePayloads', 'deleteArchive', 'deleteCache', 'deleteControl'],
      ...['isAnythingLeft', 'certify', 'finish'],
    ])
    expect(await run(world)).toEqual({ outcome: 'done', steps: 0 })
    expect(world.certificates).toBe(1)
  })

  const calls = [
    ...['close', 'count', 'emptyObject', 'deletePayloads', 'deleteArchive', 'deleteCache', 'deleteControl'],
    ...['isAnythingLeft', 'certify', 'finish'],
    ...ERASURE_STEPS.filter((step) => step !== 'certify').map((step) => `move ${step}`),
  ]
  for (const call of calls) {
    for (const when of ['before', 'after'] as const) {
      it(`comes to the same end when ${call} breaks ${when} taking effect`, async () => {
        const world = new World()
        world.breakNext(call, when)
        await expect(run(world)).rejects.toThrow('broken')
        expect(await run(world)).toMatchObject({ outcome: 'done' })
        expect(world.total).toBe(0)
        expect(world.erasure?.certificate).toContain(COUNTED)
      })
    }
  }

  it('comes to the same end a step at a time, and beside itself', async () => {
    const slow = new World()
    for (let runs = 0; runs < 100 && slow.erasure?.doneMs === undefined; runs++) await run(slow, 1)
    expect([slow.total, slow.erasure?.doneMs]).toEqual([0, 1000])
    const doubled = new World()
    await Promise.all([run(doubled), run(doubled), run(doubled)])
    await run(doubled)
    expect([doubled.total, doubled.erasure?.doneMs]).toEqual([0, 1000])
    for (const world of [slow, doubled]) expect(world.erasure?.certificate).toContain(COUNTED)
  })

  it('forgets a tenant that was taken back, and touches nothing of it', async () => {
    const world = new World()
    world.isWanted = false
    expect(await run(world)).toEqual({ outcome: 'cancelled', steps: 1 })
    expect([world.erasure, world.total]).toEqual([undefined, 15])
  })

  it('begins again in a later run when a store has something left after all', async () => {
    const world = new World()
    const { deleteControl } = world.ports
    let late = 1
    const ports = {
      ...world.ports,
      deleteControl: async () => {
        const hasMore = await deleteControl()
        if (!hasMore && late-- > 0) world.left.set('archive', 1)
        return hasMore
      },
    }
    expect(await eraseTenant(ports, STEPS_MAX, () => 1000)).toMatchObject({ outcome: 'more' })
    expect([world.erasure?.step, world.certificates]).toEqual(['object', 0])
    expect(await eraseTenant(ports, STEPS_MAX, () => 1000)).toMatchObject({ outcome: 'done' })
    expect(world.total).toBe(0)
  })
})

it('a certificate says what was erased, and names what it does not reach', async () => {
  const world = new World()
  await run(world)
  const { erasure } = world
  if (erasure?.facts === undefined) return expect.fail('nothing was counted')
  const certificate = toCertificate(erasure, erasure.facts, { issuer: 'sluice', doneMs: 1000 })
  expect(ErasureCertificate.parse(certificate)).toEqual(certificate)
  expect(certificate).toMatchObject({
    tenant: { id: 'ten_a', name: 'acme', plan: 'free' },
    erased: { payload: { segments: 3 }, archive: { objects: 3 }, cache: { values: 3 }, control: { domain: 3 } },
    segments: { count: 3, records: 30 },
  })
  const remains = certificate.remains.join(' ')
  for (const named of ['30 days', 'ackups', 'KV', 'free']) expect(remains).toContain(named)
})
