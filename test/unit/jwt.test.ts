import { createPublicKey } from 'node:crypto'
import { CompactEncrypt, generateKeyPair, SignJWT } from 'jose'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { checkIssuers } from '../../src/http/check-issuers'
import { type JwtTrust, PLATFORM_JWT_TYPE, verifyJwt } from '../../src/http/jwt'
import { isJwt } from '../../src/http/jwt-text'
import {
  JWT_CHARACTERS_MAX,
  JWT_CLOCK_TOLERANCE_SECONDS,
  JWT_KEY_ID_CHARACTERS_MAX,
  JWT_LIFETIME_SECONDS_MAX,
} from '../../src/limits/limits'
import { JWT_ALGORITHMS, JwtIssuer, JwtIssuers } from '../../src/tenant/jwt-issuer'
import {
  CLAIMS,
  encoded,
  type JwtWorld,
  jwtWorld,
  macToken,
  NOW_SECONDS,
  PLATFORM_CLAIMS,
  platformToken,
  SECRET,
  TENANT_ID,
  type TokenChanges,
} from '../support/jwt-world'

let world: JwtWorld

beforeAll(async () => {
  world = await jwtWorld()
})

beforeEach(() => {
  world.server.fetches.length = 0
})

/** Refused, and without a word about why. */
async function expectRefused(token: string, name: string, trust: JwtTrust = world.trust): Promise<void> {
  await expect(verifyJwt(token, trust), name).rejects.toMatchObject({
    code: 'unauthenticated',
    message: 'Credentials are missing or not valid',
    extras: {},
  })
}

const expectAllRefused = async (cases: Readonly<Record<string, string | Promise<string>>>, trust?: JwtTrust) => {
  for (const [name, token] of Object.entries(cases)) await expectRefused(await token, name, trust)
}

describe('a token of a tenant’s issuer', () => {
  it('is let in under each algorithm of its settings', async () => {
    for (const algorithm of JWT_ALGORITHMS) {
      await expect(verifyJwt(await world.signed({ algorithm }), world.trust), algorithm).resolves.toEqual({
        issuerId: 'acme',
        subject: 'ada',
        tenantId: TENANT_ID,
        role: 'viewer',
        scopes: undefined,
        filter: undefined,
        expiresMs: (NOW_SECONDS + 3600) * 1000,
      })
    }
  })

  it('may name several audiences, and spell its type as RFC 7515 allows', async () => {
    const good: TokenChanges[] = [
      { claims: { aud: ['other', CLAIMS.aud] } },
      { header: { typ: 'jwt' } },
      { header: { typ: 'application/JWT' } },
      { header: { typ: 'at+jwt' } },
      { header: { x5t: 'a thumbprint names no key', custom: 1 } },
      { claims: { iat: undefined } },
      { claims: { nbf: NOW_SECONDS - 5 } },
    ]
    for (const changes of good) {
      await expect(verifyJwt(await world.signed(changes), world.trust), JSON.stringify(changes)).resolves.toMatchObject(
        {
          subject: 'ada',
        },
      )
    }
  })

  it('is refused for another issuer, audience, type or none of them', async () => {
    await expectAllRefused({
      'another issuer': world.signed({ claims: { iss: 'https://id.acme.com' } }),
      'no issuer': world.signed({ claims: { iss: undefined } }),
      'an issuer that is a list': world.signed({ claims: { iss: [CLAIMS.iss] } }),
      'another audience': world.signed({ claims: { aud: 'sluice' } }),
      'an audience that only begins the same': world.signed({ claims: { aud: `${CLAIMS.aud}-2` } }),
      'no audience': world.signed({ claims: { aud: undefined } }),
      'an empty list of audiences': world.signed({ claims: { aud: [] } }),
      'another type': world.signed({ header: { typ: 'logout+jwt' } }),
      'the platform’s type': world.signed({ header: { typ: PLATFORM_JWT_TYPE } }),
      'no type': world.signed({ header: { typ: undefined } }),
      'an empty type': world.signed({ header: { typ: '' } }),
    })
  })

  it('may leave out its type where the settings say so', async () => {
    const trust = world.trustWith({ rules: { untyped: true } })
    await expect(verifyJwt(await world.signed({ header: { typ: undefined } }), trust)).resolves.toMatchObject({})
    await expectRefused(await world.signed({ header: { typ: 'dpop+jwt' } }), 'another type', trust)
  })

  it('is refused outside of its time, with one named tolerance for clocks', async () => {
    const tolerance = JWT_CLOCK_TOLERANCE_SECONDS
    const good = {
      'just expired': { exp: NOW_SECONDS - tolerance + 1, iat: NOW_SECONDS - 600 },
      'not quite valid yet': { nbf: NOW_SECONDS + tolerance },
      'from a clock that is ahead': { iat: NOW_SECONDS + tolerance },
      'as long as may be': { exp: NOW_SECONDS + JWT_LIFETIME_SECONDS_MAX },
    }
    for (const [name, claims] of Object.entries(good)) {
      await expect(verifyJwt(await world.signed({ claims }), world.trust), name).resolves.toMatchObject({})
    }
    const bad = {
      expired: { exp: NOW_SECONDS - tolerance, iat: NOW_SECONDS - 600 },
      'without an end': { exp: undefined },
      'not valid yet': { nbf: NOW_SECONDS + tolerance + 1 },
      'from the future': { iat: NOW_SECONDS + tolerance + 1 },
      'for too long': { exp: NOW_SECONDS + JWT_LIFETIME_SECONDS_MAX + 1 },
      'for too long, by a start in the past': {
        iat: NOW_SECONDS - JWT_LIFETIME_SECONDS_MAX,
        exp: NOW_SECONDS + 1,
      },
      'for too long, without a start': { iat: undefined, exp: NOW_SECONDS + JWT_LIFETIME_SECONDS_MAX + 1 },
      'with an end before its start': { iat: NOW_SECONDS + 30, exp: NOW_SECONDS + 20 },
      'with an end that is text': { exp: `${NOW_SECONDS + 60}` },
      'with a start that is text': { iat: `${NOW_SECONDS}` },
      'with a begin that is text': { nbf: `${NOW_SECONDS}` },
      'with an end that is null': { exp: null },
    }
    await expectAllRefused(
      Object.fromEntries(Object.entries(bad).map(([name, claims]) => [name, handSigned({ ...CLAIMS, ...claims })])),
    )
    const endless = JSON.stringify({ ...CLAIMS, iat: undefined }).replace(`"exp":${CLAIMS.exp}`, '"exp":1e999')
    await expectRefused(await handSigned(endless), 'an infinite end')
  })

  it('is refused with another key than the issuer’s', async () => {
    for (const algorithm of JWT_ALGORITHMS) {
      const { privateKey } = await generateKeyPair(algorithm)
      await expectRefused(await world.signed({ algorithm, key: privateKey }), algorithm)
    }
  })

  it('is refused with an algorithm that the settings do not name, whatever its key', async () => {
    const onlyRsa = world.trustWith({ rules: { algorithms: ['RS256'] } })
    await expectRefused(await world.signed({ algorithm: 'ES256' }), 'ES256', onlyRsa)
    const others: Record<string, Promise<string>> = {}
    for (const alg of ['RS512', 'PS256', 'ES384']) {
      const { privateKey } = await generateKeyPair(alg)
      others[alg] = new SignJWT(CLAIMS).setProtectedHeader({ alg, kid: 'rsa-1', typ: 'JWT' }).sign(privateKey)
    }
    await expectAllRefused(others)
  })

  it('is refused with a kid of a key for another algorithm, an unknown one, or none where there is a choice', async () => {
    await expectAllRefused({
      'of another algorithm': world.signed({ header: { kid: 'rsa-1' } }),
      unknown: world.signed({ header: { kid: 'ec-2' } }),
      'in another case': world.signed({ header: { kid: 'EC-1' } }),
    })
    await expect(verifyJwt(await world.signed({ header: { kid: undefined } }), world.trust)).resolves.toMatchObject({})
  })

  it('is refused with a kid that is empty, long, no text, or could be a path or a statement', async () => {
    const kids = [
      '',
      '../../dev/null',
      '..',
      'a/b',
      'a\\b',
      '/etc/passwd',
      '%2e%2e',
      "ec-1' OR '1'='1",
      'ec-1\n',
      'ec-1\0',
      ' ',
      'é',
    ]
    const long = 'k'.repeat(JWT_KEY_ID_CHARACTERS_MAX + 1)
    const tokens = [...kids, long, null, 1, ['ec-1'], { kid: 'ec-1' }].map(
      (kid) => [JSON.stringify(kid), handSigned(CLAIMS, { kid })] as const,
    )
    await expectAllRefused(Object.fromEntries(tokens))
    expect(world.server.fetches).toEqual([])
  })

  it('is refused on the service’s own host, where it names no tenant', async () => {
    await expectRefused(await world.signed(), 'no tenant', { ...world.trust, tenant: undefined })
  })

  it('is refused by a tenant that does not trust its issuer', async () => {
    await expectRefused(await world.signed(), 'nobody', { ...world.trust, tenant: { id: 'ten_b', issuers: [] } })
  })
})

describe('a token that would choose its own verification', () => {
  it('is refused as none in any spelling', async () => {
    const tokens: Record<string, string> = {}
    for (const alg of [
      'none',
      'None',
      'NONE',
      'nOnE',
      'none ',
      ' none',
      'nonе',
      '',
      null,
      0,
      false,
      [],
      ['ES256'],
      { alg: 'none' },
    ]) {
      const unsigned = `${encoded({ alg, typ: 'JWT' })}.${encoded(CLAIMS)}`
      const platform = `${encoded({ alg, typ: PLATFORM_JWT_TYPE })}.${encoded(PLATFORM_CLAIMS)}`
      for (const signature of ['', '.', '.AA', `.${Buffer.alloc(64).toString('base64url')}`]) {
        tokens[`${JSON.stringify(alg)} ${signature}`] = unsigned + signature
        tokens[`platform ${JSON.stringify(alg)} ${signature}`] = platform + signature
      }
    }
    tokens['no alg'] = `${encoded({ typ: 'JWT' })}.${encoded(CLAIMS)}.AA`
    await expectAllRefused(tokens)
  })

  it('is refused when a public key serves as the secret of an HMAC', async () => {
    const spki = createPublicKey({ key: Object.assign({}, world.jwks.RS256), format: 'jwk' }).export({
      type: 'spki',
      format: 'pem',
    })
    const secrets = {
      pem: String(spki),
      'pem without its last line end': String(spki).trim(),
      modulus: String(world.jwks.RS256.n),
      'modulus bytes': Buffer.from(String(world.jwks.RS256.n), 'base64url'),
      jwk: JSON.stringify(world.jwks.RS256),
    }
    for (const [name, secret] of Object.entries(secrets)) {
      for (const kid of ['rsa-1', undefined]) {
        await expectRefused(macToken({ alg: 'HS256', typ: 'JWT', kid }, CLAIMS, secret), name)
        const platform = { alg: 'HS256', typ: PLATFORM_JWT_TYPE, kid }
        await expectRefused(macToken(platform, PLATFORM_CLAIMS, secret), `${name} as the platform’s`)
      }
    }
  })

  it('is refused when the platform’s secret signs for a tenant’s issuer, or a tenant’s key for the platform', async () => {
    await expectAllRefused({
      'secret for tenant': macToken({ alg: 'HS256', typ: 'JWT' }, CLAIMS, SECRET),
      'secret for tenant, with the platform’s type': macToken({ alg: 'HS256', typ: PLATFORM_JWT_TYPE }, CLAIMS, SECRET),
      'key for platform': world.signed({ claims: PLATFORM_CLAIMS, header: { typ: PLATFORM_JWT_TYPE } }),
    })
    const impostor = world.trustWith({ rules: { issuer: 'sluice', audience: 'sluice', types: [PLATFORM_JWT_TYPE] } })
    const token = await world.signed({ claims: PLATFORM_CLAIMS, header: { typ: PLATFORM_JWT_TYPE } })
    await expectRefused(token, 'a tenant’s issuer that calls itself the platform', impostor)
  })

  it.each([
    ['jku', 'https://id.acme.com/.well-known/jwks.json'],
    ['x5u', 'https://id.acme.com/cert.pem'],
    ['x5c', ['MIIB']],
    ['crit', ['exp']],
    ['crit', []],
    ['b64', false],
    ['b64', true],
    ['zip', 'DEF'],
    ['cty', 'JWT'],
    ['enc', 'A256GCM'],
    ['p2c', 1_000_000_000],
    ['epk', {}],
  ])('is refused with %s in its header (%j), though its signature is right', async (name, value) => {
    await expectRefused(await handSigned(CLAIMS, { [name]: value }), name)
    await expectRefused(platformToken({}, { [name]: value }), `platform ${name}`)
    expect(world.server.fetches).toEqual([])
  })

  it('is refused with jwk in its header, be it the attacker’s key or the issuer’s own', async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
    const theirs = await crypto.subtle.exportKey('jwk', publicKey)
    await expectRefused(await handSigned(CLAIMS, { jwk: theirs, kid: undefined }, privateKey), 'theirs')
    await expectRefused(await handSigned(CLAIMS, { jwk: world.jwks.ES256 }), 'the issuer’s')
  })

  it('is refused with b64:false and crit, as RFC 7797 writes it', async () => {
    await expectRefused(await handSigned(CLAIMS, { b64: false, crit: ['b64'] }), 'b64')
  })

  it('is refused with a member twice, in its header or its claims, also when an escape hides it', async () => {
    const header = JSON.stringify({ typ: 'JWT', kid: 'ec-1' }).slice(1)
    const claims = JSON.stringify(CLAIMS)
    await expectAllRefused({
      'alg twice': handSignedText(`{"alg":"none","alg":"ES256",${header}`, claims),
      'alg twice, equal': handSignedText(`{"alg":"ES256","alg":"ES256",${header}`, claims),
      'alg twice, escaped': handSignedText(`{"\\u0061lg":"none","alg":"ES256",${header}`, claims),
      'sub twice': handSignedText(`{"alg":"ES256",${header}`, claims.replace('"sub"', '"sub":"root","sub"')),
      'a member below twice': handSignedText(
        `{"alg":"ES256",${header}`,
        claims.replace('"sub"', '"x":{"a":1,"a":2},"sub"'),
      ),
      __proto__: handSignedText(`{"__proto__":{"alg":"ES256"},${header}`, claims),
    })
    const spaced = `{ "alg" : "ES256",\n "a:b\\"": "c:d", ${header}`
    await expect(verifyJwt(await handSignedText(spaced, claims), world.trust)).resolves.toMatchObject({})
  })

  it('is refused encrypted', async () => {
    const { publicKey } = await generateKeyPair('RSA-OAEP-256')
    const bytes = new TextEncoder().encode(JSON.stringify(CLAIMS))
    const encrypt = (alg: string, key: CryptoKey | Uint8Array) =>
      new CompactEncrypt(bytes).setProtectedHeader({ alg, enc: 'A256GCM', typ: 'JWT', kid: 'rsa-1' }).encrypt(key)
    await expectAllRefused({
      'RSA-OAEP': encrypt('RSA-OAEP-256', publicKey),
      dir: encrypt('dir', new TextEncoder().encode(SECRET).slice(0, 32)),
      PBES2: encrypt('PBES2-HS256+A128KW', new TextEncoder().encode(SECRET)),
    })
  })

  it('is refused in the JSON forms and in broken shapes', async () => {
    const token = await world.signed()
    const [header, claims, signature] = token.split('.')
    await expectAllRefused({
      flattened: JSON.stringify({ protected: header, payload: claims, signature }),
      general: JSON.stringify({ payload: claims, signatures: [{ protected: header, signature }] }),
      'two parts': `${header}.${claims}`,
      'four parts': `${token}.${signature}`,
      'no signature': `${header}.${claims}.`,
      'no claims': `${header}..${signature}`,
      empty: '',
      points: '..',
      'with a space': `${token} `,
      'with a line end': `${token}\n`,
      'with padding': `${token}==`,
      'in plain base64': [header, claims, `${signature.slice(0, -2)}+/`].join('.'),
      'a BOM before the header': handSignedText(`\uFEFF{"alg":"ES256","typ":"JWT"}`, JSON.stringify(CLAIMS)),
      'claims that are a list': handSignedText('{"alg":"ES256","typ":"JWT"}', '[]'),
      'claims that are text': handSignedText('{"alg":"ES256","typ":"JWT"}', '"x"'),
      'claims that are not JSON': handSignedText('{"alg":"ES256","typ":"JWT"}', '{'),
    })
  })

  it('is refused with a spelling of its signature that has other unused bits', async () => {
    const token = await world.signed()
    const last = token.slice(-1)
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    for (const character of alphabet.replace(last, '')) await expectRefused(token.slice(0, -1) + character, character)
  })
})

describe('a token that is too long', () => {
  it('is refused without a look at it: one of a megabyte as one of a character too many', async () => {
    const megabyte = `${'a'.repeat(500_000)}.${'b'.repeat(500_000)}.c`
    expect(isJwt(megabyte)).toBe(false)
    await expectRefused(megabyte, 'a megabyte')
    // Signed, and right but for its length.
    const signed = await world.signed({ claims: { padding: 'x'.repeat(JWT_CHARACTERS_MAX) } })
    await expectRefused(signed, 'signed')
    await expectRefused(platformToken({ padding: 'x'.repeat(JWT_CHARACTERS_MAX) }), 'the platform’s')
    expect(world.server.fetches).toEqual([])
  })

  it('is taken up to the limit', async () => {
    const token = platformToken({ padding: 'x'.repeat(5700) })
    expect(token.length).toBeLessThanOrEqual(JWT_CHARACTERS_MAX)
    await expect(verifyJwt(token, world.trust)).resolves.toMatchObject({ subject: 'grace' })
  })

  it('is refused when its claims are nested as deep as they can be', async () => {
    await expectRefused(
      platformToken({ deep: JSON.parse(`${'['.repeat(2500)}${']'.repeat(2500)}`) }, { alg: 'none' }),
      'deep',
    )
    const deep = macToken({ alg: 'HS256', typ: PLATFORM_JWT_TYPE }, `{"a":${'['.repeat(5900)}`, SECRET)
    await expectRefused(deep, 'never closed')
  })
})

describe('a token of the platform', () => {
  it('is let in with the role and tenant that it names', async () => {
    await expect(verifyJwt(platformToken(), world.trust)).resolves.toEqual({
      issuerId: 'sluice',
      subject: 'grace',
      tenantId: TENANT_ID,
      role: 'admin',
      scopes: undefined,
      filter: undefined,
      expiresMs: (NOW_SECONDS + 3600) * 1000,
    })
    const operator = platformToken({ role: 'operator', tenant: undefined })
    await expect(verifyJwt(operator, world.trust)).resolves.toMatchObject({ role: 'operator', tenantId: undefined })
  })

  it('may limit itself to scopes and to a filter', async () => {
    const token = platformToken({ scope: 'logs:read  tail', filter: 'userId:ada' })
    await expect(verifyJwt(token, world.trust)).resolves.toMatchObject({
      scopes: ['logs:read', 'tail'],
      filter: 'userId:ada',
    })
  })

  it('is refused with claims that are not right', async () => {
    await expectAllRefused({
      'another audience': platformToken({ aud: 'another installation' }),
      'no audience': platformToken({ aud: undefined }),
      'no subject': platformToken({ sub: undefined }),
      'an empty subject': platformToken({ sub: '' }),
      'a subject with a line end': platformToken({ sub: 'a\nb' }),
      'a subject that turns the line around': platformToken({ sub: 'a\u202Eb' }),
      'a long subject': platformToken({ sub: 's'.repeat(256) }),
      'no start': platformToken({ iat: undefined }),
      'no end': platformToken({ exp: undefined }),
      expired: platformToken({ iat: NOW_SECONDS - 7200, exp: NOW_SECONDS - 3600 }),
      'too long a life': platformToken({ exp: NOW_SECONDS + JWT_LIFETIME_SECONDS_MAX + 1 }),
      'no role': platformToken({ role: undefined }),
      'an unknown role': platformToken({ role: 'root' }),
      'no tenant': platformToken({ tenant: undefined }),
      'an operator with a tenant': platformToken({ role: 'operator' }),
      'a tenant that is no id': platformToken({ tenant: 'acme/../other' }),
      'a filter that is empty': platformToken({ filter: '' }),
      'a filter that is no query': platformToken({ filter: 'level:(' }),
      'a filter that computes': platformToken({ filter: 'level:error | count' }),
      'a filter that is no text': platformToken({ filter: { userId: 'ada' } }),
      'another type': platformToken({}, { typ: 'JWT' }),
      'no type': platformToken({}, { typ: undefined }),
      'another algorithm of the same key': macToken({ alg: 'HS512', typ: PLATFORM_JWT_TYPE }, PLATFORM_CLAIMS, SECRET),
      'another secret': macToken({ alg: 'HS256', typ: PLATFORM_JWT_TYPE }, PLATFORM_CLAIMS, `${SECRET}x`),
    })
  })

  it('is refused where no secret is set', async () => {
    await expectRefused(platformToken(), 'no secret', { ...world.trust, platform: undefined })
    const empty = macToken({ alg: 'HS256', typ: PLATFORM_JWT_TYPE }, PLATFORM_CLAIMS, '')
    await expectRefused(empty, 'an empty secret', { ...world.trust, platform: undefined })
  })
})

describe('claims', () => {
  const identityOf = async (claims: Readonly<Record<string, unknown>>, rules: Partial<JwtIssuer>) =>
    verifyJwt(await world.signed({ claims }), world.trustWith({ rules }))

  it('are mapped to the role that may most, or to the default', async () => {
    const role = { claim: 'groups', map: { staff: 'viewer', ops: 'admin' }, default: 'ingest' } as const
    await expect(identityOf({ groups: ['staff', 'ops', 'chess'] }, { role })).resolves.toMatchObject({ role: 'admin' })
    await expect(identityOf({ groups: 'staff' }, { role })).resolves.toMatchObject({ role: 'viewer' })
    await expect(identityOf({ groups: ['chess'] }, { role })).resolves.toMatchObject({ role: 'ingest' })
    await expect(identityOf({ groups: undefined }, { role })).resolves.toMatchObject({ role: 'ingest' })
  })

  it('say no role where nothing is mapped and there is no default, whatever objects inherit', async () => {
    for (const groups of ['chess', undefined, 'constructor', '__proto__', ['toString'], { staff: true }, 7, null]) {
      await expect(identityOf({ groups }, {}), String(groups)).resolves.toMatchObject({ role: undefined })
    }
    await expect(identityOf({ groups: 'ops' }, { role: undefined })).resolves.toMatchObject({ role: undefined })
  })

  it('name an address only when the issuer says that it is verified', async () => {
    const email = 'Ada@Acme.com'
    await expect(identityOf({ email, email_verified: true }, {})).resolves.toMatchObject({ email: 'ada@acme.com' })
    for (const claims of [{ email }, { email, email_verified: 'true' }, { email: 'ada', email_verified: true }])
      await expect(identityOf(claims, {})).resolves.toMatchObject({ email: undefined })
  })

  it('are found below others, and under names with points', async () => {
    const role = { claim: ['https://acme.com/auth', 'roles'], map: { 'log.admin': 'admin' } } as const
    const rules = JwtIssuer.parse({ ...world.rules, role, subject: ['who', 'mail'] })
    await expect(
      identityOf({ 'https://acme.com/auth': { roles: ['log.admin'] }, who: { mail: 'ada@acme.com' } }, rules),
    ).resolves.toMatchObject({ role: 'admin', subject: 'ada@acme.com' })
    await expectRefused(
      await world.signed({ claims: { groups: ['ops'] } }),
      'nobody is there',
      world.trustWith({ rules }),
    )
  })

  it('can hold a filter, and without it the token is refused rather than let see everything', async () => {
    const rules = { filter: 'logs' }
    await expect(identityOf({ logs: 'userId:ada' }, rules)).resolves.toMatchObject({ filter: 'userId:ada' })
    for (const logs of [undefined, '', ' ', 'level:(', 'a | count', ['userId:ada'], null]) {
      await expectRefused(await world.signed({ claims: { logs } }), String(logs), world.trustWith({ rules }))
    }
  })
})

describe('the settings of an issuer', () => {
  const settings = () => ({ ...world.rules })

  it('allow no symmetric algorithm, no none and no empty list', () => {
    for (const algorithms of [['HS256'], ['none'], ['RS256', 'HS256'], ['PS256'], []]) {
      expect(JwtIssuer.safeParse({ ...settings(), algorithms }).success, String(algorithms)).toBe(false)
    }
  })

  it('demand an audience, and a way to a role', () => {
    expect(JwtIssuer.safeParse({ ...settings(), audience: undefined }).success).toBe(false)
    expect(JwtIssuer.safeParse({ ...settings(), audience: [] }).success).toBe(false)
    expect(JwtIssuer.safeParse({ ...settings(), role: {} }).success).toBe(false)
    expect(JwtIssuer.safeParse({ ...settings(), role: { claim: 'groups' } }).success).toBe(false)
    expect(JwtIssuer.safeParse({ ...settings(), role: { default: 'viewer' } }).success).toBe(true)
    expect(JwtIssuer.safeParse({ ...settings(), role: { default: 'operator' } }).success).toBe(false)
  })

  it('are held against the guard and the platform’s own name before they are saved', () => {
    const rules = { ownHosts: new Set(['logs.example.com']), allowsLocalHttp: false }
    const pointers = (changes: object) =>
      checkIssuers([settings(), { ...settings(), ...changes }], rules, { JWT_ISSUER: 'sluice' }).map(
        ({ pointer }) => pointer,
      )
    expect(pointers({})).toEqual([])
    expect(pointers({ issuer: 'sluice' })).toEqual(['/1/issuer'])
    for (const url of [
      'http://id.acme.com/',
      'https://127.1/',
      'https://a.logs.example.com/',
      'https://id.acme.com:8444/',
    ]) {
      expect(pointers({ jwks_url: url }), url).toEqual(['/1/jwks_url'])
    }
  })

  it('keep the platform’s name, and one id for one issuer', () => {
    expect(JwtIssuer.safeParse({ ...settings(), id: 'sluice' }).success).toBe(false)
    expect(JwtIssuers.safeParse([settings(), settings()]).success).toBe(false)
    expect(JwtIssuers.safeParse([settings(), { ...settings(), id: 'other' }]).success).toBe(true)
  })
})

/** A token whose signature is the issuer's, over a header and claims that jose would not sign. */
const handSigned = (
  claims: unknown,
  header: Readonly<Record<string, unknown>> = {},
  key?: CryptoKey,
): Promise<string> =>
  handSignedText(
    JSON.stringify({ alg: 'ES256', kid: 'ec-1', typ: 'JWT', ...header }),
    typeof claims === 'string' ? claims : JSON.stringify(claims),
    key,
  )

async function handSignedText(header: string, claims: string, key = world.privateKeys.ES256): Promise<string> {
  const input = `${encoded(header)}.${encoded(claims)}`
  const algorithm = { name: 'ECDSA', hash: 'SHA-256' }
  const signature = await crypto.subtle.sign(algorithm, key, new TextEncoder().encode(input))
  return `${input}.${Buffer.from(signature).toString('base64url')}`
}
