import { useSignal } from '@preact/signals'
import { instantText, isUtc } from '../time/clock'

/** Values over time, one line for each name. */
export interface LineChartProps {
  readonly startMs: number
  readonly stepMs: number
  readonly lines: readonly { readonly name: string; readonly values: readonly number[] }[]
  /** What stands for a whole line in the legend; the sum of its values when it is left out. */
  readonly summary?: (values: readonly number[]) => number
  /** Called with the instants of what was dragged over. */
  readonly onZoom?: (fromMs: number, toMs: number) => void
}

const WIDTH = 1000
const HEIGHT = 240

/** Lines over time, and the same as a table for who does not see them. */
export function LineChart({ startMs, stepMs, lines, summary = sumOf, onZoom }: LineChartProps) {
  const cursor = useSignal<number | undefined>(undefined)
  const start = useSignal<number | undefined>(undefined)
  const isTable = useSignal(false)
  const points = lines[0]?.values.length ?? 0
  const most = lines.reduce((max, { values }) => Math.max(max, ...values), 1)
  const x = (at: number): number => (points <= 1 ? 0 : (at / (points - 1)) * WIDTH)
  const y = (value: number): number => HEIGHT - (value / most) * (HEIGHT - 8)
  const at = (event: MouseEvent & { readonly currentTarget: Element }): number => {
    const { left, width } = event.currentTarget.getBoundingClientRect()
    return Math.min(Math.max(Math.round(((event.clientX - left) / width) * (points - 1)), 0), points - 1)
  }
  const instant = (index: number): number => startMs + index * stepMs
  if (points === 0) return <p class="quiet">Nothing to draw.</p>
  return (
    <figure class="chart">
      {isTable.value ? null : (
        <svg
          viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={`${lines.length} lines over ${points} points; the table below has the numbers`}
          onPointerMove={(event) => (cursor.value = at(event))}
          onPointerLeave={() => (cursor.value = undefined)}
          onPointerDown={(event) => (start.value = at(event))}
          onPointerUp={(event) => {
            const from = start.value
            const to = at(event)
            start.value = undefined
            if (onZoom && from !== undefined && from !== to)
              onZoom(instant(Math.min(from, to)), instant(Math.max(from, to) + 1))
          }}
        >
          {lines.map(({ name, values }, index) => (
            <polyline
              key={name}
              class={`line line-${index % 9}`}
              points={values.map((value, place) => `${x(place)},${y(value)}`).join(' ')}
            />
          ))}
          {cursor.value === undefined ? null : (
            <line class="chart-cursor" x1={x(cursor.value)} x2={x(cursor.value)} y1={0} y2={HEIGHT} />
          )}
        </svg>
      )}
      <figcaption>
        <span class="quiet">
          {cursor.value === undefined
            ? `up to ${most.toLocaleString('en')}`
            : instantText(instant(cursor.value), isUtc.value)}
        </span>
        <ul class="legend">
          {lines.map(({ name, values }, index) => (
            <li key={name}>
              <span class={`legend-mark line-${index % 9}`} aria-hidden="true" /> {name}{' '}
              <b>{(cursor.value === undefined ? summary(values) : values[cursor.value]).toLocaleString('en')}</b>
            </li>
          ))}
        </ul>
        <button type="button" aria-pressed={isTable.value} onClick={() => (isTable.value = !isTable.value)}>
          Table
        </button>
      </figcaption>
      {isTable.value ? (
        <div class="chart-table">
          <table>
            <thead>
              <tr>
                <th scope="col">Time</th>
                {lines.map(({ name }) => (
                  <th key={name} scope="col">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {Array.from({ length: points }, (_, index) => (
                <tr key={instant(index)}>
                  <th scope="row">{instantText(instant(index), isUtc.value)}</th>
                  {lines.map(({ name, values }) => (
                    <td key={name}>{values[index].toLocaleString('en')}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : null}
    </figure>
  )
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0)
