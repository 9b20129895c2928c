/** The candidate that a mistyped word most likely meant, if any is near enough to propose. */
export function closest(word: string, candidates: readonly string[]): string | undefined {
  const typed = word.toLowerCase()
  const distanceMax = typed.length < 4 ? 1 : 2
  const near = candidates
    .map((candidate) => ({ candidate, distance: editDistance(typed, candidate) }))
    .filter(({ distance }) => distance <= distanceMax)
    .sort((left, right) => left.distance - right.distance)
  return near.at(0)?.candidate
}

/** Insertions, deletions and replacements between two words, one row of the table at a time. */
function editDistance(left: string, right: string): number {
  if (Math.abs(left.length - right.length) > 2) return Number.POSITIVE_INFINITY
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (let row = 1; row <= left.length; row++) {
    const current = [row]
    for (let column = 1; column <= right.length; column++) {
      const replaced = previous[column - 1] + (left[row - 1] === right[column - 1] ? 0 : 1)
      current.push(Math.min(replaced, previous[column] + 1, current[column - 1] + 1))
    }
    previous = current
  }
  return previous[right.length]
}
