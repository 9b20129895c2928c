import { EMBEDDED_JSON_CHARACTERS_MAX, EMBEDDED_JSON_DEPTH_MAX } from '../limits/limits'
import { type Claim, claimOf, type ReadClaim } from '../records/names'

/** The member that JSON in the message of a record stands under. */
export const EMBEDDED = 'json'

/**
 * The JSON object that a message consists of, as it was written: loggers that write JSON to a transport of text are common.
 * A `@cee:` before it is the mark that some of them set. Undefined where the message is a text, or an object so deep or large
 * that it is better kept as one.
 */
export function embeddedJson(message: string): string | undefined {
  const text = message.replace(/^\s*(?:@cee:)?\s*/, '')
  if (!text.startsWith('{') || text.length > EMBEDDED_JSON_CHARACTERS_MAX) return undefined
  if (deepest(text) > EMBEDDED_JSON_DEPTH_MAX) return undefined
  try {
    JSON.parse(text)
    return text.trimEnd()
  } catch {
    return undefined
  }
}

/** Brackets inside of texts count too: the answer may be too large, never too small. */
function deepest(text: string): number {
  let depth = 0
  let most = 0
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    if (unit === 0x7b || unit === 0x5b) most = Math.max(most, ++depth)
    else if (unit === 0x7d || unit === 0x5d) depth--
  }
  return most
}

/** What the transport says about a record yields to what the program itself wrote; but the transport's clock is the better one. */
const TRANSPORT = 20
const TIME_INSIDE = 40

/** Reads the members of embedded JSON as if they stood at the top. */
export const claimEmbedded: ReadClaim = (path) => {
  if (!path.startsWith(`${EMBEDDED}.`)) return weaker(claimOf(path), TRANSPORT)
  const claim = claimOf(path.slice(EMBEDDED.length + 1))
  return claim?.role === 'time' ? weaker(claim, TIME_INSIDE) : claim
}

const weaker = (claim: Claim | undefined, by: number): Claim | undefined =>
  claim && { role: claim.role, strength: claim.strength + by }
