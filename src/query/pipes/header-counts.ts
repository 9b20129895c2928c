import { LEVELS } from '../../records/levels'
import type { SegmentHeader } from '../../segments/segment'
import { sourcesByShape } from './field-sources'
import type { GroupValues } from './group-codes'
import { isLevelName, isServiceName } from './known-field'

/** What a segment's header tells about it. */
export type CountedHeader = Pick<
  SegmentHeader,
  'rows' | 'levels' | 'services' | 'columns' | 'shapes' | 'minTime' | 'maxTime'
>

export interface GroupCount {
  readonly values: GroupValues
  readonly count: number
}

/**
 * The groups of a segment's rows that have one of the levels, by its header alone. Undefined when the header does not
 * tell: it counts by level and service only.
 */
export function countsOfHeader(
  header: CountedHeader,
  fields: readonly string[],
  levelMask: number,
): GroupCount[] | undefined {
  if (!fields.every((field) => isLevelName(field) || isServiceName(field))) return undefined
  const counts = fields.some(isServiceName) ? countsByService(header) : [{ service: null, levels: header.levels }]
  return counts?.flatMap(({ service, levels }) =>
    levels.flatMap((count, rank): GroupCount[] => {
      if (count === 0 || (levelMask & (1 << rank)) === 0) return []
      return [{ values: fields.map((field) => (isLevelName(field) ? LEVELS[rank] : service)), count }]
    }),
  )
}

interface ServiceCounts {
  readonly service: string | null
  readonly levels: readonly number[]
}

function countsByService(header: CountedHeader): ServiceCounts[] | undefined {
  const sources = sourcesByShape(header, 'service').flat()
  if (sources.length === 0) return [{ service: null, levels: header.levels }]
  const { services } = header
  // A value under that name which did not become the service is not counted.
  const isCounted = sources.every(
    ({ column, inside }) =>
      column >= 0 && !inside && header.columns[column].system && header.columns[column].name === 'service',
  )
  if (services === undefined || !isCounted) return undefined
  const named = Object.entries(services).map(([service, levels]) => ({ service, levels }))
  const without = header.levels.map((count, rank) => named.reduce((left, { levels }) => left - levels[rank], count))
  return [...named, { service: null, levels: without }]
}
