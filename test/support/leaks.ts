import zlib from 'node:zlib'

/** What whoever is answered must not learn, by whose it is: ASCII, at least nine characters. */
export type Cores = Readonly<Record<string, string>>

/** A text that holds what is secret, and where it was found. */
export interface Leak {
  readonly of: string
  readonly form: string
  /** What stood around it. */
  readonly excerpt: string
}

/**
 * Every secret that these bytes hold: plainly in any letter case, with letters written as escapes or entities, in hex, in base64
 * at any offset, as UTF-16, or any of these inside something that is compressed or base64 itself.
 */
export function leaksIn(bytes: Buffer, cores: Cores): Leak[] {
  const layers = unwrapped(bytes, LAYERS_MAX)
  return Object.entries(cores).flatMap(([of, core]) => layers.flatMap((layer) => leaksInLayer(layer, of, core)))
}

/** Layers of compression and base64 that are taken off. */
const LAYERS_MAX = 3

/** One way in which the bytes can be read. */
interface Layer {
  readonly name: string
  readonly text: string
}

function leaksInLayer({ name, text }: Layer, of: string, core: string): Leak[] {
  const folded = text.toLowerCase()
  return formsOf(core).flatMap(({ form, needle, isExact }) => {
    const at = (isExact ? text : folded).indexOf(needle)
    return at < 0 ? [] : [{ of, form: `${name}${form}`, excerpt: text.slice(Math.max(0, at - 80), at + 80) }]
  })
}

interface Form {
  readonly form: string
  readonly needle: string
  readonly isExact?: boolean
}

const known = new Map<string, readonly Form[]>()

function formsOf(core: string): readonly Form[] {
  const forms = known.get(core) ?? [
    { form: 'plain', needle: core.toLowerCase() },
    { form: 'hex', needle: Buffer.from(core).toString('hex') },
    { form: 'UTF-16', needle: [...core.toLowerCase()].join('\u0000') },
    ...[0, 1, 2].map((offset) => ({ form: 'base64', needle: base64At(core, offset), isExact: true })),
  ]
  known.set(core, forms)
  return forms
}

/** The characters of the base64 of a text that stands behind so many other bytes: those that are of this text alone. */
function base64At(core: string, offset: number): string {
  const text = Buffer.from(`${'\0'.repeat(offset)}${core}`).toString('base64')
  const first = Math.ceil((offset * 8) / 6)
  const end = Math.floor(((offset + core.length) * 8) / 6)
  return text.slice(first, end)
}

/** The bytes themselves, and what is packed into them. */
function unwrapped(bytes: Buffer, layers: number, name = ''): Layer[] {
  const text = bytes.toString('latin1')
  const own = [
    { name, text },
    ...(/\\u|%[0-9a-f]{2}|&#/i.test(text) ? [{ name: `${name}unescaped `, text: unescaped(text) }] : []),
  ]
  if (layers === 0) return own
  const packed = [inflated(bytes), ...tokensOf(text).map((token) => Buffer.from(token, 'base64'))]
  const inner = packed.filter((part) => part !== undefined && (part.length > 8 || part.equals(bytes)))
  return [...own, ...inner.flatMap((part) => (part ? unwrapped(part, layers - 1, `${name}packed `) : []))]
}

const unescaped = (text: string): string =>
  text
    .replace(/\\u([0-9a-f]{4})/gi, (_, code) => String.fromCharCode(Number.parseInt(code, 16)))
    .replace(/%([0-9a-f]{2})/gi, (_, code) => String.fromCharCode(Number.parseInt(code, 16)))
    .replace(/&#(\d{1,4});/g, (_, code) => String.fromCharCode(Number(code)))
    .replace(/&#x([0-9a-f]{1,4});/gi, (_, code) => String.fromCharCode(Number.parseInt(code, 16)))

/** What may be base64 of something that is packed: `H4s` gzip, `KLUv` zstd, `eJ` zlib; and what begins as `{`, `[` and `"` do. */
const tokensOf = (text: string): string[] =>
  Array.from(text.matchAll(/\b(?:H4s|KLUv|e[AFJN]|[We][w-z\d]|I[g-v])[\w+/-]{12,}/g), ([token]) => token)

/** What the bytes are compressed of, where they are. */
function inflated(bytes: Buffer): Buffer | undefined {
  const [first, second] = bytes
  try {
    if (first === 0x1f && second === 0x8b) return zlib.gunzipSync(bytes)
    if (first === 0x28 && second === 0xb5) return zlib.zstdDecompressSync(bytes)
    if (first === 0x78 && (first * 256 + second) % 31 === 0) return zlib.inflateSync(bytes)
    return undefined
  } catch {
    return undefined
  }
}
