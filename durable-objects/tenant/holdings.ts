import { PAYLOAD_GRACE_MS } from '../../src/limits/limits'
import type { ChangePorts } from '../../src/segments/change'
import { type Change, chainEntryOf, type Garbage, garbageOf } from '../../src/segments/change'
import type { PublishPorts } from '../../src/segments/publish'
import type { SealedSegment } from '../../src/segments/seal'
import type { DirectoryPorts } from '../../src/tenant/directory'
import { type DirectoryRow, SETTINGS_ID, type TenantRow } from '../../src/tenant/directory-rows'
import { isErased } from '../../src/tenant/erased-state'
import type { PublishDirectoryPorts } from '../../src/tenant/publish-directory'
import { isUnpublished } from '../../src/tenant/schedule'
import type { JournalEntry } from '../../src/tenant/snapshot'
import {
  afterChange,
  afterPublishing,
  afterRetention,
  afterRetentionCall,
  afterSealing,
} from '../../src/tenant/transitions'
import type { HeldPorts } from '../../src/tenant/work'
import { Audit } from './audit'
import { Chain } from './chain'
import { Changes } from './changes'
import { DirectoryRows } from './directory-rows'
import { GarbageRows } from './garbage-rows'
import { Journal } from './journal'
import { RetentionRows } from './retention-rows'
import { Sealed } from './sealed'
import { SettingsHistoryRows } from './settings-history-rows'
import { StateRow } from './state-row'

type OwnPorts = HeldPorts &
  Pick<PublishPorts, 'read' | 'forget'> &
  Pick<ChangePorts, 'readMade' | 'save' | 'finish' | 'abandon'> &
  Pick<PublishDirectoryPorts, 'readUnpublished' | 'notePublished'>

/** What the object holds of the tenant's logs. Each method that writes is one transaction. */
export class Holdings {
  readonly state: StateRow
  readonly journal: Journal
  readonly sealed: Sealed
  readonly chain: Chain
  readonly changes: Changes
  readonly garbage: GarbageRows
  readonly directory: DirectoryRows
  readonly settingsHistory: SettingsHistoryRows
  readonly retention: RetentionRows
  readonly audit: Audit
  readonly #storage: DurableObjectStorage
  readonly #damaged = new Set<string>()
  readonly #unmerged = new Set<string>()

  constructor(storage: DurableObjectStorage, tenantId: () => string) {
    const { sql } = storage
    this.#storage = storage
    this.state = new StateRow(sql)
    this.journal = new Journal(sql)
    this.sealed = new Sealed(sql)
    this.chain = new Chain(sql)
    this.changes = new Changes(sql)
    this.garbage = new GarbageRows(sql)
    this.directory = new DirectoryRows(sql)
    this.retention = new RetentionRows(sql)
    this.settingsHistory = new SettingsHistoryRows(sql)
    this.audit = new Audit(sql, tenantId)
  }

  /** Runs a turn as one transaction. When it is rolled back, what is in memory is too. */
  transaction<T>(turn: () => T): T {
    try {
      return this.#storage.transactionSync(turn)
    } catch (error) {
      this.state.reload()
      this.audit.reload()
      throw error
    }
  }

  /** Whether the tenant is being erased, or is gone: then nothing is written any more, here or elsewhere. */
  isClosed(tenantId: string): boolean {
    return isErased(this.state.read()) || this.directory.find('tenant', tenantId)?.value.status === 'erasing'
  }

  /** What work reads and writes here, at a time that the caller tells. */
  ports(nowMs: () => number): OwnPorts {
    return {
      readState: () => this.state.read(),
      putState: (state) => this.transaction(() => this.state.put(state)),
      listJournal: () => this.journal.list(0),
      readJournal: (beforeSeq) => this.journal.read(0, beforeSeq).map(({ firstSeq, bytes }) => ({ firstSeq, bytes })),
      keepSealed: (cut, segments, atMs) => this.transaction(() => this.#keepSealed(cut, segments, atMs)),
      listSealed: () => this.sealed.list(),
      readChange: () => this.changes.read(),
      begin: (change, made) => this.transaction(() => this.#begin(change, made)),
      nextGarbage: (atMs) => this.garbage.next(atMs),
      forgetGarbage: (number) => this.transaction(() => this.garbage.forget(number)),
      notDue: (ids, edition, atMs) => this.retention.notDue(ids, edition, atMs),
      noteLooks: (looks, edition) => this.transaction(() => this.retention.noteLooks(looks, edition)),
      endRetention: (atMs) => this.transaction(() => this.#endRetention(atMs)),
      damaged: this.#damaged,
      unmerged: this.#unmerged,
      read: (id) => this.sealed.read(id),
      forget: (ids, added) => this.transaction(() => this.#forget(ids, added, nowMs())),
      readUnpublished: () => this.#readUnpublished(),
      notePublished: (version) => this.transaction(() => this.#notePublished(version)),
      readMade: (id) => this.changes.readMade(id),
      save: (change) => this.transaction(() => this.changes.put(change)),
      finish: (change) => this.transaction(() => this.#finish(change, nowMs())),
      abandon: (change, damaged) => this.transaction(() => this.#abandon(change, damaged, nowMs())),
    }
  }

  /** What a change of the directory reads and writes, inside a transaction of the caller. */
  directoryPorts(): DirectoryPorts {
    return {
      readVersion: () => this.state.read().settingsVersion,
      find: (kind, id) => this.directory.find(kind, id),
      list: (kind) => this.directory.list(kind),
      count: (kind) => this.directory.count(kind),
      put: (row, value) => this.directory.put(row, value),
      putVersion: (settingsVersion) => this.state.put({ ...this.state.read(), settingsVersion }),
    }
  }

  /** Takes over a directory that D1 had before the object. Does nothing where there is one already. */
  adoptDirectory(version: number, rows: readonly DirectoryRow[]): void {
    this.transaction(() => {
      const state = this.state.read()
      if (state.hasDirectory) return
      for (const row of rows) this.directory.put(row, row.value)
      const settingsVersion = Math.max(state.settingsVersion, version)
      this.state.put({ ...state, hasDirectory: true, settingsVersion, publishedVersion: settingsVersion })
    })
  }

  /** Begins the directory of a new tenant. Does nothing where there is one already. */
  makeDirectory(tenantId: string, tenant: TenantRow): void {
    this.transaction(() => {
      const state = this.state.read()
      if (state.hasDirectory) return
      const version = state.settingsVersion + 1
      this.directory.put({ kind: 'tenant', id: tenantId, version }, JSON.parse(JSON.stringify(tenant)))
      this.directory.put({ kind: 'settings', id: SETTINGS_ID, version }, {})
      this.state.put({ ...state, hasDirectory: true, settingsVersion: version })
    })
  }

  /**
   * Goes on from a version that D1 has, should the object have been put back to a time before it: D1 would take no change of
   * an older version.
   */
  raiseVersion(version: number): void {
    const state = this.state.read()
    if (version <= state.settingsVersion) return
    this.transaction(() => this.state.put({ ...state, settingsVersion: version }))
  }

  #readUnpublished(): ReturnType<PublishDirectoryPorts['readUnpublished']> {
    const state = this.state.read()
    if (!isUnpublished(state)) return undefined
    return { version: state.settingsVersion, rows: this.directory.changedSince(state.publishedVersion) }
  }

  #notePublished(version: number): void {
    const state = this.state.read()
    if (version <= state.publishedVersion) return
    this.directory.forgetGone(version)
    this.state.put({ ...state, publishedVersion: version })
  }

  #keepSealed(cut: readonly JournalEntry[], segments: readonly SealedSegment[], nowMs: number): void {
    const last = cut[cut.length - 1]
    for (const segment of segments) this.sealed.put(segment, nowMs)
    this.journal.forget(last.firstSeq + last.rows)
    this.chain.append({ what: 'sealed', atMs: nowMs, added: segments.map(({ hash }) => hash), removed: [] })
    this.state.put(afterSealing(this.state.read(), cut, segments, nowMs))
  }

  #forget(ids: readonly string[], generation: number, nowMs: number): void {
    const sizes = new Map(this.sealed.list().map(({ id, size }) => [id, size]))
    const bytes = ids.reduce((sum, id) => sum + (sizes.get(id) ?? 0), 0)
    for (const id of ids) this.sealed.forget(id)
    this.state.put(afterPublishing(this.state.read(), { segments: ids.length, bytes, generation }, nowMs))
  }

  #begin(change: Change, made: readonly SealedSegment[]): void {
    if (this.changes.isBegun()) throw new Error('another change of the catalog is not done yet')
    this.changes.put(change)
    for (const segment of made) this.changes.putMade(segment)
  }

  /** The retention cron has called. Part of a transaction of the caller. */
  beginRetention(slotMs: number, nowMs: number): void {
    const state = this.state.read()
    if (slotMs > state.retentionSlotMs) this.retention.begin(slotMs, nowMs)
    this.state.put(afterRetentionCall(state, slotMs))
  }

  /** A run of retention has looked at everything. */
  #endRetention(nowMs: number): void {
    const state = this.state.read()
    this.retention.end(state.retentionSlotMs, nowMs)
    this.state.put(afterRetention(state))
  }

  #finish(change: Change, nowMs: number): void {
    if (change.what === 'expired' && change.report) this.retention.add(change.report, nowMs)
    if (change.what === 'expired' || change.what === 'merged')
      this.retention.forgetLooks(change.removed.map(({ id }) => id))
    const entry = chainEntryOf(change)
    if (entry) this.chain.append(entry)
    this.#leave(garbageOf(change), nowMs)
    this.changes.forget()
    this.state.put(afterChange(this.state.read(), change))
  }

  #abandon(change: Change, damaged: readonly string[], nowMs: number): void {
    for (const id of damaged) this.#damaged.add(id)
    const objects = change.what === 'archived' ? change.keys : []
    this.#leave({ segments: [], payloads: [], objects }, nowMs)
    this.changes.forget()
  }

  /** The grace counts from now, when readers move on: those before may still be reading. */
  #leave(garbage: Garbage, nowMs: number): void {
    if (garbage.segments.length + garbage.payloads.length + garbage.objects.length > 0)
      this.garbage.put(garbage, nowMs + PAYLOAD_GRACE_MS)
  }
}
