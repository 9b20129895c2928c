import { compiledSettings } from '../../http/compiled-settings'
import type { Handler } from '../../http/handler'
import { serviceConfigOf, toServiceConfigRow } from '../../tenant/service-config'
import { jsonAnswer } from '../search-answer'
import { refuseUnknown } from './row-parameters'
import { readServiceName } from './service-name'
import { readServiceConfigs } from './service-settings'

/** `GET /api/v1/logs/config/:service`: what holds for a service, also while it has no configuration of its own. */
export const getServiceConfig: Handler = async (request, env) => {
  refuseUnknown(new URL(request.url).searchParams)
  const service = readServiceName(request.params.service, 'service')
  const configs = await readServiceConfigs(request, env)
  return jsonAnswer(
    toServiceConfigRow(service, serviceConfigOf(configs, service), compiledSettings(request).defaultDays),
  )
}
