import { caseVariants, foldCodePoint } from '../../records/fold'

/** First and last code point, both included. */
export type CodePointRange = readonly [first: number, last: number]

/** A set of code points. Once normalised: ascending, apart by at least one, and nothing in it twice. */
export type CodePointSet = readonly CodePointRange[]

/** The last code point of Unicode. */
export const CODE_POINT_MAX = 0x10ffff

/** Ranges up to this wide are closed under folding member by member, wider ones by a walk over all letters with case. */
const NARROW_RANGE = 256

/** Sorts ranges and joins those that overlap or touch. */
export function normalise(ranges: CodePointSet): CodePointSet {
  const joined: [number, number][] = []
  for (const [first, last] of ranges.toSorted((a, b) => a[0] - b[0])) {
    const previous = joined.at(-1)
    if (previous && first <= previous[1] + 1) previous[1] = Math.max(previous[1], last)
    else joined.push([first, last])
  }
  return joined
}

/** Everything that a normalised set leaves out. */
export function negate(set: CodePointSet): CodePointSet {
  const gaps: CodePointRange[] = []
  let next = 0
  for (const [first, last] of set) {
    if (first > next) gaps.push([next, first - 1])
    next = last + 1
  }
  if (next <= CODE_POINT_MAX) gaps.push([next, CODE_POINT_MAX])
  return gaps
}

/** Are two normalised sets the same? */
export const sameSet = (a: CodePointSet, b: CodePointSet): boolean =>
  a.length === b.length && a.every(([first, last], index) => first === b[index][0] && last === b[index][1])

/** Adds, for each member, every code point that folds to what the member folds to. */
export function closeUnderFolding(set: CodePointSet): CodePointSet {
  const additions = set.flatMap(([first, last]) =>
    last - first < NARROW_RANGE ? variantsOfEach(first, last) : variantsWithin(first, last),
  )
  return normalise([...set, ...additions])
}

function variantsOfEach(first: number, last: number): CodePointRange[] {
  const found: CodePointRange[] = []
  for (let codePoint = first; codePoint <= last; codePoint++) {
    for (const variant of caseVariants().get(foldCodePoint(codePoint)) ?? []) found.push([variant, variant])
  }
  return found
}

/** Only those outside the range, because a wide one holds nearly all of its variants itself. */
function variantsWithin(first: number, last: number): CodePointRange[] {
  const isInside = (codePoint: number): boolean => codePoint >= first && codePoint <= last
  const found: CodePointRange[] = []
  for (const variants of caseVariants().values()) {
    if (!variants.some(isInside)) continue
    for (const variant of variants) if (!isInside(variant)) found.push([variant, variant])
  }
  return found
}
