import { BATCH_SERVICES_MAX } from '../limits/limits'
import { type Block, cellText } from './block'

/** Records of each service in a batch. */
export interface ServiceCounts {
  /** Each service once, in the order in which they came; at most BATCH_SERVICES_MAX of them. */
  readonly services: readonly (readonly [service: string, records: number])[]
  /** Records of the services that came after those. */
  readonly unlistedRecords: number
}

/** Counts the records of each service over all blocks of a batch. Records without a service are not counted. */
export function countServices(blocks: readonly Block[]): ServiceCounts {
  const counts = new Map<string, number>()
  let unlistedRecords = 0
  for (const { columns } of blocks) {
    for (const { name, system, cells } of columns) {
      if (!system || name !== 'service') continue
      for (let cell = 0; cell < cells.count; cell++) {
        const service = cellText(cells, cell)
        const known = counts.get(service)
        if (known === undefined && counts.size >= BATCH_SERVICES_MAX) unlistedRecords++
        else counts.set(service, (known ?? 0) + 1)
      }
    }
  }
  return { services: [...counts], unlistedRecords }
}
