import { compiledSettings } from '../../http/compiled-settings'
import type { Handler } from '../../http/handler'
import { readJson } from '../../http/read-json'
import { SERVICE_CONFIG_BODY_BYTES_MAX } from '../../limits/limits'
import { ServiceConfigChange, serviceConfigOf, toServiceConfigRow } from '../../tenant/service-config'
import { jsonAnswer } from '../search-answer'
import { refuseUnknown } from './row-parameters'
import { readServiceName } from './service-name'
import { putServiceConfig } from './service-settings'

/** `PUT /api/v1/logs/config/:service`: makes or changes the configuration of a service, and answers what holds then. */
export const changeServiceConfig: Handler = async (request, env) => {
  refuseUnknown(new URL(request.url).searchParams)
  const service = readServiceName(request.params.service, 'service')
  const change = await readJson(request, ServiceConfigChange, SERVICE_CONFIG_BODY_BYTES_MAX)
  const configs = await putServiceConfig(request, env, { service, change })
  return jsonAnswer(
    toServiceConfigRow(service, serviceConfigOf(configs, service), compiledSettings(request).defaultDays),
  )
}
