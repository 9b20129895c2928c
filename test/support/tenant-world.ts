import { decodeBlock } from '../../src/blocks/block-bytes'
import { unpackedLength } from '../../src/blocks/packed-block'
import { HOT_BYTES_MAX, MERGE_SEGMENTS_MAX, PAYLOAD_GRACE_MS } from '../../src/limits/limits'
import { type PackPorts, type PackRequest, planPack, storePack } from '../../src/segments/archive'
import type { ChainEntry } from '../../src/segments/chain-entry'
import {
  type CatalogEdit,
  type Change,
  chainEntryOf,
  type ExpirableSegment,
  type Garbage,
  garbageOf,
  withoutObjects,
} from '../../src/segments/change'
import { decodeHeader, sectionsOf, segmentRows } from '../../src/segments/decode-segment'
import { decodeErased } from '../../src/segments/erased-rows'
import { fitsHash } from '../../src/segments/fits-hash'
import { lookForExpired } from '../../src/segments/look-for-expired'
import { mergeSegments, SMALL } from '../../src/segments/merge-small'
import {
  decodePackEnd,
  indexPack,
  joinPieces,
  PACK_TRAILER_BYTES,
  type PackIndex,
  packedBytes,
  piecesInPack,
  readPackTrailer,
} from '../../src/segments/pack-directory'
import type { PublishableSegment } from '../../src/segments/publish'
import type { RemovalReport } from '../../src/segments/retention-run'
import { type SealedSegment, sealBlocks } from '../../src/segments/seal'
import { appendBatch, type JournalRow } from '../../src/tenant/append'
import type { AppendOutcome } from '../../src/tenant/contract'
import { type ErasePorts, eraseRows } from '../../src/tenant/erase-rows'
import { type RetentionRules, shortestDays, uniformRetention } from '../../src/tenant/retention-rules'
import { INITIAL_STATE, type TenantState } from '../../src/tenant/state'
import {
  afterChange,
  afterPublishing,
  afterRetention,
  afterRetentionCall,
  afterSealing,
} from '../../src/tenant/transitions'
import { type ExpirablePage, type WorkSettings, work } from '../../src/tenant/work'
import { RECEIVED_MS, read } from './read-back'

export const MINUTE_MS = 60_000
export const HOUR_MS = 60 * MINUTE_MS
export const DAY_MS = 24 * HOUR_MS

type When = 'before' | 'after'

/** Which steps break: one, or any that chance has. */
export type Break =
  | { readonly step: number; readonly when: When }
  | { readonly any: (step: number) => When | undefined }

/** The failure that a test has asked for. */
export class Broken extends Error {}

interface CatalogRow {
  readonly segment: PublishableSegment
  readonly bytes: number
  readonly header: Uint8Array
  readonly added: number
  readonly removed: number | undefined
  readonly place: 'd1' | 'r2'
  readonly archiveKey: string | undefined
  readonly archiveOffset: number
  readonly mask: string | undefined
}

/** A reader that has asked the object, and is slow with everything else. */
interface Reader {
  readonly bornMs: number
  readonly generation: number
  readonly unpublished: readonly number[]
  readonly nextSeq: number
  /** The catalog as it was when the reader began. */
  readonly rows: readonly CatalogRow[]
}

const TENANT = 'ten_a'

/** Decoding is the same for the same bytes, and the world is read after each of its steps. */
const seqsByHash = new Map<string, readonly number[]>()
const blocksByText = new Map<string, ReturnType<typeof read>>()

/**
 * A tenant with everything that it is kept in, in memory. Any step, which is one effect outside or one transaction inside,
 * can be made to break before or after it takes effect; readers look at it all after each.
 */
export class TenantWorld {
  nowMs = RECEIVED_MS
  settings: WorkSettings = {
    retention: uniformRetention(30),
    edition: 0,
    hotMs: DAY_MS,
    hotBytesMax: HOT_BYTES_MAX,
    hasArchive: true,
    expireStep: 1000,
  }
  /** Another version of the code makes other bytes of the same rows, and another layout of an archive object. */
  code: 'old' | 'new' = 'old'
  /** Stores that do not answer. */
  readonly away = new Set<'d1' | 'r2'>()
  steps = 0
  readonly names: string[] = []
  retentions = 0
  breaks: Break | undefined
  /** Whether readers look after each step. */
  isWatched = true

  state: TenantState = INITIAL_STATE
  journal: JournalRow[] = []
  sealed = new Map<string, { segment: SealedSegment; sealedMs: number }>()
  chain: ChainEntry[] = []
  change: Change | undefined
  made = new Map<string, SealedSegment>()
  readonly looks = new Map<string, number>()
  readonly removals: RemovalReport[] = []
  garbage: { number: number; dueMs: number; garbage: Garbage }[] = []
  catalog = new Map<string, CatalogRow>()
  payloads = new Map<string, Uint8Array>()
  objects = new Map<string, Uint8Array>()
  readonly #damaged = new Set<string>()
  readonly #unmerged = new Set<string>()
  /** Times of the records that were acknowledged, by sequence number from 1. */
  readonly #times: number[] = [0]
  /** Records before this had expired when there was work, whatever the settings say since: that is not undone. */
  #expiredBeforeMs = Number.NEGATIVE_INFINITY
  readonly #erasing = new Set<number>()
  readonly #erased = new Set<number>()
  #readers: Reader[] = []
  /** The catalog of each generation as a Worker's isolate has read it, and keeps it. */
  readonly #isolate = new Map<number, readonly CatalogRow[]>()
  #numbers = 0

  append(count: number, timeMs = Math.min(this.nowMs, RECEIVED_MS + 20 * HOUR_MS)): AppendOutcome {
    const times = Array.from({ length: count }, (_, index) => timeMs + index)
    const lines = times.map((ms, index) =>
      JSON.stringify({ timestamp: new Date(ms).toISOString(), message: `n ${index}` }),
    )
    const text = lines.join('\n')
    const batch = blocksByText.get(text) ?? read(text)
    blocksByText.set(text, batch)
    if (batch.rejected.length > 0) throw new Error(`the records cannot be kept: ${batch.rejected[0].detail}`)
    const by = {
      ...{ tenantId: TENANT, host: '', keyId: 'key_a', address: '', settingsVersion: 0, batchId: 'b', minted: true },
      ...{ fingerprint: '', received: count, bytesIn: text.length, rejected: {}, errors: [], blocks: batch.summaries },
    }
    const outcome = appendBatch(
      {
        readState: () => this.state,
        putState: (state) => {
          this.state = state
        },
        findBatch: () => undefined,
        putBatch: () => undefined,
        putBlock: (row) => void this.journal.push(row),
        findKnownIds: () => [],
        putKnownIds: () => 0,
        refusalFor: () => undefined,
        takeLimits: () => ({ ok: true, limits: [], tail: '', rowsWritten: 0 }),
        evaluateRules: () => ({ tail: '', rowsWritten: 0 }),
        noteArrivals: () => '',
      },
      batch.blocks,
      by,
      this.nowMs,
    )
    if (outcome.ok) this.#times.push(...times)
    return outcome
  }

  async work(): Promise<void> {
    const expiredMs = this.nowMs - shortestDays(this.settings.retention) * DAY_MS
    this.#expiredBeforeMs = Math.max(this.#expiredBeforeMs, expiredMs)
    await work(this.ports(), this.settings, this.nowMs)
  }

  retain(slotMs: number): void {
    this.retentions++
    this.state = afterRetentionCall(this.state, slotMs)
  }

  async erase(segmentId: string, rows: readonly number[]): Promise<void> {
    const row = this.catalog.get(segmentId)
    for (const index of rows) {
      const seq = row && this.#seqsIn(row)[index]
      if (seq !== undefined) this.#erasing.add(seq)
    }
    const outcome = await eraseRows(this.ports(), segmentId, rows, this.nowMs)
    if (outcome.ok) for (const seq of this.#erasing) this.#erased.add(seq)
  }

  /** Time goes on. Readers do not live longer than the longest query. */
  advance(ms: number): void {
    this.nowMs += ms
    this.#readers = this.#readers.filter(({ bornMs }) => this.nowMs - bornMs < PAYLOAD_GRACE_MS)
  }

  /** Loses what an object's memory has. */
  evict(): void {
    this.#damaged.clear()
    this.#unmerged.clear()
  }

  /** What a reader that comes now finds: sequence numbers, sorted. Throws when a segment cannot be read. */
  readAll(): number[] {
    return this.#read(this.#newReader(), [...this.catalog.values()])
  }

  /** Everybody who may be reading finds everything exactly once. */
  check(where: string): void {
    const reader = this.#newReader()
    const last = this.#readers.at(-1)
    if (last?.generation !== reader.generation || last.nextSeq !== reader.nextSeq) this.#readers.push(reader)
    for (const one of [reader, ...this.#readers]) {
      this.#compare(this.#read(one, [...this.catalog.values()]), one.nextSeq, `${where}, catalog read now`)
      this.#compare(this.#read(one, one.rows), one.nextSeq, `${where}, catalog read before`)
    }
    const known = this.#isolate.get(reader.generation) ?? reader.rows
    this.#isolate.set(reader.generation, known)
    this.#compare(this.#read(reader, known), reader.nextSeq, `${where}, catalog remembered`)
    const back = this.#read(reader, known).filter((seq) => this.#erased.has(seq))
    if (back.length > 0) throw new Error(`${where}: the erased records ${back} are back`)
  }

  ports(): ErasePorts {
    return { ...this.#heldPorts(), ...this.#storePorts() }
  }

  #heldPorts() {
    const turn =
      <Arguments extends unknown[]>(name: string, effect: (...args: Arguments) => void) =>
      (...args: Arguments): void => {
        const step = this.#begin(name)
        effect(...args)
        this.#end(name, step)
      }
    return {
      readState: () => this.state,
      putState: turn('putState', (state: TenantState) => {
        this.state = state
      }),
      listJournal: () =>
        this.journal.map(({ bytes, ...row }) => ({ ...row, size: bytes.length, unpackedSize: unpackedLength(bytes) })),
      readJournal: (beforeSeq: number) => this.journal.filter(({ firstSeq }) => firstSeq < beforeSeq),
      keepSealed: turn(
        'keepSealed',
        (cut: Parameters<typeof afterSealing>[1], segments: readonly SealedSegment[], nowMs: number) => {
          const last = cut[cut.length - 1]
          for (const segment of segments) this.sealed.set(segment.id, { segment, sealedMs: nowMs })
          this.journal = this.journal.filter(({ firstSeq }) => firstSeq >= last.firstSeq + last.rows)
          this.chain.push({ what: 'sealed', atMs: nowMs, added: segments.map(({ hash }) => hash), removed: [] })
          this.state = afterSealing(this.state, cut, segments, nowMs)
        },
      ),
      listSealed: () => [...this.sealed.values()].map(({ segment, sealedMs }) => ({ ...segment, sealedMs })),
      readChange: (): Change | undefined => this.change && JSON.parse(JSON.stringify(this.change)),
      begin: turn('begin', (change: Change, made: readonly SealedSegment[]) => {
        if (this.change) throw new Error('another change is not done')
        this.change = change
        for (const segment of made) this.made.set(segment.id, segment)
      }),
      nextGarbage: (nowMs: number) => {
        const next = this.garbage.find(({ dueMs }) => dueMs <= nowMs)
        if (next === undefined) return undefined
        const later = this.garbage.filter(({ number }) => number > next.number)
        const objects = later.flatMap(({ garbage }) => garbage.objects)
        return { number: next.number, garbage: withoutObjects(next.garbage, objects) }
      },
      forgetGarbage: turn('forgetGarbage', (number: number) => {
        this.garbage = this.garbage.filter((row) => row.number !== number)
      }),
      notDue: (ids: readonly string[], edition: number, nowMs: number) =>
        new Set(ids.filter((id) => (this.looks.get(`${edition} ${id}`) ?? 0) > nowMs)),
      noteLooks: turn('noteLooks', (looks: readonly { id: string; dueMs: number }[], edition: number) => {
        for (const { id, dueMs } of looks) this.looks.set(`${edition} ${id}`, dueMs)
      }),
      endRetention: turn('endRetention', () => {
        this.state = afterRetention(this.state)
      }),
      damaged: this.#damaged,
      unmerged: this.#unmerged,
      read: (id: string) => {
        const found = this.sealed.get(id)
        return found && { header: found.segment.headerBytes, bytes: found.segment.bytes }
      },
      forget: turn('forget', (ids: readonly string[], generation: number) => {
        for (const id of ids) this.sealed.delete(id)
        this.state = afterPublishing(this.state, { segments: ids.length, bytes: 0, generation }, this.nowMs)
      }),
      readMade: (id: string) => {
        const found = this.made.get(id)
        return found && { header: found.headerBytes, bytes: found.bytes }
      },
      save: turn('save', (change: Change) => {
        this.change = change
      }),
      finish: turn('finish', (change: Change) => {
        const entry = chainEntryOf(change)
        if (entry) this.chain.push(entry)
        if (change.what === 'expired' && change.report) this.removals.push(change.report)
        this.#leave(garbageOf(change))
        this.change = undefined
        this.made.clear()
        this.state = afterChange(this.state, change)
      }),
      abandon: turn('abandon', (change: Change, damaged: readonly string[]) => {
        for (const id of damaged) this.#damaged.add(id)
        this.#leave({ segments: [], payloads: [], objects: change.what === 'archived' ? change.keys : [] })
        this.change = undefined
      }),
    }
  }

  #storePorts() {
    const effect =
      <Arguments extends unknown[], Result>(
        name: string,
        store: 'd1' | 'r2' | undefined,
        run: (...args: Arguments) => Result,
      ) =>
      async (...args: Arguments): Promise<Awaited<Result>> => {
        const step = this.#begin(name)
        if (store && this.away.has(store)) throw new Error(`${store} does not answer`)
        const result = await run(...args)
        this.#end(name, step)
        return result
      }
    const live = () => [...this.catalog.values()].filter(({ removed }) => removed === undefined)
    const inGroup = ({ day, class: name }: { day: number; class: string }) =>
      live().filter(({ segment, place }) => place === 'd1' && segment.day === day && segment.class === name)
    const isSmall = ({ segment, bytes }: CatalogRow) => segment.rows < SMALL.rows && bytes < SMALL.bytes
    const shard = this.code === 'old' ? 0 : 1
    const objects: PackPorts = {
      readHeaders: effect('readHeaders', 'd1', (ids) => ids.map((id) => this.catalog.get(id)?.header)),
      readSegments: effect('readSegments', 'd1', (members) => members.map(({ id }) => this.payloads.get(id))),
      hasObject: effect('hasObject', 'r2', (key) => this.objects.has(key)),
      createObject: effect('createObject', 'r2', async (key, length, chunks) => {
        const parts: Uint8Array[] = []
        for await (const chunk of chunks) parts.push(chunk)
        const bytes = new Uint8Array(Buffer.concat(parts))
        if (bytes.length !== length) throw new Error('an object of another length than was said')
        this.objects.set(key, bytes)
      }),
      readObject: effect('readObject', 'r2', (key, from, to) => this.objects.get(key)?.slice(from, to)),
      deleteObject: effect('deleteObject', 'r2', (key) => void this.objects.delete(key)),
    }
    const requestOf = ({ day, class: name, members }: Parameters<ErasePorts['planPack']>[0]): PackRequest => ({
      ...{ tenantId: `${TENANT}${this.code}`, day, class: name, members },
    })
    const readPackedFrom = (key: string): PackPorts['readSegments'] =>
      effect('readPacked', 'r2', (members) => members.map(({ id, bytes }) => this.#packedBytes(key, id, bytes)))
    return {
      sealAside: effect(
        'sealAside',
        undefined,
        (blocks: Parameters<ErasePorts['sealAside']>[0], rules: Parameters<ErasePorts['sealAside']>[1]) =>
          sealBlocks(blocks, { shard, class: 'standard', rules }),
      ),
      lookAside: effect('lookAside', 'd1', (segment: ExpirableSegment, rules: RetentionRules, nowMs: number) => {
        const { id, hash, mask, archiveKey, bytes: length } = segment
        const bytes = archiveKey === undefined ? this.payloads.get(id) : this.#packedBytes(archiveKey, id, length)
        return lookForExpired({ id, hash, mask, bytes }, { shard, rules, nowMs })
      }),
      readExpirable: effect('readExpirable', 'd1', ({ beforeMs, after, limit }: ExpirablePage) =>
        live()
          .filter(({ segment }) => segment.minTime < beforeMs && segment.id > after)
          .sort((left, right) => (left.segment.id < right.segment.id ? -1 : 1))
          .slice(0, limit)
          .map(expirable),
      ),
      putPayload: effect('putPayload', 'd1', (segment: PublishableSegment, bytes: Uint8Array) => {
        if (!this.payloads.has(segment.id)) this.payloads.set(segment.id, bytes)
      }),
      putCache: async () => undefined,
      putCatalog: effect(
        'putCatalog',
        'd1',
        (segment: PublishableSegment, bytes: Uint8Array, header: Uint8Array, added: number) =>
          this.#insert(segment, bytes.length, header, added),
      ),
      planPack: (change: Parameters<ErasePorts['planPack']>[0]) => {
        const { hash, places } = planPack(requestOf(change))
        return { key: `${TENANT}/${change.day}/${hash}.columns`, places }
      },
      storePack: (change: Parameters<ErasePorts['storePack']>[0], { key }: { key: string }) =>
        storePack(
          change.from === undefined ? objects : { ...objects, readSegments: readPackedFrom(change.from) },
          key,
          requestOf(change),
        ),
      editCatalog: effect('editCatalog', 'd1', (edit: CatalogEdit) => this.#edit(edit)),
      readGroups: effect('readGroups', 'd1', (coldBeforeMs: number) => {
        const groups = new Map(
          live().map(({ segment: { day, class: name } }) => [`${day} ${name}`, { day, class: name }]),
        )
        return [...groups.values()].flatMap(({ day, class: name }) => {
          const rows = inGroup({ day, class: name })
          if (rows.length === 0) return []
          const cold = rows.filter(({ segment }) => segment.sealedMs <= coldBeforeMs)
          return {
            day,
            class: name,
            small: rows.filter(isSmall).length,
            inD1: rows.length,
            bytes: rows.reduce((sum, { bytes }) => sum + bytes, 0),
            coldBytes: cold.reduce((sum, { bytes }) => sum + bytes, 0),
            newestSealedMs: Math.max(...rows.map(({ segment }) => segment.sealedMs)),
          }
        })
      }),
      readSmall: effect('readSmall', 'd1', (group: { day: number; class: string }) =>
        inGroup(group)
          .filter(isSmall)
          .slice(0, MERGE_SEGMENTS_MAX)
          .map(({ segment, bytes, header, mask }) => ({ ...segment, bytes, header, mask })),
      ),
      readCold: effect('readCold', 'd1', (group: { day: number; class: string }, coldBeforeMs: number) =>
        inGroup(group)
          .filter(({ segment }) => segment.sealedMs <= coldBeforeMs)
          .map(({ segment: { id, hash }, bytes }) => ({ id, hash, bytes })),
      ),
      readExpired: effect('readExpired', 'd1', (expiries: readonly { beforeMs: number }[], limit: number) =>
        live()
          .filter(({ segment }) => expiries.some(({ beforeMs }) => segment.maxTime < beforeMs))
          .slice(0, limit)
          .map(expirable),
      ),
      readPacks: effect('readPacks', 'd1', (keys: readonly string[]) =>
        keys.flatMap((key) => {
          const rows = [...this.catalog.values()].filter(({ archiveKey }) => archiveKey === key)
          const [first] = rows
          if (first === undefined) return []
          const live = rows
            .filter(({ removed }) => removed === undefined)
            .map(({ segment: { id, hash }, bytes, archiveOffset }) => ({ id, hash, bytes, offset: archiveOffset }))
          const { day, class: name } = first.segment
          return { key, day, class: name, bytes: packedBytes(first.archiveOffset), live }
        }),
      ),
      findRows: effect('findRows', 'd1', (ids: readonly string[]) => new Set(ids.filter((id) => this.catalog.has(id)))),
      findLive: effect('findLive', 'd1', (id: string) => {
        const row = this.catalog.get(id)
        if (row === undefined || row.removed !== undefined) return undefined
        return { id, hash: row.segment.hash, rows: row.segment.rows, mask: row.mask }
      }),
      mergeAside: effect(
        'mergeAside',
        'd1',
        (chosen: Parameters<ErasePorts['mergeAside']>[0], about: { class: string }) => {
          const sources = chosen.map(({ id, hash, mask }) => ({ id, hash, mask, bytes: this.payloads.get(id) }))
          const half = this.code === 'old' ? sources.length : sources.length >> 1
          const outcomes = [sources.slice(0, half), sources.slice(half)].map((part) =>
            mergeSegments(part, { shard, class: about.class }),
          )
          const damaged = outcomes.flatMap((outcome) => (outcome.ok ? [] : outcome.damaged))
          if (damaged.length > 0) return { ok: false as const, damaged }
          return { ok: true as const, segments: outcomes.flatMap((outcome) => (outcome.ok ? outcome.segments : [])) }
        },
      ),
      deletePayloads: effect('deletePayloads', 'd1', (ids: readonly string[]) => {
        for (const id of ids) this.payloads.delete(id)
      }),
      deleteCatalogRows: effect('deleteCatalogRows', 'd1', (ids: readonly string[]) => {
        for (const id of ids) if (this.catalog.get(id)?.removed !== undefined) this.catalog.delete(id)
      }),
      findNamed: effect('findNamed', 'd1', (keys: readonly string[]) => {
        const named = [...this.catalog.values()].flatMap(({ archiveKey }) => archiveKey ?? [])
        return new Set(keys.filter((key) => named.includes(key)))
      }),
      deleteObject: objects.deleteObject,
      // The directory has tests of its own.
      readUnpublished: () => undefined,
      putDirectory: () => Promise.resolve(),
      forgetHints: () => Promise.resolve(),
      notePublished: () => undefined,
    }
  }

  /** A step that may hold others: its number is that of its beginning. Answers when it is to break. */
  #begin(name: string): { readonly step: number; readonly breaks: When | undefined } {
    const step = ++this.steps
    this.names.push(name)
    const breaks = this.#whenToBreak(step)
    if (breaks === 'before') throw new Broken(`${name} breaks before`)
    return { step, breaks }
  }

  #whenToBreak(step: number): When | undefined {
    if (this.breaks === undefined) return undefined
    if ('any' in this.breaks) return this.breaks.any(step)
    return this.breaks.step === step ? this.breaks.when : undefined
  }

  #end(name: string, { step, breaks }: { readonly step: number; readonly breaks: When | undefined }): void {
    if (this.isWatched) this.check(`after ${name}, step ${step}`)
    if (breaks === 'after') throw new Broken(`${name} breaks after`)
  }

  #insert(segment: PublishableSegment, bytes: number, header: Uint8Array, added: number): void {
    if (this.catalog.has(segment.id)) return
    const place = { removed: undefined, place: 'd1' as const, archiveKey: undefined, archiveOffset: 0, mask: undefined }
    this.catalog.set(segment.id, { segment, bytes, header, added, ...place })
  }

  #edit({ generation, added, removed, moved, masked }: CatalogEdit): void {
    for (const { segment, bytes, header } of added) this.#insert(segment, bytes, header, generation)
    const update = (id: string, change: Partial<CatalogRow>): void => {
      const row = this.catalog.get(id)
      if (row) this.catalog.set(id, { ...row, ...change })
    }
    for (const id of removed) if (this.catalog.get(id)?.removed === undefined) update(id, { removed: generation })
    for (const { id, offset } of moved?.places ?? [])
      update(id, { place: 'r2', archiveKey: moved?.key, archiveOffset: offset })
    if (masked) update(masked.id, { mask: masked.mask })
  }

  #leave(garbage: Garbage): void {
    if (garbage.segments.length + garbage.payloads.length + garbage.objects.length === 0) return
    this.garbage.push({ number: ++this.#numbers, dueMs: this.nowMs + PAYLOAD_GRACE_MS, garbage })
  }

  #newReader(): Reader {
    const journal = this.journal.flatMap(({ firstSeq, bytes }) =>
      Array.from({ length: decodeBlock(bytes).rows }, (_, row) => firstSeq + row),
    )
    const sealed = [...this.sealed.values()].flatMap(({ segment }) => seqsOf(segment.bytes, segment.hash))
    return {
      bornMs: this.nowMs,
      generation: this.state.generation,
      unpublished: [...journal, ...sealed],
      nextSeq: this.state.nextSeq,
      rows: [...this.catalog.values()],
    }
  }

  #read(reader: Reader, rows: readonly CatalogRow[]): number[] {
    const { generation, unpublished } = reader
    const published = rows
      .filter(({ added, removed }) => added <= generation && (removed === undefined || removed > generation))
      .flatMap((row) => this.#visibleIn(row))
    return [...unpublished, ...published].sort((left, right) => left - right)
  }

  #visibleIn(row: CatalogRow): number[] {
    const seqs = this.#seqsIn(row)
    const erased = row.mask === undefined ? undefined : decodeErased(row.mask, row.segment.rows)
    return seqs.filter((_, index) => erased?.[index] !== 1)
  }

  #seqsIn({ segment, place, archiveKey, bytes: length }: CatalogRow): readonly number[] {
    const object = place === 'r2' ? this.objects.get(archiveKey ?? '') : undefined
    const known = object && seqsByObject.get(object)?.get(segment.id)
    if (known) return known
    const bytes =
      place === 'd1' ? this.payloads.get(segment.id) : this.#packedBytes(archiveKey ?? '', segment.id, length)
    if (bytes === undefined) throw new Error(`the payload of ${segment.id} is not in ${place}`)
    const seqs = seqsOf(bytes, segment.hash)
    if (object)
      seqsByObject.set(object, (seqsByObject.get(object) ?? new Map<string, readonly number[]>()).set(segment.id, seqs))
    return seqs
  }

  /** A segment out of an archive object, put together again. */
  #packedBytes(key: string, id: string, length: number): Uint8Array | undefined {
    const object = this.objects.get(key)
    if (object === undefined) return undefined
    const pieces = piecesInPack(indexOf(object), id)
    return joinPieces(length, pieces, ({ at, length: bytes }) => object.subarray(at, at + bytes))
  }

  /** Records within retention are there once each; older ones may be gone, and so may those that are being erased. */
  #compare(seqs: readonly number[], nextSeq: number, where: string): void {
    const oldestMs = Math.max(this.nowMs - shortestDays(this.settings.retention) * DAY_MS, this.#expiredBeforeMs)
    const found = new Set(seqs)
    if (found.size !== seqs.length) throw new Error(`${where}: a record is there twice`)
    for (let seq = 1; seq < nextSeq; seq++) {
      const mayBeGone = this.#times[seq] < oldestMs || this.#erasing.has(seq)
      if (!mayBeGone && !found.has(seq)) throw new Error(`${where}: record ${seq} is lost`)
    }
  }
}

/** What the catalog says of a segment that may expire. */
const expirable = ({ segment, bytes, place, archiveKey, archiveOffset, mask }: CatalogRow): ExpirableSegment => ({
  ...{ id: segment.id, hash: segment.hash, rows: segment.rows, sealedMs: segment.sealedMs },
  ...{ bytes, place, archiveKey, offset: archiveOffset, mask },
})

/** What archive objects hold never changes either, unless a test damages it. */
const indexes = new WeakMap<Uint8Array, PackIndex>()
const seqsByObject = new WeakMap<Uint8Array, Map<string, readonly number[]>>()

function indexOf(object: Uint8Array): PackIndex {
  const known = indexes.get(object)
  if (known !== undefined) return known
  const { offset } = readPackTrailer(object.subarray(-PACK_TRAILER_BYTES))
  const index = indexPack(decodePackEnd(object.subarray(offset), offset))
  indexes.set(object, index)
  return index
}

function seqsOf(bytes: Uint8Array, hash: string): readonly number[] {
  const known = seqsByHash.get(hash)
  if (known && Buffer.from(bytes.subarray(bytes.length - 32)).toString('hex') === hash) return known
  if (!fitsHash(bytes, hash)) throw new Error('a segment is damaged')
  const located = decodeHeader(bytes)
  const seqs = [...segmentRows(located.header, sectionsOf(bytes, located)).seqs]
  seqsByHash.set(hash, seqs)
  return seqs
}
