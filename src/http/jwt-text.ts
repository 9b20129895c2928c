import * as z from 'zod'
import { JWT_CHARACTERS_MAX, JWT_KEY_ID_CHARACTERS_MAX } from '../limits/limits'

/** What a token says about itself before anything of it is verified. */
export interface JwtText {
  readonly header: JwtHeader
  readonly claims: Readonly<Record<string, unknown>>
}

const Header = z.object({
  alg: z.string(),
  typ: z.string().optional(),
  /**
   * It is compared with the ids of keys that we have, and with nothing else (RFC 8725, 3.10). No slash, backslash, percent
   * sign, quote, space or control character, nor two points: nothing that a path or a statement is made of.
   */
  kid: z
    .string()
    .max(JWT_KEY_ID_CHARACTERS_MAX)
    .regex(/^[\w.:+=@~-]+$/)
    .regex(/^(?!.*\.\.)/)
    .optional(),
})

/** The members of a header that we act on; the others are ignored (RFC 7515, 4). */
export type JwtHeader = z.infer<typeof Header>

/** Whether a credential is to be read as a JWT: three parts. Our keys have no points in them. It looks at no long text. */
export const isJwt = (text: string): boolean => text.length <= JWT_CHARACTERS_MAX && SHAPE.test(text)

/**
 * Takes a token apart, or answers undefined for what is not exactly one signed JWT in the compact form: too long, another
 * form or encrypted, not canonical base64url, not UTF-8, not JSON, a member twice, or a header that brings its own key or
 * changes how it is to be read. It verifies nothing.
 */
export function parseJwt(text: string): JwtText | undefined {
  if (text.length > JWT_CHARACTERS_MAX) return undefined
  const [whole, protectedPart, claimsPart, signature] = SHAPE.exec(text) ?? []
  if (whole === undefined || !isCanonical(signature)) return undefined
  const members = parseMembers(protectedPart)
  if (members === undefined || REFUSED_MEMBERS.some((name) => Object.hasOwn(members, name))) return undefined
  const header = Header.safeParse(members)
  const claims = parseMembers(claimsPart)
  return header.success && claims !== undefined ? { header: header.data, claims } : undefined
}

const SHAPE = /^([\w-]+)\.([\w-]+)\.([\w-]+)$/

/**
 * Members of a header that bring a key (RFC 7515, 4.1.2 to 4.1.6), that change what is signed (RFC 7797) or must be
 * understood, or that belong to encryption or to a token within a token.
 */
const REFUSED_MEMBERS: readonly string[] = [
  ...['jku', 'jwk', 'x5u', 'x5c'],
  ...['crit', 'b64', 'zip', 'cty'],
  ...['enc', 'epk', 'apu', 'apv', 'iv', 'tag', 'p2s', 'p2c'],
]

/** Base64url has several spellings of the same bytes, in the unused bits at its end. Only one of them is taken. */
const isCanonical = (part: string): boolean => Buffer.from(part, 'base64url').toString('base64url') === part

function parseMembers(part: string): Record<string, unknown> | undefined {
  if (!isCanonical(part)) return undefined
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(part, 'base64url'))
    const parsed = Members.safeParse(JSON.parse(text))
    return parsed.success && countMembers(parsed.data) === countColons(text) ? parsed.data : undefined
  } catch {
    return undefined // not UTF-8, or not JSON
  }
}

const Members = z.record(z.string(), z.unknown())

/**
 * JSON.parse keeps the last of two members with one name, and another reader may keep the first (RFC 7515, 10.12). Each
 * member has one colon outside of strings, so that fewer members than colons means that one came twice.
 */
const countColons = (json: string): number => json.replace(/"(?:[^"\\]|\\.)*"/g, '').split(':').length - 1

function countMembers(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  const values = Object.values(value)
  const below = values.reduce<number>((count, member) => count + countMembers(member), 0)
  return Array.isArray(value) ? below : below + values.length
}
