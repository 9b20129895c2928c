/** A line of the bench's table. */
export interface Line {
  readonly measure: string
  readonly result: string
  readonly must: string
  readonly aim: string
  /** Whether the first target is met; undefined where there is none. */
  readonly met: boolean | undefined
}

/** Prints the lines as a table with aligned columns. */
export function printTable(lines: readonly Line[]): void {
  const rows = [
    ['measure', 'result', 'must reach', 'then aim at', ''],
    ...lines.map(({ measure, result, must, aim, met }) => [
      measure,
      result,
      must,
      aim,
      met === undefined ? '' : met ? 'ok' : 'SHORT',
    ]),
  ]
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)))
  for (const row of rows)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    )
}

/** A count or a rate, its thousands apart. */
export const grouped = (value: number): string => Math.round(value).toLocaleString('en-US')
