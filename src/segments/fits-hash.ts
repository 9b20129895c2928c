import { isIntact } from './decode-segment'
import { HASH_BYTES } from './encode-segment'

/** True when these are the bytes of the segment that the catalog means. */
export const fitsHash = (bytes: Uint8Array, hash: string): boolean =>
  isIntact(bytes) && Buffer.from(bytes.subarray(bytes.length - HASH_BYTES)).toString('hex') === hash
