import fc from 'fast-check'
import { beforeAll, expect, it } from 'vitest'
import { verifyJwt } from '../../src/http/jwt'
import { ApiError } from '../../src/http/problem'
import { JWT_ALGORITHMS } from '../../src/tenant/jwt-issuer'
import { type JwtWorld, jwtWorld, platformToken } from '../support/jwt-world'

let world: JwtWorld
let tokens: readonly string[]

beforeAll(async () => {
  world = await jwtWorld()
  const signed = await Promise.all(JWT_ALGORITHMS.map((algorithm) => world.signed({ algorithm })))
  tokens = [...signed, platformToken()]
  for (const token of tokens) await expect(verifyJwt(token, world.trust)).resolves.toBeDefined()
})

const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

const character = fc.oneof(
  fc.constantFrom(...BASE64URL, '.', '=', '+', '/', ' '),
  fc.string({ minLength: 1, maxLength: 1 }),
)

/** A change at a place, told as a share of the token's length. */
const edit = fc.record({
  kind: fc.constantFrom('replace', 'insert', 'delete', 'cut', 'double', 'swap'),
  at: fc.nat(),
  character,
})

type Edit = typeof edit extends fc.Arbitrary<infer Value> ? Value : never

function applyEdit(token: string, { kind, at, character }: Edit): string {
  const place = at % (token.length + 1)
  const before = token.slice(0, place)
  const after = token.slice(place)
  if (kind === 'replace') return before + character + after.slice(1)
  if (kind === 'insert') return before + character + after
  if (kind === 'delete') return before + after.slice(1)
  if (kind === 'cut') return before
  if (kind === 'double') return before + after.slice(0, 1) + after
  return before + after.slice(1, 2) + after.slice(0, 1) + after.slice(2)
}

/** Refused as a bad credential: neither let in, nor an error of ours. */
const isRefused = (text: string): Promise<boolean> =>
  verifyJwt(text, world.trust).then(
    () => false,
    (error: unknown) => error instanceof ApiError && error.code === 'unauthenticated',
  )

it('never verifies a token that was changed anywhere', async () => {
  const changed = fc
    .tuple(fc.nat(3), fc.array(edit, { minLength: 1, maxLength: 3 }))
    .map(([index, edits]) => [tokens[index], edits.reduce(applyEdit, tokens[index])] as const)
    .filter(([token, text]) => token !== text)
  await fc.assert(
    fc.asyncProperty(changed, async ([, text]) => {
      expect(await isRefused(text), text).toBe(true)
    }),
    { numRuns: 5000 },
  )
})

it('never verifies a token put together from parts of others', async () => {
  const mixed = fc
    .tuple(fc.nat(3), fc.nat(3), fc.nat(3))
    .filter(([header, claims, signature]) => !(header === claims && claims === signature))
    .map((picks) => picks.map((pick, part) => tokens[pick].split('.')[part]).join('.'))
    // Issuer's tokens have the same claims, so those of one header and signature are whole.
    .filter((text) => !tokens.includes(text))
  await fc.assert(
    fc.asyncProperty(mixed, async (text) => {
      expect(await isRefused(text), text).toBe(true)
    }),
  )
})

it('never verifies, and never breaks on, three parts of anything', async () => {
  const json = fc.oneof(
    fc.json({ maxDepth: 3 }),
    fc
      .record({
        alg: fc.constantFrom('none', 'HS256', 'ES256', 'RS256'),
        kid: fc.constantFrom('ec-1', 'rsa-1'),
        typ: fc.constantFrom('JWT', 'sluice+jwt'),
      })
      .map((header) => JSON.stringify(header)),
    fc.string({ unit: 'binary' }),
  )
  const part = json.map((text) => Buffer.from(text).toString('base64url'))
  const signature = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString('base64url'))
  await fc.assert(
    fc.asyncProperty(part, part, signature, async (header, claims, last) => {
      expect(await isRefused(`${header}.${claims}.${last}`)).toBe(true)
    }),
    { numRuns: 3000 },
  )
})
