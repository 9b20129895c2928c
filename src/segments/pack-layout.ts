import { ARCHIVE_PIECES_MAX, ARCHIVE_STRIPE_BYTES_MAX } from '../limits/limits'
import { decodeHeader } from './decode-segment'
import type { PackDirectory, PackedSegment, PackGroup, PackStripe } from './pack-directory'
import { GROUP_OF_REST, GROUPS_READ_FIRST, groupsOfSections } from './section-ranges'

/** A segment cut into pieces that cover it, in their order. */
export interface CutSegment extends PackedSegment {
  readonly pieces: readonly CutPiece[]
}

interface CutPiece {
  readonly group: string
  readonly from: number
  readonly length: number
}

/** What no query reads: the beginning of a segment, which the catalog has too, its hash, and whatever is in no section. */
const GROUP_OF_FRAME = 'frame'

/** Cuts a segment between its sections. `header` is what the catalog keeps of it. Throws when that does not fit. */
export function cutSegment(segment: PackedSegment, header: Uint8Array): CutSegment {
  const located = decodeHeader(header)
  const groups = groupsOfSections(located.header)
  const sections = located.header.sections
    .map(([offset, length], section) => ({ group: groups[section], from: located.sectionsAt + offset, length }))
    .filter(({ length }) => length > 0)
    .sort((left, right) => left.from - right.from)
  const pieces: CutPiece[] = []
  let end = 0
  for (const section of sections) {
    if (section.from < end) throw new Error(`sections of ${segment.id} overlap`)
    if (section.from > end) pieces.push({ group: GROUP_OF_FRAME, from: end, length: section.from - end })
    pieces.push(section)
    end = section.from + section.length
  }
  if (end > segment.length) throw new Error(`sections of ${segment.id} lie outside of it`)
  if (end < segment.length) pieces.push({ group: GROUP_OF_FRAME, from: end, length: segment.length - end })
  return { ...segment, pieces }
}

/**
 * Lays segments out in stripes. In a stripe the same columns of all of its segments stand side by side, so that a query
 * reads them in one range; a stripe fits into memory, where it is put together.
 */
export function layOutPack(
  segments: readonly CutSegment[],
  about: { readonly tenantId: string; readonly day: number; readonly class: string },
): PackDirectory {
  const groupsMax = Math.floor(ARCHIVE_PIECES_MAX / Math.max(1, segments.length))
  const stripes: PackStripe[] = []
  for (let first = 0; first < segments.length; ) {
    const count = stripeLength(segments, first)
    stripes.push({ segments: count, groups: groupsFrom(segments.slice(first, first + count), first, groupsMax) })
    first += count
  }
  const list = segments.map(({ id, hash, length }) => ({ id, hash, length }))
  return { version: 2, tenant: about.tenantId, day: about.day, class: about.class, segments: list, stripes }
}

/** How many of the segments from `first` on fit into a stripe: at least one. */
function stripeLength(segments: readonly CutSegment[], first: number): number {
  let bytes = 0
  const end = segments.findIndex(({ length }, index) => {
    if (index < first) return false
    bytes += length
    return index > first && bytes > ARCHIVE_STRIPE_BYTES_MAX
  })
  return (end < 0 ? segments.length : end) - first
}

function groupsFrom(segments: readonly CutSegment[], first: number, groupsMax: number): PackGroup[] {
  const names = orderOfGroups(segments, groupsMax)
  const groups = new Map(names.map((name): [string, number[]] => [name, []]))
  for (const [index, { pieces }] of segments.entries()) {
    for (const { group, from, length } of pieces) {
      const own = groups.get(group) ?? groups.get(GROUP_OF_REST) ?? []
      const [segment, begins, before] = own.slice(-3)
      // Neighbours in the segment stay neighbours in the object: one piece.
      if (segment === first + index && begins + before === from) own[own.length - 1] += length
      else own.push(first + index, from, length)
    }
  }
  return [...groups].filter(([, pieces]) => pieces.length > 0).map(([name, pieces]) => ({ name, pieces }))
}

/**
 * What most queries read comes first, then columns that most segments have. Those beyond so many groups share one, or a
 * directory of many segments with a thousand columns each would be larger than what is read by it.
 */
function orderOfGroups(segments: readonly CutSegment[], groupsMax: number): string[] {
  const counts = new Map<string, number>()
  for (const { pieces } of segments)
    for (const group of new Set(pieces.map((piece) => piece.group))) counts.set(group, (counts.get(group) ?? 0) + 1)
  const last = [GROUP_OF_REST, GROUP_OF_FRAME]
  const others = [...counts]
    .filter(([name]) => !GROUPS_READ_FIRST.includes(name) && !last.includes(name))
    .sort(([leftName, left], [rightName, right]) => right - left || (leftName < rightName ? -1 : 1))
    .map(([name]) => name)
    .slice(0, groupsMax)
    .sort()
  return [...GROUPS_READ_FIRST, ...others, ...last]
}
