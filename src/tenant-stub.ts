import type { TenantObject } from '../durable-objects/tenant'
import type { Env } from './env'
import type { RulesAnswer, RulesAsk } from './rules/rules-ask'
import type { ServicesAsk, ServicesOutcome } from './services/services-ask'
import type { Caller } from './tenant/contract'
import type { ChangeOutcome, DirectoryChange } from './tenant/directory'
import type { DirectoryKind, DirectoryOutcome, DirectoryPage, TenantRow } from './tenant/directory-rows'
import type { RetentionOutcome } from './tenant/retention-account'
import type { SettingsHistoryOutcome, SettingsHistoryPage } from './tenant/settings-history'
import type { TenantWebhooks } from './webhooks/webhook-ask'

/** The tenant's object. The only place that makes a stub: shards would be chosen here. */
export const tenantStub = (env: Pick<Env, 'TENANT'>, tenantId: string): DurableObjectStub<TenantObject> =>
  env.TENANT.getByName(tenantId)

/** The directory of a tenant, as its object has it. */
export interface TenantDirectory {
  /** Makes all of the changes or none; what was made holds everywhere once this answers. */
  change(by: Caller, changes: readonly DirectoryChange[]): Promise<ChangeOutcome>
  /** Rows as they are now. */
  readDirectory(by: Caller, kind: DirectoryKind, page: DirectoryPage): Promise<DirectoryOutcome>
  /** The last changes of the settings, the newest first. */
  readSettingsHistory(by: Caller, page: SettingsHistoryPage): Promise<SettingsHistoryOutcome>
  /** How long records are kept, and what the last runs of retention have removed. */
  readRetention(by: Caller): Promise<RetentionOutcome>
  /** Begins the directory of a tenant whose name is reserved; where there is one already, it stays. */
  initialise(tenant: TenantRow, by?: Caller): Promise<ChangeOutcome>
}

/** Reaches a tenant's directory. Documents of any depth cross as text: the types of RPC know no JSON. */
export const tenantDirectory = (env: Pick<Env, 'TENANT'>, tenantId: string): TenantDirectory => {
  const stub = tenantStub(env, tenantId)
  return {
    change: async (by, changes) => JSON.parse(await stub.change(by, JSON.stringify(changes))),
    readDirectory: async (by, kind, page) => JSON.parse(await stub.readDirectory(by, kind, page)),
    readSettingsHistory: async (by, page) => JSON.parse(await stub.readSettingsHistory(by, page)),
    readRetention: async (by) => JSON.parse(await stub.readRetention(by)),
    initialise: async (tenant, by) => JSON.parse(await stub.initialise(JSON.stringify(tenant), by)),
  }
}

/** The rules and incidents of a tenant, as its object has them. */
export interface TenantRules {
  /** Everything that can be asked and changed of them: see src/rules/rules-ask.ts. */
  ask(by: Caller, ask: RulesAsk): Promise<RulesAnswer>
}

/** Reaches a tenant's rules. */
export const tenantRules = (env: Pick<Env, 'TENANT'>, tenantId: string): TenantRules => {
  const stub = tenantStub(env, tenantId)
  return { ask: async (by, ask) => JSON.parse(await stub.rules(by, JSON.stringify(ask))) }
}

/** The webhooks of a tenant, as its object has them. */
export const tenantWebhooks = (env: Pick<Env, 'TENANT'>, tenantId: string): TenantWebhooks => ({
  ask: async (by, ask) => JSON.parse(await tenantStub(env, tenantId).webhooks(by, JSON.stringify(ask))),
})

/** The registry of a tenant's services, as its object has it. */
export interface TenantServices {
  /** Everything that can be asked and changed of it: see src/services/services-ask.ts. */
  ask(by: Caller, ask: ServicesAsk): Promise<ServicesOutcome>
}

/** Reaches the registry of a tenant's services. */
export const tenantServices = (env: Pick<Env, 'TENANT'>, tenantId: string): TenantServices => ({
  ask: async (by, ask) => JSON.parse(await tenantStub(env, tenantId).services(by, JSON.stringify(ask))),
})
