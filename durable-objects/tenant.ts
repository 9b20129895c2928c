import { DurableObject } from 'cloudflare:workers'
import { type Env, readConfig } from '../src/env'
import { SEAL_AFTER_MS, SEAL_BYTES_MAX } from '../src/limits/limits'
import { logFrom } from '../src/log'
import { publishSealed } from '../src/segments/publish'
import { deleteDue, putDue } from '../src/storage/d1/catalog'
import { appendBatch } from '../src/tenant/append'
import type {
  AppendOutcome,
  Caller,
  Provenance,
  Refusal,
  SnapshotOutcome,
  UnpublishedPiece,
  Usage,
} from '../src/tenant/contract'
import { recordOperations } from '../src/tenant/ledger'
import { isSealDue, nextWorkMs, retryPauseMs } from '../src/tenant/schedule'
import { mergePage, pagesOf, pieceOfPage, takePage } from '../src/tenant/snapshot'
import { Batches } from './tenant/batches'
import { Chain } from './tenant/chain'
import { Denied } from './tenant/denied'
import { Journal } from './tenant/journal'
import { migrate } from './tenant/migrations'
import { publishPorts } from './tenant/publish-ports'
import { Sealed } from './tenant/sealed'
import { StateRow } from './tenant/state-row'

/** One tenant. This class turns platform events into calls; every decision is made in `src/`. */
export class TenantObject extends DurableObject<Env> {
  readonly #state: StateRow
  readonly #journal: Journal
  readonly #sealed: Sealed
  readonly #chain: Chain
  readonly #denied: Denied
  #batches: Batches
  /** When the alarm is set for; undefined while it is not known. */
  #alarmMs: number | undefined
  #failures = 0
  /** Merged pages of small blocks, so that the next reader does not merge them again. */
  readonly #pages = new Map<string, Uint8Array>()

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    migrate(ctx.storage)
    const { sql } = ctx.storage
    this.#state = new StateRow(sql)
    this.#journal = new Journal(sql)
    this.#sealed = new Sealed(sql)
    this.#chain = new Chain(sql)
    this.#denied = new Denied(sql)
    this.#batches = new Batches(sql)
  }

  /** Takes a batch. When this answers, the batch is on disk and part of every later snapshot. */
  async append(blocks: readonly Uint8Array[], by: Provenance): Promise<AppendOutcome> {
    if (this.#state.read().journalRows === 0 && blocks.length > 0) await this.#noteDue(by.tenantId)
    await this.#readAlarm()
    const nowMs = Date.now()
    try {
      const outcome = this.ctx.storage.transactionSync(() => appendBatch(this.#appendPorts(nowMs), blocks, by, nowMs))
      this.#armFor(this.#state.read(), nowMs)
      return outcome
    } catch (error) {
      this.#state.reload()
      this.#batches = new Batches(this.ctx.storage.sql)
      throw error
    }
  }

  /** Everything that is not in the catalog yet, at one moment. `known` are ids of pieces that the reader has. */
  snapshot(by: Caller, known: readonly string[], from: number): SnapshotOutcome {
    const refusal = this.#refusalFor(by)
    if (refusal) return { ok: false, refusal }
    const { generation, nextSeq } = this.#state.read()
    const has = new Set(known)
    const pages = pagesOf(this.#journal.list(0))
    const segments = this.#sealed.list()
    const all = [
      ...segments.map((segment) => ({
        size: has.has(segment.id) ? 0 : segment.size,
        read: () => this.#sealedPiece(segment, has),
      })),
      ...pages.map((page) => ({
        size: has.has(page.id) ? 0 : page.entries.reduce((sum, entry) => sum + entry.size, 0),
        read: () => pieceOfPage(page, has.has(page.id) ? undefined : this.#pageBytes(page)),
      })),
    ]
    const next = takePage(all, from)
    const pieces = all.slice(from, next).map(({ read }) => read())
    return {
      ok: true,
      snapshot: {
        generation,
        nextSeq,
        cursorSecret: this.#cursorSecret(),
        pieces,
        more: next < all.length ? next : undefined,
      },
    }
  }

  usage(by: Caller): { ok: true; usage: Usage } | { ok: false; refusal: Refusal } {
    const refusal = this.#refusalFor(by)
    if (refusal) return { ok: false, refusal }
    const { ledger, journalRows, journalBytes, sealedSegments, sealedBytes, nextSeq, generation } = this.#state.read()
    return { ok: true, usage: { ledger, journalRows, journalBytes, sealedSegments, sealedBytes, nextSeq, generation } }
  }

  /** Called by the cron sweep: whatever became of the alarm, overdue work is done. */
  async wake(): Promise<void> {
    await this.#work()
  }

  /** Never throws: six failures in a row would delete the alarm. */
  override async alarm(): Promise<void> {
    this.#alarmMs = undefined
    await this.#work()
  }

  async #work(): Promise<void> {
    const tenantId = this.#tenantId()
    try {
      while (isSealDue(this.#state.read(), Date.now())) await this.#seal()
      await this.#publish(tenantId)
      this.#failures = 0
    } catch (error) {
      this.#failures++
      this.#log().error('tenant work failed', { tenantId, failures: this.#failures, reason: String(error) })
    }
    await this.#rearm(tenantId)
  }

  /** Makes segments of the oldest part of the journal. Appends go on meanwhile; the cut is by sequence number. */
  async #seal(): Promise<void> {
    const entries = this.#journal.list(0)
    const cut = takeForSealing(entries)
    const beforeSeq = cut[cut.length - 1].firstSeq + cut[cut.length - 1].rows
    const blocks = this.#journal.read(0, beforeSeq).map(({ firstSeq, bytes }) => ({ firstSeq, bytes }))
    const segments = await this.ctx.exports.Sealer.seal(blocks, { shard: 0, class: 'standard' })
    const nowMs = Date.now()
    this.ctx.storage.transactionSync(() => {
      const state = this.#state.read()
      for (const segment of segments) this.#sealed.put(segment, nowMs)
      this.#journal.forget(beforeSeq)
      this.#chain.append({ what: 'sealed', atMs: nowMs, added: segments.map(({ hash }) => hash), removed: [] })
      const rows = cut.reduce((sum, entry) => sum + entry.rows, 0)
      const bytes = cut.reduce((sum, entry) => sum + entry.size, 0)
      const size = segments.reduce((sum, segment) => sum + segment.bytes.length, 0)
      const spent = recordOperations(state.ledger, { rowsWritten: segments.length + cut.length + 2 })
      this.#state.put({
        ...state,
        journalRows: state.journalRows - rows,
        journalBytes: state.journalBytes - bytes,
        oldestMs: state.journalRows > rows ? nowMs : 0,
        sealedSegments: state.sealedSegments + segments.length,
        sealedBytes: state.sealedBytes + size,
        ledger: { ...spent, bytesStored: spent.bytesStored + size },
      })
    })
    this.#pages.clear()
  }

  async #publish(tenantId: string): Promise<void> {
    const sealed = this.#sealed.list()
    if (sealed.length === 0) return
    const ports = publishPorts(this.env, tenantId, {
      read: (id) => this.#sealed.read(id),
      forget: (ids, added) => this.#forget(ids, added),
      hotSeconds: Math.max(60, readConfig(this.env).HOT_HOURS * 3600),
    })
    await publishSealed(ports, sealed, this.#state.read().generation)
  }

  #forget(ids: readonly string[], added: number): void {
    this.ctx.storage.transactionSync(() => {
      const sizes = new Map(this.#sealed.list().map(({ id, size }) => [id, size]))
      const state = this.#state.read()
      for (const id of ids) this.#sealed.forget(id)
      this.#state.put({
        ...state,
        generation: added,
        sealedSegments: state.sealedSegments - ids.length,
        sealedBytes: state.sealedBytes - ids.reduce((sum, id) => sum + (sizes.get(id) ?? 0), 0),
        ledger: recordOperations(state.ledger, {
          kvWrites: ids.length * 2,
          d1RowsWritten: ids.length * 4,
          rowsWritten: ids.length + 1,
        }),
      })
    })
  }

  #appendPorts(nowMs: number) {
    return {
      readState: () => this.#state.read(),
      putState: (state: ReturnType<StateRow['read']>) => this.#state.put(state),
      findBatch: (id: string) => this.#batches.find(id, nowMs),
      putBatch: (id: string, fingerprint: string, receipt: Parameters<Batches['put']>[2]) =>
        this.#batches.put(id, fingerprint, receipt, nowMs),
      putBlock: (row: Parameters<Journal['put']>[0]) => this.#journal.put(row),
      refusalFor: (by: Caller) => this.#refusalFor(by),
    }
  }

  #refusalFor(by: Caller): Refusal | undefined {
    const denied = this.#denied.find(by)
    if (denied) return denied
    const { settingsVersion } = this.#state.read()
    return by.settingsVersion < settingsVersion ? { kind: 'settings_changed', settingsVersion } : undefined
  }

  #sealedPiece(segment: ReturnType<Sealed['list']>[number], has: ReadonlySet<string>): UnpublishedPiece {
    const { id, rows, minTime, maxTime } = segment
    return {
      id,
      kind: 'segment',
      firstSeq: 0,
      rows,
      minTime,
      maxTime,
      bytes: has.has(id) ? undefined : this.#sealed.read(id)?.bytes,
    }
  }

  #pageBytes(page: ReturnType<typeof pagesOf>[number]): Uint8Array {
    const known = this.#pages.get(page.id)
    if (known) return known
    const bytes = mergePage(this.#journal.read(page.firstSeq, page.beforeSeq))
    if (page.entries.length > 1) {
      // Only the last page grows: what it was before is of no more use.
      for (const id of this.#pages.keys()) if (id.startsWith(`journal-${page.firstSeq}-`)) this.#pages.delete(id)
      this.#pages.set(page.id, bytes)
    }
    return bytes
  }

  #cursorSecret(): string {
    const state = this.#state.read()
    if (state.cursorSecret !== '') return state.cursorSecret
    const cursorSecret = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64')
    this.#state.put({ ...state, cursorSecret })
    return cursorSecret
  }

  /** A lost alarm must not leave records unsealed for ever: before the journal fills, the sweep learns when to look. */
  async #noteDue(tenantId: string): Promise<void> {
    const dueMs = Date.now() + SEAL_AFTER_MS * 2
    await putDue(this.env.CONTROL, tenantId, dueMs).catch((error) => {
      // The alarm does the work all the same; the sweep is its second line.
      this.#log().warn('the due time could not be noted', { tenantId, reason: String(error) })
    })
  }

  async #readAlarm(): Promise<void> {
    this.#alarmMs ??= (await this.ctx.storage.getAlarm()) ?? Number.POSITIVE_INFINITY
  }

  /** Sets the alarm if it is not set as early as the work is due. The write joins the transaction of this turn. */
  #armFor(state: ReturnType<StateRow['read']>, nowMs: number): void {
    const dueMs = nextWorkMs(state, nowMs)
    // After a failure the alarm stands for its next try, and new records are no reason to come sooner.
    if (dueMs === undefined || this.#failures > 0 || (this.#alarmMs !== undefined && this.#alarmMs <= dueMs)) return
    this.#alarmMs = dueMs
    this.ctx.waitUntil(this.ctx.storage.setAlarm(dueMs))
  }

  async #rearm(tenantId: string): Promise<void> {
    const nowMs = Date.now()
    const dueMs = nextWorkMs(this.#state.read(), nowMs)
    try {
      if (dueMs === undefined) {
        await deleteDue(this.env.CONTROL, tenantId)
        return
      }
      await putDue(this.env.CONTROL, tenantId, dueMs + SEAL_AFTER_MS)
    } catch (error) {
      this.#log().warn('the due time could not be noted', { tenantId, reason: String(error) })
    }
    if (dueMs === undefined) return
    this.#alarmMs = this.#failures > 0 ? nowMs + retryPauseMs(this.#failures) : dueMs
    await this.ctx.storage.setAlarm(this.#alarmMs)
  }

  #tenantId(): string {
    const { name } = this.ctx.id
    if (name === undefined) throw new Error('a tenant object is addressed by its tenant')
    return name
  }

  #log() {
    return logFrom(readConfig(this.env).LOG_LEVEL)
  }
}

/** The oldest blocks that make up a segment: whole blocks, at least one. */
function takeForSealing(entries: ReturnType<Journal['list']>): ReturnType<Journal['list']> {
  let bytes = 0
  let rows = 0
  const end = entries.findIndex((entry) => {
    const full = rows >= 32_768 || (rows > 0 && bytes + entry.size > SEAL_BYTES_MAX)
    bytes += entry.size
    rows += entry.rows
    return full
  })
  return end < 0 ? entries : entries.slice(0, end)
}
