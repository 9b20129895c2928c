import type { Env } from '../env'
import { HOST_CACHE_ENTRIES_MAX, HOST_CHARACTERS_MAX, SETTINGS_CACHE_ENTRIES_MAX } from '../limits/limits'
import { DomainRecord, findDomain, findSettings, SettingsRecord } from '../storage/d1/credentials'
import { putHint, readHint } from '../storage/kv/hints'
import { hostKey, settingsKey } from '../storage/kv/keys'
import type { Principal } from './access'
import type { TenantRequest } from './handler'
import { HintCache } from './hint-cache'
import { findHint } from './request-hints'

const hosts = new HintCache<DomainRecord>(HOST_CACHE_ENTRIES_MAX)
const settings = new HintCache<SettingsRecord>(SETTINGS_CACHE_ENTRIES_MAX)

/** The tenant that a host routes to. */
export async function findTenantOfHost(
  request: TenantRequest,
  env: Env,
  ctx: ExecutionContext,
): Promise<string | undefined> {
  const { host } = request
  if (host.length > HOST_CHARACTERS_MAX) return undefined
  const source = {
    cache: hosts,
    readKv: (key: string) => readHint(env.CACHE, key, DomainRecord),
    putKv: (key: string, value: DomainRecord) => putHint(env.CACHE, key, value),
    readD1: () => findDomain(env.CONTROL, host),
    waitUntil: (work: Promise<void>) => ctx.waitUntil(work),
    isOfCaller: ({ tenantId }: DomainRecord) => isOfCaller(request, tenantId),
  }
  const domain = await findHint(request, source, hostKey(host))
  return domain?.status === 'active' ? domain.tenantId : undefined
}

/** Before it is known who asks, the host's tenant is the one that they are asked about. */
const isOfCaller = ({ principal }: { readonly principal?: Principal }, tenantId: string): boolean =>
  principal === undefined || principal.tenantId === tenantId

/** Status, plan and settings of a tenant; undefined for one that is not there. */
export const findTenantSettings = (
  request: TenantRequest,
  env: Env,
  ctx: ExecutionContext,
  tenantId: string,
): Promise<SettingsRecord | undefined> => {
  const source = {
    cache: settings,
    readKv: (key: string) => readHint(env.CACHE, key, SettingsRecord),
    putKv: (key: string, value: SettingsRecord) => putHint(env.CACHE, key, value),
    readD1: () => findSettings(env.CONTROL, tenantId),
    waitUntil: (work: Promise<void>) => ctx.waitUntil(work),
  }
  return findHint(request, source, settingsKey(tenantId))
}
