/** Which rows of a table match: one byte a row, or all or none of them. */
export type Mask = Uint8Array | true | false

export function bothMatch(left: Mask, right: Mask): Mask {
  if (left === false || right === false) return false
  if (left === true) return right
  if (right === true) return left
  const both = new Uint8Array(left.length)
  for (let row = 0; row < left.length; row++) both[row] = left[row] & right[row]
  return both
}

export function eitherMatches(left: Mask, right: Mask): Mask {
  if (left === true || right === true) return true
  if (left === false) return right
  if (right === false) return left
  const either = new Uint8Array(left.length)
  for (let row = 0; row < left.length; row++) either[row] = left[row] | right[row]
  return either
}

export function noneMatches(mask: Mask): Mask {
  if (typeof mask === 'boolean') return !mask
  const none = new Uint8Array(mask.length)
  for (let row = 0; row < mask.length; row++) none[row] = mask[row] ^ 1
  return none
}

/** The matches that were not erased. */
export const withoutErased = (mask: Mask, erased: Uint8Array | undefined): Mask =>
  erased === undefined ? mask : bothMatch(mask, noneMatches(erased))

export function countMatches(mask: Mask, rows: number): number {
  if (typeof mask === 'boolean') return mask ? rows : 0
  let count = 0
  for (let row = 0; row < mask.length; row++) count += mask[row]
  return count
}

/** The rows that match, in order. */
export function matchingRows(mask: Mask, rows: number): Uint32Array {
  if (mask === false) return new Uint32Array(0)
  const found = new Uint32Array(countMatches(mask, rows))
  let count = 0
  for (let row = 0; row < rows; row++) if (mask === true || mask[row] === 1) found[count++] = row
  return found
}
