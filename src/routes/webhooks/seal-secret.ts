import type { TenantRequest } from '../../http/handler'
import { sealForTenant } from '../../http/seal-for-tenant'
import { newKeyPair, newSecret, SECRET_BYTES, standardForm } from '../../webhooks/signing-secret'
import { type Signing, type StoredSecret, secretPurpose } from '../../webhooks/webhook'

/** A secret that is about to be stored, and what of it is shown, this once. */
export interface FreshSecret {
  readonly stored: StoredSecret
  readonly shown: { readonly secret: string | null; readonly signingSecret: string | null }
}

/** Seals the secret that was given, or makes one. `feature_not_configured` where the installation cannot keep secrets. */
export async function sealSecretOf(
  request: TenantRequest,
  webhookId: string,
  { signing, secret }: { readonly signing: Signing; readonly secret: string | undefined },
): Promise<FreshSecret> {
  const purpose = secretPurpose(webhookId)
  const random = crypto.getRandomValues(new Uint8Array(SECRET_BYTES))
  if (signing === 'ed25519') {
    const pair = await newKeyPair(random)
    const sealed = await sealForTenant(request, purpose, pair.secret)
    return { stored: { sealed, publicKey: pair.publicKey }, shown: { secret: null, signingSecret: null } }
  }
  const text = secret ?? newSecret(random)
  const sealed = await sealForTenant(request, purpose, text)
  return { stored: { sealed }, shown: { secret: text, signingSecret: standardForm(text) } }
}
