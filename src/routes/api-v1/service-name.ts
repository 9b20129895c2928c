import { ApiError } from '../../http/problem'
import { API_V1_SERVICE_NAME_CHARACTERS_MAX } from '../../limits/limits'

/**
 * What a service may be called under /api/v1, by the second seed's document. The other ways in take any text. The one name
 * that JavaScript gives a meaning to cannot be a member of the settings.
 */
export const SERVICE_NAMES = {
  form: new RegExp(`^(?!__proto__$)[A-Za-z0-9_-]{1,${API_V1_SERVICE_NAME_CHARACTERS_MAX}}$`),
  rule: `service_name has 1 to ${API_V1_SERVICE_NAME_CHARACTERS_MAX} letters A to Z, digits, dashes and underscores`,
}

/** The name of a service out of an address or a parameter, checked. */
export function readServiceName(text: string, parameter: string): string {
  if (SERVICE_NAMES.form.test(text)) return text
  const detail = `${SERVICE_NAMES.rule}.`
  throw new ApiError('validation_failed', detail, { errors: [{ code: 'invalid_service_name', detail, parameter }] })
}
