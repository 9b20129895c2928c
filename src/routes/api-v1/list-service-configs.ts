import { compiledSettings } from '../../http/compiled-settings'
import type { Handler } from '../../http/handler'
import { toServiceConfigRows } from '../../tenant/service-config'
import { jsonAnswer } from '../search-answer'
import { refuseUnknown } from './row-parameters'
import { readServiceConfigs } from './service-settings'

/** `GET /api/v1/logs/configs`: the configurations of all services that have one, by their names. */
export const listServiceConfigs: Handler = async (request, env) => {
  refuseUnknown(new URL(request.url).searchParams)
  const configs = await readServiceConfigs(request, env)
  return jsonAnswer({ configs: toServiceConfigRows(configs, compiledSettings(request).defaultDays) })
}
