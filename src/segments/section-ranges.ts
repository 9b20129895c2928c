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

/**
 * What each section is read for, in the order of the sections: sections of one group, and of groups that stand next to each
 * other in GROUPS_READ_FIRST, are wanted by the same queries.
 */
export function groupsOfSections(header: SegmentHeader): string[] {
  const groups = header.sections.map(() => GROUP_OF_REST)
  const name = (group: string, sections: readonly (number | undefined)[]): void => {
    for (const section of sections) if (section !== undefined) groups[section] = group
  }
  name('seq', [header.seqs.section])
  name('received', [header.received.section])
  name('level', [header.level])
  name('shape', [header.shapeOf?.section])
  name('time', [header.times.section, header.nanos?.section])
  for (const column of header.columns) {
    const group = groupOfColumn(column)
    name(group, [...sectionsOfColumn(column), column.sources])
    name(`filter ${group}`, [column.filter])
  }
  return groups
}

/** The groups that nearly every query reads some of. */
export const GROUPS_READ_FIRST: readonly string[] = ['time', 'level', 'shape', 'system service', 'system message']

/** The group of sections that are in no other. */
export const GROUP_OF_REST = 'rest'

const groupOfColumn = ({ system, name }: SegmentColumn): string => `${system ? 'system' : 'field'} ${name}`

/** The sections that hold a column's cells. */
export function sectionsOfColumn({ as }: SegmentColumn): number[] {
  switch (as.form) {
    case 'text':
      return [as.text, as.lengths.section, as.patch]
    case 'template':
      return [
        as.templates,
        as.codes.section,
        ...as.numbers.map(({ section }) => section),
        ...as.words.flatMap(({ text, lengths }) => [text, lengths.section]),
        as.patch,
      ]
    case 'dictionary':
      return [as.codes, as.values]
    case 'integers':
      return [as.part.section]
    case 'hex':
      return [as.bytes]
  }
}
