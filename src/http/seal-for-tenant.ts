import { SECRET_NONCE_BYTES } from '../limits/limits'
import { type SecretPlace, sealSecret } from '../tenant/secret-box'
import type { TenantRequest } from './handler'
import { ApiError } from './problem'

/**
 * Seals a secret of the request's tenant, so that only its object opens it again. `purpose` is what that opens it with.
 * Throws `feature_not_configured` where the installation has no SECRETS_KEY: then nothing is stored.
 */
export async function sealForTenant(
  request: Pick<TenantRequest, 'config' | 'tenantId'>,
  purpose: SecretPlace['purpose'],
  text: string,
): Promise<string> {
  const keys = request.config.SECRETS_KEY
  if (keys === undefined || keys.length === 0)
    throw new ApiError('feature_not_configured', 'SECRETS_KEY is not set in this installation, so it keeps no secrets.')
  const nonce = crypto.getRandomValues(new Uint8Array(SECRET_NONCE_BYTES))
  return sealSecret(keys, { tenantId: request.tenantId, purpose }, { text, nonce })
}
