import { changesOf, draftOf } from '../../src/audit/audit-entry'
import type { Env } from '../../src/env'
import { HOST_CLAIM_MS, OUTAGE_RETRY_SECONDS, RETRY_MS_MIN } from '../../src/limits/limits'
import { claimHosts, putDirectory, readStoredDirectory } from '../../src/storage/d1/directory'
import { forgetHints } from '../../src/storage/kv/forget-hints'
import type { Caller, Refusal } from '../../src/tenant/contract'
import { applyChanges, type ChangeOutcome, type DirectoryChange, hostsToClaim } from '../../src/tenant/directory'
import {
  type DirectoryKind,
  type DirectoryOutcome,
  type DirectoryPage,
  type JsonObject,
  SETTINGS_ID,
  type TenantRow,
} from '../../src/tenant/directory-rows'
import { isErased, refusalOfErased } from '../../src/tenant/erased-state'
import { type PublishDirectoryPorts, publishDirectory } from '../../src/tenant/publish-directory'
import {
  type SettingsHistoryOutcome,
  type SettingsHistoryPage,
  settingsChangeOf,
} from '../../src/tenant/settings-history'
import type { Holdings } from './holdings'

/** What the directory needs of its object. */
export interface DirectorySurroundings {
  readonly held: Holdings
  readonly env: Pick<Env, 'CONTROL' | 'CACHE'>
  readonly tenantId: () => string
  readonly clock: () => number
  /** Has the alarm ring by then. Joins the transaction of the turn. */
  readonly armFor: (dueMs: number) => void
  /** Sets the alarm for what is due otherwise: what it stood for is done. */
  readonly settleAlarm: () => Promise<void>
  /** Called when a change is made: whoever was let in by what was before may not be any more. */
  readonly changed: () => void
  readonly report: (error: unknown) => void
}

type Refused = { readonly ok: false; readonly refusal: Refusal }

/** Who and what belongs to the tenant. The object is the authority; D1 and KV have copies, and it sees to them. */
export class Directory {
  readonly #around: DirectorySurroundings
  /** The publication that is under way. */
  #publishing: Promise<void> | undefined

  constructor(around: DirectorySurroundings) {
    this.#around = around
  }

  /** Whoever goes by hints that are older than the directory may be somebody who is not let in any more. */
  refusalFor(caller: Caller): Refusal | undefined {
    const state = this.#around.held.state.read()
    if (isErased(state)) return refusalOfErased(caller)
    const { settingsVersion } = caller
    const own = state.settingsVersion
    return settingsVersion < own ? { kind: 'settings_changed', settingsVersion: own } : undefined
  }

  /** The answer to who is refused. A Worker whose hints are old reads D1 next, so D1 gets to know first. */
  async refuse(refusal: Refusal): Promise<Refused> {
    if (refusal.kind === 'settings_changed') await this.#publishUpTo(refusal.settingsVersion).catch(() => undefined)
    return { ok: false, refusal }
  }

  /** Makes all of the changes or none; when it answers that they are made, D1 has them. */
  async change(by: Caller, changes: readonly DirectoryChange[]): Promise<ChangeOutcome> {
    const unready = this.refusalFor(by) ?? (await this.#prepare(changes))
    if (unready) return this.refuse(unready)
    const { held, armFor, clock } = this.#around
    const outcome = held.transaction((): ChangeOutcome => {
      const refusal = this.refusalFor(by)
      if (refusal) return { ok: false, refusal }
      const made = applyChanges(held.directoryPorts(), changes)
      if (!made.ok) return made
      this.#noteSettings(by, made)
      return { ...made, audit: held.audit.append(draftOf(by, { changes: changesOf(made.applied) }), clock()) }
    })
    if (!outcome.ok) return this.refuse(outcome.refusal)
    this.#around.changed()
    armFor(clock() + RETRY_MS_MIN)
    return (await this.#publish(outcome.version)) ?? outcome
  }

  /** Why no change can be made now: D1 would not hear of it. Undefined when it would. */
  unreadiness(): Promise<Refusal | undefined> {
    return this.#prepare([])
  }

  /**
   * The service's own change of the settings document, where `next` makes another of it; whoever caused it has accounted for
   * it. Like every change it is made only when D1 can hear of it.
   */
  async changeSettings(
    next: (document: JsonObject) => JsonObject | undefined,
  ): Promise<{ readonly ok: true } | Refused> {
    const unready = await this.#prepare([])
    if (unready) return this.refuse(unready)
    const { held, armFor, clock } = this.#around
    const outcome = held.transaction((): ChangeOutcome | undefined => {
      const row = next(held.directory.find('settings', SETTINGS_ID)?.value ?? {})
      return row && applyChanges(held.directoryPorts(), [{ what: 'settings.put', id: SETTINGS_ID, row }])
    })
    if (outcome === undefined) return { ok: true }
    if (!outcome.ok) return this.refuse(outcome.refusal)
    armFor(clock() + RETRY_MS_MIN)
    return (await this.#publish(outcome.version)) ?? { ok: true }
  }

  /** Sees to it that there is a directory, where the tenant has one at all. Throws when that cannot be told now. */
  async ensure(): Promise<void> {
    const refusal = await this.#load()
    if (refusal !== undefined && refusal.kind !== 'not_found') throw new Error('the directory cannot be read now')
  }

  /** The last changes of the settings, the newest first. */
  async readSettingsHistory(by: Caller, page: SettingsHistoryPage): Promise<SettingsHistoryOutcome> {
    const refusal = this.refusalFor(by)
    if (refusal) return this.refuse(refusal)
    return { ok: true, changes: this.#around.held.settingsHistory.list(page.beforeVersion, page.limit) }
  }

  /** Makes the directory of a new tenant, whose name is reserved in D1. For one that is there it only publishes. */
  async initialise(tenant: TenantRow, by?: Caller): Promise<ChangeOutcome> {
    const { held, armFor, clock } = this.#around
    const made: { audit?: number | undefined } = {}
    const refusal = await this.#load(() => {
      made.audit = this.#make(tenant, by)
    })
    if (refusal) return { ok: false, refusal }
    armFor(clock() + RETRY_MS_MIN)
    const version = held.state.read().settingsVersion
    return (await this.#publish(version)) ?? { ok: true, version, applied: [], ...made }
  }

  async read(by: Caller, kind: DirectoryKind, page: DirectoryPage): Promise<DirectoryOutcome> {
    const refusal = this.refusalFor(by) ?? (await this.#load())
    if (refusal) return this.refuse(refusal)
    const { directory, state } = this.#around.held
    const rows = page.id === undefined ? directory.list(kind, page) : [directory.find(kind, page.id)]
    return { ok: true, version: state.read().settingsVersion, rows: rows.filter((row) => row !== undefined) }
  }

  /** Who changed what of the settings is kept with the change. */
  #noteSettings(by: Caller, { applied, version }: Extract<ChangeOutcome, { ok: true }>): void {
    const { held, clock } = this.#around
    const change = settingsChangeOf(applied, by, { version, nowMs: clock() })
    if (change !== undefined) held.settingsHistory.add(change)
  }

  /**
   * Before anything is changed: does D1 answer, and are the hosts free? A change that D1 could not hear of would shut
   * everybody out until it could.
   */
  async #prepare(changes: readonly DirectoryChange[]): Promise<Refusal | undefined> {
    const refusal = await this.#load()
    if (refusal) return refusal
    const { held, env, tenantId, clock } = this.#around
    const nowMs = clock()
    const claim = { tenantId: tenantId(), hosts: hostsToClaim(changes), staleMs: nowMs - HOST_CLAIM_MS, nowMs }
    try {
      const { taken, version } = await claimHosts(env.CONTROL, claim)
      held.raiseVersion(version)
      const [first] = taken
      return first === undefined ? undefined : { kind: 'conflict', detail: `${first} belongs to another tenant.` }
    } catch (error) {
      return this.#unpublished(error)
    }
  }

  /** Sees to it that there is a directory: that of a tenant from before there were any is in D1 only. */
  async #load(make?: () => void): Promise<Refusal | undefined> {
    const { held, env, tenantId } = this.#around
    if (held.state.read().hasDirectory) return undefined
    try {
      const stored = await readStoredDirectory(env.CONTROL, tenantId())
      if (stored?.isMade) held.adoptDirectory(stored.version, stored.rows)
      else if (stored && make) make()
      else return { kind: 'not_found' }
      return undefined
    } catch (error) {
      return this.#unpublished(error)
    }
  }

  /** Whoever makes a tenant stands at the beginning of its audit. */
  #make(tenant: TenantRow, by: Caller | undefined): number | undefined {
    const { held, tenantId, clock } = this.#around
    const made = { what: 'tenant.added', kind: 'tenant', id: tenantId(), before: null, after: jsonOf(tenant) }
    const maker = by ?? { tenantId: tenantId(), keyId: 'sluice', host: '', address: '', settingsVersion: 0 }
    return held.transaction(() => {
      // Two may ask at once.
      if (held.state.read().hasDirectory) return undefined
      held.makeDirectory(tenantId(), tenant)
      return held.audit.append(draftOf(maker, { changes: [made] }), clock())
    })
  }

  /** The alarm stands for what fails here: what was changed is published in the end. */
  async #publish(version: number): Promise<Refused | undefined> {
    try {
      await this.#publishUpTo(version)
      await this.#around.settleAlarm()
      return undefined
    } catch (error) {
      return { ok: false, refusal: this.#unpublished(error) }
    }
  }

  /** Whoever comes while a publication is under way waits for it, and begins the next if that one was too early. */
  async #publishUpTo(version: number): Promise<void> {
    while (this.#around.held.state.read().publishedVersion < version) {
      this.#publishing ??= publishDirectory(this.#ports()).finally(() => {
        this.#publishing = undefined
      })
      await this.#publishing
    }
  }

  #ports(): PublishDirectoryPorts {
    const { held, env, tenantId, clock } = this.#around
    return {
      ...held.ports(clock),
      putDirectory: (changes) => putDirectory(env.CONTROL, tenantId(), changes),
      forgetHints: ({ rows }) => forgetHints(env.CACHE, tenantId(), rows),
    }
  }

  #unpublished(error: unknown): Refusal {
    this.#around.report(error)
    return { kind: 'not_published', retryAfterSeconds: OUTAGE_RETRY_SECONDS }
  }
}

const jsonOf = (row: TenantRow): JsonObject => JSON.parse(JSON.stringify(row))
