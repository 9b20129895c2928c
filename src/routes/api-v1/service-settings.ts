import type { Env } from '../../env'
import { refusalError } from '../../http/caller'
import type { TenantRequest } from '../../http/handler'
import { ApiError } from '../../http/problem'
import { SETTINGS_WRITE_TRIES } from '../../limits/limits'
import type { JsonObject } from '../../tenant/directory-rows'
import {
  type ServiceConfigs as Configs,
  changeServiceConfig,
  type ServiceConfigChange,
  ServiceConfigs,
} from '../../tenant/service-config'
import { readSettings, writeSettings } from '../tenant-settings'

/** The configurations of the tenant's services, as its object has them now. */
export async function readServiceConfigs(request: TenantRequest, env: Env): Promise<Configs> {
  const { value } = await readSettings(request, env)
  return configsIn(value)
}

/** Changes the configuration of one service; answers all of them as they are then, and they hold from the next request on. */
export async function putServiceConfig(
  request: TenantRequest,
  env: Env,
  asked: { readonly service: string; readonly change: ServiceConfigChange },
): Promise<Configs> {
  for (let tries = 1; ; tries++) {
    const { value, version } = await readSettings(request, env)
    const configs = changeServiceConfig(configsIn(value), asked.service, asked.change, Date.now())
    const checked = ServiceConfigs.safeParse(configs)
    if (!checked.success) throw new ApiError('validation_failed', `${checked.error.issues[0].message}.`)
    const written = await writeSettings(request, env, { ...value, services: jsonOf(configs) }, version)
    if (written.ok) return configs
    const { refusal } = written
    // Somebody else has changed the settings in between: what is asked for is put on top of theirs.
    if (refusal.kind !== 'precondition_failed') throw refusalError(refusal)
    if (tries === SETTINGS_WRITE_TRIES) throw new ApiError('conflict', 'The settings are being changed all the time.')
  }
}

const configsIn = ({ services }: JsonObject): Configs => ServiceConfigs.parse(services ?? {})

/** Without members that have no value: the object takes JSON. */
const jsonOf = (configs: Configs): JsonObject => JSON.parse(JSON.stringify(configs))
