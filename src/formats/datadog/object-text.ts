import { BRACE_OPEN, JsonFailure, skipValue } from '../../blocks/json-text'
import { DEPTH_REFUSED } from '../../limits/limits'

/** Whether a text is one JSON object and nothing else. */
export function isObjectText(bytes: Uint8Array): boolean {
  if (bytes[0] !== BRACE_OPEN) return false
  try {
    return skipValue(bytes, 0, { at: 2, max: DEPTH_REFUSED }) === bytes.length
  } catch (error) {
    if (error instanceof JsonFailure) return false
    throw error
  }
}
