import { expect, it } from 'vitest'
import { platformToken, type TokenWishes } from '../../scripts/make-jwt/platform-token'
import { readConfig } from '../../src/env'
import { verifyJwt } from '../../src/http/jwt'
import { platformIssuerOf } from '../../src/http/prove-jwt'
import { NOW_MS, SECRET, TENANT_ID } from '../support/jwt-world'

const config = readConfig({ JWT_SECRET: SECRET })

const wishes: TokenWishes = {
  secret: SECRET,
  issuer: config.JWT_ISSUER,
  audience: config.JWT_AUDIENCE,
  subject: 'grace',
  role: 'admin',
  tenant: TENANT_ID,
  scope: 'logs:read admin:read',
  filter: 'userId:ada',
  hours: 8,
}

const verify = (token: string) =>
  verifyJwt(token, {
    platform: platformIssuerOf(config),
    tenant: undefined,
    findKey: async () => undefined,
    nowMs: NOW_MS,
  })

it('makes tokens that the service takes under its default names', async () => {
  await expect(verify(await platformToken(wishes, NOW_MS))).resolves.toMatchObject({
    ...{ subject: 'grace', role: 'admin', tenantId: TENANT_ID, filter: 'userId:ada' },
    scopes: ['logs:read', 'admin:read'],
    expiresMs: Math.floor(NOW_MS / 1000) * 1000 + 8 * 3_600_000,
  })
  const operator = { ...wishes, role: 'operator', tenant: undefined, scope: undefined, filter: undefined, hours: 24 }
  await expect(verify(await platformToken(operator, NOW_MS))).resolves.toMatchObject({ role: 'operator' })
})

it('says which wish the service would refuse', async () => {
  const refused: readonly (readonly [Partial<TokenWishes>, RegExp])[] = [
    [{ secret: 'short' }, /JWT_SECRET/],
    [{ hours: 25 }, /--hours/],
    [{ hours: 0 }, /--hours/],
    [{ hours: Number.NaN }, /--hours/],
    [{ tenant: undefined }, /--tenant/],
    [{ role: 'operator' }, /--tenant/],
  ]
  for (const [changes, message] of refused) {
    await expect(platformToken({ ...wishes, ...changes }, NOW_MS)).rejects.toThrow(message)
  }
})

it('is refused a secret of fewer than 256 bits by the configuration, which names the rule and not the secret', () => {
  const short = 'x'.repeat(31)
  expect(() => readConfig({ JWT_SECRET: short })).toThrow(
    /JWT_SECRET: it must be at least 32 random bytes \(256 bits\)/,
  )
  expect(() => readConfig({ JWT_SECRET: short })).not.toThrow(new RegExp(short))
  expect(readConfig({ JWT_SECRET: `${short}x` }).JWT_SECRET).toBe(`${short}x`)
  expect(platformIssuerOf(readConfig({}))).toBeUndefined()
})
