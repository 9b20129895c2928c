import type { ChainEntry } from './chain-entry'
import type { PublishableSegment } from './publish'
import type { RemovalReport } from './retention-run'

/** A segment that is about to leave the set, as far as what is left of it has to be found again. */
export interface LeavingSegment {
  readonly id: string
  readonly hash: string
  readonly place: 'd1' | 'r2'
  readonly archiveKey: string | undefined
}

/** A segment of which some records may have expired. */
export interface ExpirableSegment extends LeavingSegment {
  readonly rows: number
  readonly bytes: number
  readonly sealedMs: number
  /** Its place in the archive object, if it is in one. */
  readonly offset: number
  /** What was erased of it, as the catalog keeps it. */
  readonly mask: string | undefined
}

/** A segment on its way into an archive object. */
export interface PackMember {
  readonly id: string
  readonly hash: string
  readonly bytes: number
  /** What the catalog says of its place in the archive object that it is in now. */
  readonly offset?: number
}

/** What the catalog says of a segment in an archive object. */
export interface PackPlace {
  readonly id: string
  /** Where the segment begins in an object of whole segments, where the directory begins in any other. */
  readonly offset: number
}

interface ChangeBase {
  /** The generation that the change makes: readers see it from then on. */
  readonly generation: number
  readonly atMs: number
}

/**
 * A change of the set of published segments, as it is saved in the object before it begins. Whatever it makes is decided
 * by then, so that a second try, by whatever code, does the same.
 */
export type Change = ChangeBase &
  (
    | {
        readonly what: 'merged'
        readonly removed: readonly LeavingSegment[]
        /** The object holds their bytes until the change is done. */
        readonly made: readonly PublishableSegment[]
      }
    | {
        readonly what: 'expired'
        readonly removed: readonly LeavingSegment[]
        /** What is left of segments of which only a part has expired. The object holds their bytes until the change is done. */
        readonly made?: readonly PublishableSegment[]
        /** For the account of the run; absent in what an older version of the code has begun. */
        readonly report?: RemovalReport
      }
    | ArchivedChange
    | {
        readonly what: 'erased'
        readonly segment: { readonly id: string; readonly hash: string }
        readonly mask: string
        readonly rows: number
        readonly maskHash: string
      }
  )

export interface ArchivedChange extends ChangeBase {
  readonly what: 'archived'
  readonly day: number
  readonly class: string
  readonly members: readonly PackMember[]
  /** The archive object that they are in now; undefined when they are in D1. */
  readonly from?: string
  /** Every key under which the pack may have been written: another version of the code may choose another. */
  readonly keys: readonly string[]
  /** Set once the pack is stored and was read back. */
  readonly stored: { readonly key: string; readonly places: readonly PackPlace[] } | undefined
}

/** What changes in the catalog. All of it takes effect together. */
export interface CatalogEdit {
  readonly generation: number
  readonly atMs: number
  readonly added: readonly {
    readonly segment: PublishableSegment
    readonly bytes: number
    readonly header: Uint8Array
  }[]
  readonly removed: readonly string[]
  readonly moved: { readonly key: string; readonly places: readonly PackPlace[] } | undefined
  readonly masked: { readonly id: string; readonly mask: string } | undefined
}

/** What no reader needs any more once the grace is over. */
export interface Garbage {
  /** Rows of the catalog. */
  readonly segments: readonly string[]
  /** Payloads in D1, by segment. */
  readonly payloads: readonly string[]
  /** Archive objects, to be deleted when no row of the catalog names them. */
  readonly objects: readonly string[]
}

/** Garbage without these archive objects. */
export const withoutObjects = (garbage: Garbage, keys: readonly string[]): Garbage => ({
  ...garbage,
  objects: garbage.objects.filter((key) => !keys.includes(key)),
})

/** A pack of segments, laid out and not yet written. */
export interface PlannedPack {
  readonly key: string
  readonly places: readonly PackPlace[]
}

/** Which segments' bytes are missing or not what their hash says. */
export type Stored = { readonly ok: true } | { readonly ok: false; readonly damaged: readonly string[] }

/** Where changes are written. Every write may be repeated: it changes nothing the second time. */
export interface ChangePorts {
  readMade(id: string): { readonly header: Uint8Array; readonly bytes: Uint8Array } | undefined
  putPayload(segment: PublishableSegment, bytes: Uint8Array): Promise<void>
  putCache(segment: PublishableSegment, bytes: Uint8Array, header: Uint8Array): Promise<void>
  planPack(change: ArchivedChange): PlannedPack
  /** Writes the pack and reads it back. */
  storePack(change: ArchivedChange, pack: PlannedPack): Promise<Stored>
  editCatalog(edit: CatalogEdit): Promise<void>
  /** In one turn of the object: keeps what became of the change so far. */
  save(change: Change): void
  /** In one turn of the object: moves readers on to the change's generation, and forgets its intention. */
  finish(change: Change): void
  /** In one turn of the object: forgets the intention; nothing that readers see has changed. */
  abandon(change: Change, damaged: readonly string[]): void
}

/** Carries a change out, from wherever an earlier try has left it. It may stop at any await and run again. */
export async function applyChange(ports: ChangePorts, change: Change): Promise<void> {
  const ready = change.what === 'archived' ? await storeArchived(ports, change) : change
  if (ready === undefined) return
  const added: CatalogEdit['added'][number][] = []
  for (const segment of madeBy(ready)) {
    const made = ports.readMade(segment.id)
    if (made === undefined) throw new Error(`the object does not hold the new segment ${segment.id}`)
    await ports.putPayload(segment, made.bytes)
    await ports.putCache(segment, made.bytes, made.header)
    added.push({ segment, bytes: made.bytes.length, header: made.header })
  }
  await ports.editCatalog(editOf(ready, added))
  ports.finish(ready)
}

/**
 * Writes the pack unless that is done; undefined when it cannot be made. Until it is stored nothing has changed for anybody,
 * so a failure abandons the change: an archive that is away must not hold up what is to be published.
 */
async function storeArchived(ports: ChangePorts, change: ArchivedChange): Promise<ArchivedChange | undefined> {
  if (change.stored !== undefined) return change
  const pack = ports.planPack(change)
  const tried = change.keys.includes(pack.key) ? change : { ...change, keys: [...change.keys, pack.key] }
  if (tried !== change) ports.save(tried)
  const outcome = await storeOrAbandon(ports, tried, pack)
  if (!outcome.ok) {
    ports.abandon(tried, outcome.damaged)
    return undefined
  }
  const stored = { ...tried, stored: { key: pack.key, places: pack.places } }
  ports.save(stored)
  return stored
}

async function storeOrAbandon(ports: ChangePorts, change: ArchivedChange, pack: PlannedPack): Promise<Stored> {
  try {
    return await ports.storePack(change, pack)
  } catch (error) {
    ports.abandon(change, [])
    throw error
  }
}

function editOf(change: Change, added: CatalogEdit['added']): CatalogEdit {
  const { generation, atMs } = change
  const removed = change.what === 'merged' || change.what === 'expired' ? change.removed.map(({ id }) => id) : []
  return {
    generation,
    atMs,
    added,
    removed,
    moved: change.what === 'archived' ? change.stored : undefined,
    masked: change.what === 'erased' ? { id: change.segment.id, mask: change.mask } : undefined,
  }
}

/** The segments that a change makes. */
const madeBy = (change: Change): readonly PublishableSegment[] =>
  change.what === 'merged' || change.what === 'expired' ? (change.made ?? []) : []

/** What a change that was carried out leaves behind. */
export function garbageOf(change: Change): Garbage {
  switch (change.what) {
    case 'merged':
    case 'expired':
      return {
        segments: change.removed.map(({ id }) => id),
        payloads: change.removed.filter(({ place }) => place === 'd1').map(({ id }) => id),
        objects: [...new Set(change.removed.flatMap(({ archiveKey }) => archiveKey ?? []))],
      }
    case 'archived':
      return {
        segments: [],
        payloads: change.from === undefined ? change.members.map(({ id }) => id) : [],
        objects: [...change.keys, ...(change.from === undefined ? [] : [change.from])].filter(
          (key) => key !== change.stored?.key,
        ),
      }
    case 'erased':
      return { segments: [], payloads: [], objects: [] }
  }
}

/** What the chain says of a change; undefined when the set and its rows stay what they are. */
export function chainEntryOf(change: Change): ChainEntry | undefined {
  const { what, atMs } = change
  switch (what) {
    case 'merged':
      return { what, atMs, added: change.made.map(({ hash }) => hash), removed: change.removed.map(({ hash }) => hash) }
    case 'expired':
      return {
        ...{ what, atMs },
        added: madeBy(change).map(({ hash }) => hash),
        removed: change.removed.map(({ hash }) => hash),
      }
    case 'erased':
      return {
        what,
        atMs,
        added: [],
        removed: [],
        erased: { segment: change.segment.hash, rows: change.rows, mask: change.maskHash },
      }
    case 'archived':
      return undefined
  }
}

/** Where what is left behind is deleted. Deleting twice changes nothing. */
export interface CollectPorts {
  deletePayloads(ids: readonly string[]): Promise<void>
  deleteCatalogRows(ids: readonly string[]): Promise<void>
  /** Which of these archive objects rows of the catalog still name, live or not. */
  findNamed(keys: readonly string[]): Promise<ReadonlySet<string>>
  deleteObject(key: string): Promise<void>
}

/**
 * Deletes what a change has left behind. Rows go after the bytes they describe, so that no bytes are ever forgotten. Answers
 * which archive objects have to stay, because there are still rows that name them.
 */
export async function collectGarbage(ports: CollectPorts, garbage: Garbage): Promise<ReadonlySet<string>> {
  if (garbage.payloads.length > 0) await ports.deletePayloads(garbage.payloads)
  if (garbage.segments.length > 0) await ports.deleteCatalogRows(garbage.segments)
  if (garbage.objects.length === 0) return new Set()
  const named = await ports.findNamed(garbage.objects)
  for (const key of garbage.objects) if (!named.has(key)) await ports.deleteObject(key)
  return named
}
