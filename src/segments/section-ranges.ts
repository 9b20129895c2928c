import type { SegmentColumn, SegmentHeader } from './segment'

/**
 * How many bytes of the sections make up the core: time, level, shape, service and message, which nearly every query reads.
 * The encoder puts them first.
 */
export function coreLength(header: SegmentHeader): number {
  const core = [header.times.section, header.level, ...(header.shapeOf ? [header.shapeOf.section] : [])]
  for (const column of header.columns) {
    if (column.system && (column.name === 'service' || column.name === 'message'))
      core.push(...sectionsOfColumn(column))
  }
  return core.reduce((end, section) => Math.max(end, header.sections[section][0] + header.sections[section][1]), 0)
}

/** The sections that hold a column's cells. */
export function sectionsOfColumn({ as }: SegmentColumn): number[] {
  switch (as.form) {
    case 'text':
      return [as.text, as.lengths.section, as.patch]
    case 'dictionary':
      return [as.codes, as.values]
    case 'integers':
      return [as.part.section]
    case 'hex':
      return [as.bytes]
  }
}
