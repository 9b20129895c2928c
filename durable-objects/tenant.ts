import { DurableObject } from 'cloudflare:workers'
import { objectLog } from '../src/activity/activity-log'
import { type AuditAnswer, type AuditDraft, type AuditOutcome, draftOf } from '../src/audit/audit-entry'
import type { AuditPageOutcome, AuditRange } from '../src/audit/audit-page'
import { type Env, readConfig } from '../src/env'
import { dropLease, type Leases } from '../src/limits/leases'
import { AUDIT_ANSWERS_MS, AUDIT_COMMIT_MS, HOT_BYTES_MAX, NOTE_DUE_MS_MAX, SEAL_AFTER_MS } from '../src/limits/limits'
import { type ActiveLimits, type Charge, chargesOf, type Demand } from '../src/limits/policies'
import { errorFields } from '../src/log'
import type { OutsidePorts } from '../src/outside/guarded-fetch'
import { OUTSIDE_PORTS } from '../src/outside-ports'
import { deleteDue, putDue } from '../src/storage/d1/catalog'
import { within } from '../src/storage/within'
import type { TailOutcome, TicketKept, TicketOutcome, TicketPlace } from '../src/tail/contract'
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
import type { DirectoryChange } from '../src/tenant/directory'
import type { DirectoryKind, DirectoryPage } from '../src/tenant/directory-rows'
import { type EraseOutcome, type ErasePorts, eraseRows } from '../src/tenant/erase-rows'
import { ERASED_STATE, isErased } from '../src/tenant/erased-state'
import { publishDirectory } from '../src/tenant/publish-directory'
import { isUnpublished, NOTHING_ELSE, nextWorkMs, retryPauseMs } from '../src/tenant/schedule'
import type { SettingsHistoryPage } from '../src/tenant/settings-history'
import { mergePage, pagesOf, pieceOfPage, takePage } from '../src/tenant/snapshot'
import type { TenantState } from '../src/tenant/state'
import {
  demandOfBatch,
  demandOfRead,
  type LimitOutcome,
  type ReadLimitOutcome,
  type ReadLimitPorts,
  takeForRead,
} from '../src/tenant/take-limits'
import { work } from '../src/tenant/work'
import { ActiveLimitsReader } from './tenant/active-limits'
import { Batches } from './tenant/batches'
import { deriveSecret } from './tenant/derive-secret'
import { Directory } from './tenant/directory'
import { GroupCommit } from './tenant/group-commit'
import { heldFacts } from './tenant/held-facts'
import { Holdings } from './tenant/holdings'
import type { Journal } from './tenant/journal'
import { KnownIds } from './tenant/known-ids'
import { Limiter } from './tenant/limiter'
import { migrate } from './tenant/migrations'
import { OpenReads } from './tenant/open-reads'
import { Outbox } from './tenant/outbox'
import { featureOf, hostAddresses, outboxSurroundings } from './tenant/outbox-surroundings'
import { type WorkingSettings, workingSettings } from './tenant/retention-in-force'
import { RuleDesk } from './tenant/rule-desk'
import type { Sealed } from './tenant/sealed'
import { Services } from './tenant/services'
import { storePorts } from './tenant/store-ports'
import { TailDesk } from './tenant/tail-desk'
import { Triage } from './tenant/triage'
import { WebhookDesk } from './tenant/webhook-desk'

/** One tenant. This class turns platform events into calls; every decision is made in `src/`. */
export class TenantObject extends DurableObject<Env> {
  /** What time it is. Tests put their own in its place. */
  clock: () => number = Date.now
  /** Which limits hold for a request. Tests put their own in its place. */
  limitsFor: (by: Caller) => ActiveLimits = ({ tenantId }) => this.#activeLimits.read(tenantId)
  /** The world outside, for webhooks and looks at services. Tests put their own in its place. */
  outside: () => OutsidePorts = () => OUTSIDE_PORTS
  readonly #activeLimits: ActiveLimitsReader
  readonly #held: Holdings
  readonly #directory: Directory
  #batches: Batches
  #knownIds: KnownIds
  #limiter: Limiter
  /** Searches that are running. Only in memory: when the object is lost, what ran is soon over too. */
  #queries: Leases = {}
  readonly #commits: GroupCommit
  /** Entries of reads: their answers do not wait for them. */
  readonly #readCommits: GroupCommit
  readonly #reads: OpenReads
  readonly #services: Services
  readonly #outbox: Outbox
  readonly #triage: Triage
  readonly #rules: RuleDesk
  readonly #webhooks: WebhookDesk
  readonly #tails: TailDesk
  /** When the alarm is set for; undefined while it is not known. */
  #alarmMs: number | undefined
  #failures = 0
  /** Work that has failed is not tried again before that. */
  #retryMs = 0
  /** The end of the work that was asked for last: pieces of it do not run beside each other. */
  #lane: Promise<void> = Promise.resolve()
  /** Merged pages of small blocks, so that the next reader does not merge them again. */
  readonly #pages = new Map<string, Uint8Array>()

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    migrate(ctx.storage)
    this.#held = new Holdings(ctx.storage, () => this.#tenantId())
    this.#directory = new Directory({
      held: this.#held,
      env,
      tenantId: () => this.#tenantId(),
      clock: () => this.clock(),
      armFor: (dueMs) => this.#armFor(dueMs),
      settleAlarm: () => this.#settleAlarm(),
      changed: () => this.#tails.hub.recheck(),
      report: (error) =>
        this.#log().error('directory_not_published', { tenantId: this.#tenantId(), ...errorFields(error) }),
    })
    this.#batches = new Batches(ctx.storage.sql)
    this.#knownIds = new KnownIds(ctx.storage.sql)
    this.#limiter = new Limiter(ctx.storage.sql, this.#held.state.read().limitsTail)
    this.#activeLimits = new ActiveLimitsReader(env, this.#held)
    this.#commits = new GroupCommit((write) => this.#transaction(write))
    this.#readCommits = new GroupCommit((write) => this.#transaction(write), AUDIT_COMMIT_MS)
    this.#reads = new OpenReads((draft) => this.#transaction(() => this.#append(draft)))
    const addresses = hostAddresses(env, { outside: () => this.outside(), clock: () => this.clock() })
    const outside = (): OutsidePorts => ({ resolve: (host) => addresses.resolve(host), ...this.outside() })
    this.#outbox = new Outbox(
      outboxSurroundings({
        ...{ env, held: this.#held, sql: ctx.storage.sql, outside },
        tenantId: () => this.#tenantId(),
        clock: () => this.clock(),
        transaction: (turn) => this.#transaction(turn),
        armFor: (dueMs) => this.#ringBy(dueMs),
        waitUntil: (task) => ctx.waitUntil(task),
        log: () => this.#log(),
      }),
    )
    this.#triage = new Triage({
      ...{ held: this.#held, storage: ctx.storage },
      isOn: featureOf({ env, held: this.#held, tenantId: () => this.#tenantId() }, 'integrations'),
      putEvent: (event) => this.#outbox.put(event),
      undone: () => {
        this.#held.audit.reload()
        this.#outbox.reload()
      },
      report: (event, error) => this.#log().error(event, { tenantId: this.#tenantId(), ...errorFields(error) }),
    })
    this.#rules = new RuleDesk({
      ...{ triage: this.#triage, directory: this.#directory, audit: this.#held.audit },
      transaction: (turn) => this.#transaction(turn),
      clock: () => this.clock(),
      waitUntil: (task) => ctx.waitUntil(task),
      report: (event, error) => this.#log().error(event, { tenantId: this.#tenantId(), ...errorFields(error) }),
    })
    this.#webhooks = new WebhookDesk({
      outbox: this.#outbox,
      audit: this.#held.audit,
      refusalFor: (by) => this.#directory.refusalFor(by),
      transaction: (turn) => this.#transaction(turn),
      clock: () => this.clock(),
    })
    this.#services = new Services({
      ...{ held: this.#held, env, sql: ctx.storage.sql },
      tenantId: () => this.#tenantId(),
      clock: () => this.clock(),
      chance: () => Math.random(),
      outside,
      refusalFor: (by) => this.#directory.refusalFor(by),
      transaction: (turn) => this.#transaction(turn),
      armFor: (dueMs) => this.#ringBy(dueMs),
      putEvent: (event) => this.#outbox.put(event),
      sendEvents: () => this.#outbox.kick(),
      waitUntil: (task) => ctx.waitUntil(task),
      log: () => this.#log(),
    })
    this.#tails = new TailDesk({
      ...{ ctx, env, held: this.#held, sql: ctx.storage.sql },
      tenantId: () => this.#tenantId(),
      clock: () => this.clock(),
      transaction: (turn) => this.#transaction(turn),
      take: (by) => this.#takeOnce(by),
      tailsMax: (by) => this.limitsFor({ ...NOBODY, ...by }).concurrent.tails,
      reader: () => ctx.exports.TailReader,
      armFor: (dueMs) => this.#ringBy(dueMs),
      log: () => this.#log(),
    })
  }

  /** Takes a batch. When this answers, the batch is on disk and part of every later snapshot. */
  async append(blocks: readonly Uint8Array[], by: Provenance): Promise<AppendOutcome> {
    const isFirst = this.#held.state.read().journalRows === 0 && blocks.length > 0
    // What is over a limit leaves nothing to be done, and may come in floods.
    if (isFirst && this.#limiter.fits(this.#chargesOf(by, demandOfBatch(by)), this.clock()))
      await this.#noteDue(by.tenantId)
    await this.#readAlarm()
    const outcome = await this.#commits.run(() => {
      const nowMs = this.clock()
      return appendBatch(this.#appendPorts(nowMs), blocks, by, nowMs)
    })
    // All other work has armed the alarm when it came up: a batch can only bring the time to seal nearer.
    this.#aside(() => this.#tails.hub.publish())
    this.#aside(() => this.#outbox.kick())
    this.#aside(() => this.#rules.kick())
    this.#ringBy(this.#aside(() => this.#rules.dueMs(this.clock())))
    const waiting = { ...NOTHING_ELSE, servicesMs: this.#aside(() => this.#services.dueMs()) }
    this.#armFor(nextWorkMs(this.#held.state.read(), waiting, this.clock()))
    return outcome.ok ? outcome : this.#directory.refuse(outcome.refusal)
  }

  /** Why the limits would refuse a request now, whatever it holds; undefined where they would not. */
  limitedNow(by: Caller): Refusal | undefined {
    return this.#limiter.refusal(this.#chargesOf(by, demandOfRead(by)), this.clock())
  }

  /** Everything that is not in the catalog yet, at one moment. `known` are ids of pieces that the reader has. */
  async snapshot(by: Caller, known: readonly string[], from: number): Promise<SnapshotOutcome> {
    const refusal = this.#directory.refusalFor(by)
    if (refusal) return this.#directory.refuse(refusal)
    // The pages of a snapshot are one read.
    const limited = this.#takeForRead(from === 0 ? by : { ...by, isCounted: true })
    if (!limited.ok) return limited
    const { generation, nextSeq, seals } = this.#held.state.read()
    const has = new Set(known)
    const pages = pagesOf(this.#held.journal.list(0))
    const segments = this.#held.sealed.list()
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
        seals,
        nextSeq,
        cursorSecret: this.#cursorSecret(),
        pieces,
        more: next < all.length ? next : undefined,
        limits: limited.limits,
        isLeased: limited.isLeased,
      },
      audit: limited.audit,
    }
  }

  /** Accounts for a request that nothing here was asked for. */
  async recordAudit(by: Caller, outcome: AuditOutcome): Promise<void> {
    await this.#commits.run(() => this.#append(draftOf(by, outcome)))
  }

  /**
   * Accounts for a read that has come to its end, under the name that it had when it began. Answers once that is on disk.
   * When it is told again, because nobody knows whether the first time was heard, it is written once.
   */
  async recordRead(by: Caller, outcome: AuditOutcome, isToldAgain: boolean): Promise<void> {
    const draft = draftOf(by, outcome)
    this.#reads.end(by.leaseId)
    await this.#readCommits.run(() => {
      if (isToldAgain && this.#held.audit.hasRecent(draft)) return
      this.#append(draft)
    })
  }

  /** Tells what became of a read that was accounted for. It is written with that of others, and before anybody looks. */
  answerAudit(answer: AuditAnswer): void {
    if (isErased(this.#held.state.read())) return
    if (this.#held.audit.note(answer)) setTimeout(() => this.#flushAudit(), AUDIT_ANSWERS_MS)
  }

  /** Entries of the audit. The first page of a reading is accounted for like any other read. */
  async readAudit(by: Caller, range: AuditRange): Promise<AuditPageOutcome> {
    const refusal = this.#directory.refusalFor(by)
    if (refusal) return this.#directory.refuse(refusal)
    this.#readCommits.flush()
    return this.#transaction(() => {
      const nowMs = this.clock()
      this.#held.audit.flush(nowMs)
      const page = { ...this.#held.audit.page(range), cursorSecret: this.#cursorSecret() }
      if (by.isCounted) return { ok: true, page }
      return { ok: true, page, audit: this.#held.audit.append(draftOf(by), nowMs) }
    })
  }

  /** A search is done: another may run in its place. */
  endSearch(leaseId: string): void {
    this.#queries = dropLease(this.#queries, leaseId)
  }

  async usage(by: Caller): Promise<{ ok: true; usage: Usage } | { ok: false; refusal: Refusal }> {
    const refusal = this.#directory.refusalFor(by)
    if (refusal) return this.#directory.refuse(refusal)
    const { ledger, journalRows, journalBytes, sealedSegments, sealedBytes, nextSeq, generation } =
      this.#held.state.read()
    const counts = { ledger, journalRows, journalBytes, sealedSegments, sealedBytes, nextSeq, generation }
    return { ok: true, usage: { ...counts, services: this.#services.usage() } }
  }

  /**
   * Changes the directory: all of the changes, or none. Once this answers that they are made, they hold everywhere: D1 has
   * them, and whoever goes by an older version is refused. Both are JSON: see TenantDirectory in src/tenant-stub.ts.
   */
  async change(by: Caller, changes: string): Promise<string> {
    await this.#readAlarm()
    const wanted: readonly DirectoryChange[] = JSON.parse(changes)
    const refusal = wanted.some(({ what }) => what === 'session.added') ? this.#takeOnce(by) : undefined
    if (refusal) return JSON.stringify(await this.#directory.refuse(refusal))
    return JSON.stringify(await this.#directory.change(by, wanted))
  }

  /** Makes the directory of a new tenant. For the operator; what is there already stays. */
  async initialise(tenant: string, by?: Caller): Promise<string> {
    await this.#readAlarm()
    return JSON.stringify(await this.#directory.initialise(JSON.parse(tenant), by))
  }

  /** Whether this is the tenant's version, or a later one. A Worker that refuses somebody asks, lest its hints be old. */
  isCurrent(version: number): boolean {
    return version >= this.#held.state.read().settingsVersion
  }

  /** The last changes of the tenant's settings, the newest first. */
  async readSettingsHistory(by: Caller, page: SettingsHistoryPage): Promise<string> {
    return JSON.stringify(await this.#directory.readSettingsHistory(by, page))
  }

  /** The tenant's rules and incidents. Both are JSON: see tenantRules in src/tenant-stub.ts. */
  async rules(by: Caller, ask: string): Promise<string> {
    await this.#readAlarm()
    const answer = await this.#rules.ask(by, JSON.parse(ask))
    this.#outbox.kick()
    const dueMs = this.#rules.dueMs(this.clock())
    if (dueMs !== undefined) this.#ringBy(dueMs)
    return JSON.stringify(answer.ok ? answer : await this.#directory.refuse(answer.refusal))
  }

  /** The registry of services, and how they are. Both are JSON: see tenantServices in src/tenant-stub.ts. */
  async services(by: Caller, ask: string): Promise<string> {
    await this.#readAlarm()
    const outcome = this.#services.ask(by, JSON.parse(ask))
    return JSON.stringify(outcome.ok ? outcome : await this.#directory.refuse(outcome.refusal))
  }

  /** The tenant's webhooks and what was sent to them. Both are JSON: see tenantWebhooks in src/tenant-stub.ts. */
  async webhooks(by: Caller, ask: string): Promise<string> {
    await this.#readAlarm()
    const waited = this.#outbox.dueMs(this.clock()) !== undefined
    const outcome = this.#webhooks.ask(by, JSON.parse(ask))
    // What waits now must be found should the alarm be lost.
    if (!waited && this.#outbox.dueMs(this.clock()) !== undefined) this.ctx.waitUntil(this.#noteNextDue())
    return JSON.stringify(outcome.ok ? outcome : await this.#directory.refuse(outcome.refusal))
  }

  /** Rows of the directory as they are now. */
  async readDirectory(by: Caller, kind: DirectoryKind, page: DirectoryPage): Promise<string> {
    return JSON.stringify(await this.#directory.read(by, kind, page))
  }

  /** What the tenant's challenges are made with: the same for all of its domains, and another one for each tenant. */
  async challengeSecret(by: Caller): Promise<{ ok: true; secret: Uint8Array } | { ok: false; refusal: Refusal }> {
    const refusal = this.#directory.refusalFor(by)
    if (refusal) return this.#directory.refuse(refusal)
    return { ok: true, secret: deriveSecret(this.#cursorSecret(), 'domain challenges') }
  }

  /** What there is to erase. Once the tenant is being erased, nothing of it changes any more. */
  async held(): Promise<string> {
    return JSON.stringify(heldFacts(this.ctx.storage.sql, this.#held))
  }

  /** Empties the object, its alarm too. What is left refuses everybody. Only for a tenant that is being erased. */
  erase(): Promise<void> {
    return this.#inLane(async () => {
      if (!this.#held.isClosed(this.#tenantId())) throw new Error('the tenant is not being erased')
      this.#tails.hub.endAll()
      // What waits in memory goes with the rest.
      this.#held.transaction(() => this.#held.audit.flush(this.clock()))
      // In one turn: whoever comes next finds the tables, and that the tenant is gone.
      const emptied = this.ctx.storage.deleteAll()
      migrate(this.ctx.storage)
      this.#held.transaction(() => this.#held.state.put(ERASED_STATE))
      this.#forgetMemory()
      this.#pages.clear()
      await emptied
      this.#alarmMs = undefined
      await this.ctx.storage.sync()
    })
  }

  /** Lets a live tail in, whose socket comes to `fetch` next. `ask` is JSON: see TailAsk in src/tail/seat.ts. */
  async openTail(by: Caller, ask: string): Promise<TailOutcome> {
    await this.#readAlarm()
    // Tails are held against the directory for as long as they are open.
    await this.#directory.ensure()
    const outcome = this.#tails.open(by, ask)
    return outcome.ok ? outcome : this.#directory.refuse(outcome.refusal)
  }

  /** Keeps a ticket for a live tail. `guest` is JSON: see TailGuest in src/tail/tail-guest.ts. */
  async addTailTicket(by: Caller, hash: string, guest: string): Promise<TicketKept> {
    const refusal = this.#tails.addTicket(by, hash, guest)
    return refusal === undefined ? { ok: true } : this.#directory.refuse(refusal)
  }

  /** Takes a ticket for a live tail, which is good once. */
  async takeTailTicket(hash: string, place: TicketPlace): Promise<TicketOutcome> {
    await this.#directory.ensure()
    return this.#tails.takeTicket(hash, place)
  }

  /** Only sockets of live tails come here. */
  override fetch(request: Request): Response {
    return this.#tails.accept(request)
  }

  override webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): void {
    this.#tails.hub.message(socket, message)
  }

  override webSocketClose(socket: WebSocket, code: number): void {
    this.#tails.hub.close(socket, code)
  }

  override webSocketError(socket: WebSocket): void {
    this.#tails.hub.leave(socket)
  }

  /** Called by the cron sweep: whatever became of the alarm, overdue work is done. */
  async wake(): Promise<void> {
    this.#doAsides()
    await this.#inLane(() => this.#work())
  }

  /** Called by the retention cron. Only notes it: the work is the alarm's, and a slot that was noted before is done. */
  async retain(slotMs: number): Promise<void> {
    await this.#readAlarm()
    // Without the tenant's own rules nothing may expire: the cron calls again.
    await this.#directory.ensure()
    this.#held.transaction(() => this.#held.beginRetention(slotMs, this.clock()))
    this.#armFor(this.#nextWorkMs(this.clock()))
  }

  /** How long records are kept, and what the last runs of retention have removed. JSON: see TenantDirectory in src/tenant-stub.ts. */
  async readRetention(by: Caller): Promise<string> {
    const refusal = this.#directory.refusalFor(by)
    if (refusal) return JSON.stringify(await this.#directory.refuse(refusal))
    return JSON.stringify({ ok: true, rules: this.#workingSettings().rules, runs: this.#held.retention.list() })
  }

  /** Hides rows of a published segment for good. */
  eraseRows(segmentId: string, rows: readonly number[]): Promise<EraseOutcome> {
    return this.#inLane(async () => {
      try {
        return await eraseRows(this.#workPorts(), segmentId, rows, this.clock())
      } finally {
        await this.#rearm()
      }
    })
  }

  /** Never throws: six failures in a row would delete the alarm. */
  override async alarm(): Promise<void> {
    this.#alarmMs = undefined
    this.#doAsides()
    // It may ring for what does not wait for the stores.
    if (this.clock() < this.#retryMs) return this.#setNextAlarm()
    await this.#outbox.during(this.#inLane(() => this.#work()))
  }

  /** What does not wait for the stores, each whatever becomes of the others. */
  #doAsides(): void {
    this.#aside(() => this.#tails.hub.tick())
    this.#aside(() => this.#rules.tick())
    this.#aside(() => this.#outbox.kick())
    this.#aside(() => this.#services.poll())
  }

  /** Does what must not hinder anything else: a batch that is on disk is answered, and an alarm does the rest of its work. */
  #aside<T>(task: () => T): T | undefined {
    try {
      return task()
    } catch (error) {
      this.#log().error('tenant_aside_failed', { tenantId: this.#tenantId(), ...errorFields(error) })
      return undefined
    }
  }

  /** Changes of the catalog come one after another, whoever asks for them. */
  #inLane<T>(task: () => Promise<T>): Promise<T> {
    const run = this.#lane.then(task)
    this.#lane = run.then(
      () => undefined,
      () => undefined,
    )
    return run
  }

  async #work(): Promise<void> {
    try {
      // What would be sealed or published now would come back to the stores that are being emptied.
      if (this.#held.isClosed(this.#tenantId())) return await this.#publishClosed()
      const { CLEANUP_BATCH_SIZE } = readConfig(this.env)
      const { rules, edition, hotHours } = this.#workingSettings()
      const settings = {
        retention: rules,
        edition,
        hotMs: hotHours * 3_600_000,
        hotBytesMax: HOT_BYTES_MAX,
        hasArchive: this.env.ARCHIVE !== undefined,
        expireStep: CLEANUP_BATCH_SIZE,
      }
      await work(this.#workPorts(), settings, this.clock())
      this.#failures = 0
      this.#retryMs = 0
    } catch (error) {
      this.#failures++
      this.#retryMs = this.clock() + retryPauseMs(this.#failures)
      this.#log().error('tenant_work_failed', {
        tenantId: this.#tenantId(),
        failures: this.#failures,
        ...errorFields(error),
      })
    }
    await this.#rearm()
  }

  async #publishClosed(): Promise<void> {
    if (!isErased(this.#held.state.read())) await publishDirectory(this.#workPorts())
  }

  #workPorts(): ErasePorts {
    const hotSeconds = Math.max(60, Math.ceil(this.#workingSettings().hotHours * 3600))
    const own = this.#held.ports(() => this.clock())
    const keepSealed: typeof own.keepSealed = (cut, segments, nowMs) => {
      own.keepSealed(cut, segments, nowMs)
      this.#pages.clear()
    }
    const stores = storePorts(this.env, this.#tenantId(), { sealer: this.ctx.exports.Sealer, hotSeconds })
    return { ...own, keepSealed, ...stores }
  }

  #workingSettings(): WorkingSettings {
    return workingSettings(this.env, this.#held, this.#tenantId())
  }

  #transaction<T>(write: () => T): T {
    try {
      return this.#held.transaction(write)
    } catch (error) {
      this.#forgetMemory()
      throw error
    }
  }

  /** Goes by what storage has. */
  #forgetMemory(): void {
    this.#triage.forget()
    this.#services.reload()
    this.#outbox.reload()
    this.#held.audit.reload()
    this.#batches = new Batches(this.ctx.storage.sql)
    this.#knownIds = new KnownIds(this.ctx.storage.sql)
    this.#limiter = new Limiter(this.ctx.storage.sql, this.#held.state.read().limitsTail)
  }

  #appendPorts(nowMs: number) {
    return {
      readState: () => this.#held.state.read(),
      putState: (state: TenantState) => this.#held.state.put(state),
      findBatch: (id: string, rememberedMs?: number) => this.#batches.find(id, nowMs, rememberedMs),
      putBatch: (id: string, fingerprint: string, receipt: Parameters<Batches['put']>[2]) =>
        this.#batches.put(id, fingerprint, receipt, nowMs),
      putBlock: (row: Parameters<Journal['put']>[0]) => this.#held.journal.put(row),
      findKnownIds: (ids: readonly string[]) => this.#knownIds.find(ids, nowMs),
      putKnownIds: (ids: readonly string[]) => this.#knownIds.put(ids, nowMs),
      refusalFor: (by: Caller) => this.#directory.refusalFor(by),
      takeLimits: (by: Provenance) => this.#takeLimits(by, demandOfBatch(by), nowMs),
      evaluateRules: (blocks: readonly Uint8Array[], facts: Parameters<Triage['evaluate']>[1]) =>
        this.#triage.evaluate(blocks, facts),
      noteArrivals: (by: Provenance, atMs: number) =>
        this.#aside(() => this.#services.noteArrivals(by, atMs)) ?? this.#held.state.read().habitsTail,
    }
  }

  #takeLimits(by: Caller, demand: Demand, nowMs: number): LimitOutcome {
    return this.#limiter.take(this.#chargesOf(by, demand), nowMs)
  }

  #chargesOf(by: Caller, demand: Demand): readonly Charge[] {
    return chargesOf(this.limitsFor(by).policies, demand)
  }

  /** Of a tenant that was erased meanwhile nothing is written any more. */
  #append(draft: AuditDraft): void {
    if (!isErased(this.#held.state.read())) this.#held.audit.append(draft, this.clock())
  }

  #flushAudit(): void {
    if (!isErased(this.#held.state.read())) this.#transaction(() => this.#held.audit.flush(this.clock()))
  }

  #takeForRead(by: Caller): ReadLimitOutcome & { readonly audit?: number | undefined } {
    const nowMs = this.clock()
    const ports = this.#readLimitPorts(by, nowMs)
    const running = { queries: this.#queries, queriesMax: this.limitsFor(by).concurrent.queries }
    const outcome = this.#transaction(() => {
      const taken = takeForRead(ports, by, running, nowMs)
      if (!taken.ok || by.isCounted || by.request?.action !== 'export') return taken
      // Before anything of it is handed out: the answer waits until the entry is on disk.
      return { ...taken, audit: this.#held.audit.append(draftOf(by), nowMs) }
    })
    if (outcome.ok && !by.isCounted && by.request?.action !== 'export') this.#reads.begin(by)
    if (outcome.ok) this.#queries = outcome.queries
    return outcome
  }

  /** Opening a session or a tail costs a request too. It is no running search. */
  #takeOnce(by: Caller): Refusal | undefined {
    const nowMs = this.clock()
    const unlimited = { queries: this.#queries, queriesMax: undefined }
    // Who goes by old hints is asked to come again, and pays then.
    const outcome = this.#transaction(
      () => this.#directory.refusalFor(by) ?? takeForRead(this.#readLimitPorts(by, nowMs), by, unlimited, nowMs),
    )
    if ('kind' in outcome) return outcome
    return outcome.ok ? undefined : outcome.refusal
  }

  #readLimitPorts(by: Caller, nowMs: number): ReadLimitPorts {
    return {
      readState: () => this.#held.state.read(),
      putState: (state: TenantState) => this.#held.state.put(state),
      takeLimits: () => this.#takeLimits(by, demandOfRead(by), nowMs),
    }
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
      bytes: has.has(id) ? undefined : this.#held.sealed.read(id)?.bytes,
    }
  }

  #pageBytes(page: ReturnType<typeof pagesOf>[number]): Uint8Array {
    const known = this.#pages.get(page.id)
    if (known) return known
    const bytes = mergePage(this.#held.journal.read(page.firstSeq, page.beforeSeq))
    if (page.entries.length > 1) {
      // Only the last page grows: what it was before is of no more use.
      for (const id of this.#pages.keys()) if (id.startsWith(`journal-${page.firstSeq}-`)) this.#pages.delete(id)
      this.#pages.set(page.id, bytes)
    }
    return bytes
  }

  #cursorSecret(): string {
    const state = this.#held.state.read()
    if (state.cursorSecret !== '') return state.cursorSecret
    const cursorSecret = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64')
    this.#held.state.put({ ...state, cursorSecret })
    return cursorSecret
  }

  /** A lost alarm must not leave records unsealed for ever: before the journal fills, the sweep learns when to look. */
  async #noteDue(tenantId: string): Promise<void> {
    const dueMs = this.clock() + SEAL_AFTER_MS * 2
    // A D1 that does not answer at all must not hold up the batch, which the alarm will see to.
    await within(NOTE_DUE_MS_MAX, putDue(this.env.CONTROL, tenantId, dueMs)).catch((error) => this.#warnOfDue(error))
  }

  /** The alarm does the work all the same; the sweep is its second line. */
  #warnOfDue(error: unknown): void {
    this.#log().warn('due_time_not_noted', { tenantId: this.#tenantId(), ...errorFields(error) })
  }

  async #readAlarm(): Promise<void> {
    this.#alarmMs ??= (await this.ctx.storage.getAlarm()) ?? Number.POSITIVE_INFINITY
  }

  /** Sets the alarm if it is not set as early as the work is due. The write joins the transaction of this turn. */
  #armFor(dueMs: number | undefined): void {
    // After a failure the alarm stands for its next try, and new records are no reason to come sooner.
    if (dueMs !== undefined) this.#ringBy(Math.max(dueMs, this.#retryMs))
  }

  /** The same for what does not wait for the stores. */
  #ringBy(dueMs: number | undefined): void {
    if (dueMs === undefined || (this.#alarmMs !== undefined && this.#alarmMs <= dueMs)) return
    this.#alarmMs = dueMs
    this.ctx.waitUntil(this.ctx.storage.setAlarm(dueMs))
  }

  /** Takes the alarm back that was set in case something fails. While work fails, it stands for the next try. */
  async #settleAlarm(): Promise<void> {
    if (this.#failures > 0) return
    const dueMs = this.#nextWorkMs(this.clock())
    this.#alarmMs = dueMs ?? Number.POSITIVE_INFINITY
    await (dueMs === undefined ? this.ctx.storage.deleteAlarm() : this.ctx.storage.setAlarm(dueMs))
  }

  async #rearm(): Promise<void> {
    await this.#noteNextDue()
    // Records may have come while the due time was noted.
    await this.#setNextAlarm()
  }

  async #setNextAlarm(): Promise<void> {
    const dueMs = this.#nextWorkMs(this.clock())
    if (dueMs === undefined) return
    this.#alarmMs = dueMs
    await this.ctx.storage.setAlarm(dueMs)
  }

  async #noteNextDue(): Promise<void> {
    const tenantId = this.#tenantId()
    const dueMs = this.#nextWorkMs(this.clock())
    const noted =
      dueMs === undefined
        ? deleteDue(this.env.CONTROL, tenantId)
        : within(NOTE_DUE_MS_MAX, putDue(this.env.CONTROL, tenantId, dueMs + SEAL_AFTER_MS))
    await noted.catch((error) => this.#warnOfDue(error))
    // What came meanwhile has noted its due time before it was taken away here.
    if (dueMs === undefined && this.#nextWorkMs(this.clock()) !== undefined) await this.#noteDue(tenantId)
  }

  #nextWorkMs(nowMs: number): number | undefined {
    if (this.#held.isClosed(this.#tenantId())) return isUnpublished(this.#held.state.read()) ? nowMs : undefined
    const waiting = {
      hasChange: this.#held.changes.isBegun(),
      garbageMs: this.#held.garbage.dueMs(),
      retryMs: this.#retryMs,
      outboxMs: this.#aside(() => this.#outbox.dueMs(nowMs)),
      servicesMs: this.#aside(() => this.#services.dueMs()),
      rulesMs: this.#aside(() => this.#rules.dueMs(nowMs)),
      tailsMs: this.#aside(() => this.#tails.hub.dueMs()),
    }
    return nextWorkMs(this.#held.state.read(), waiting, nowMs)
  }

  #tenantId(): string {
    const { name } = this.ctx.id
    if (name === undefined) throw new Error('a tenant object is addressed by its tenant')
    return name
  }

  #log() {
    return objectLog(this.env, this.ctx, this.#tenantId())
  }
}

/** Whose limits those of a tenant as a whole are. */
const NOBODY = { host: '', keyId: '', address: '', settingsVersion: 0 }
