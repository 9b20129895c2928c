import { expect, it } from 'vitest'
import { readSnapshot } from '../../src/storage/unpublished'
import type { Snapshot, SnapshotOutcome, UnpublishedPiece } from '../../src/tenant/contract'
import { read } from '../support/read-back'

const caller = { tenantId: 'ten_pages', host: '', keyId: 'key_a', address: '', settingsVersion: 0 }
const { blocks } = read('{"a":1}')
const piece = (id: string): UnpublishedPiece => ({
  ...{ id, kind: 'block', firstSeq: 1, rows: 1, minTime: 0, maxTime: 1, bytes: blocks[0] },
})
const page = (id: string, change: Partial<Snapshot>): SnapshotOutcome => ({
  ok: true,
  snapshot: { generation: 1, seals: 1, nextSeq: 9, cursorSecret: 's', pieces: [piece(id)], more: undefined, ...change },
})

async function idsFrom(pages: SnapshotOutcome[]): Promise<string[]> {
  const snapshot = async () => pages.shift() ?? expect.fail('there are no more pages')
  const outcome = await readSnapshot({ snapshot } as never, caller)
  if (!outcome.ok) throw new Error('refused')
  return outcome.snapshot.units.map(({ id }) => id)
}

it('puts the pages of one moment together', async () => {
  expect(await idsFrom([page('a', { more: 1 }), page('b', {})])).toEqual(['a', 'b'])
})

it('begins again when records were sealed or published between two pages', async () => {
  for (const moved of [{ seals: 2 }, { generation: 2 }]) {
    const pages = [page('a', { more: 1 }), page('b', moved), page('c', { ...moved, more: 1 }), page('d', moved)]
    expect(await idsFrom(pages)).toEqual(['c', 'd'])
  }
})
