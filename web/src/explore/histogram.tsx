import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { Problem } from '../api/ask'
import { LEVELS, readHistogram } from '../api/logs'
import { clockText, durationText, instantText, isUtc } from '../time/clock'
import { nowMs } from '../time/now'
import { isOpen } from '../time/range'
import { type Bucket, bucketsOf, stepFor } from './buckets'
import type { Explorer } from './explorer'
import { show, view } from './view'

/** The worst stand at the bottom, so that they share a line. */
const STACK = [...LEVELS].reverse()

const HEIGHT = 64

/** How often the bars are counted again while the list is live. */
const AGAIN_MS = 10_000

/** How many records match over time, by level. Drag over it, or use the arrow keys and Enter, to look closer. */
export function Histogram({ explorer }: { readonly explorer: Explorer }) {
  const buckets = useSignal<readonly Bucket[]>([])
  const problem = useSignal<Problem | undefined>(undefined)
  const brush = useSignal<{ readonly from: number; readonly to: number } | undefined>(undefined)
  const cursor = useSignal<number | undefined>(undefined)
  const isTable = useSignal(false)
  const { q, range } = view.value
  const question = explorer.question.value

  useEffect(() => {
    const abort = new AbortController()
    const read = async (): Promise<void> => {
      const { fromMs } = explorer.bounds.peek()
      const toMs = isOpen(range) ? nowMs() : explorer.bounds.peek().toMs
      const stepMs = stepFor(toMs - fromMs)
      const scope = { q, from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() }
      const asked = await readHistogram(scope, { step: `${stepMs}ms` }, abort.signal).catch(() => undefined)
      if (asked === undefined || abort.signal.aborted) return
      problem.value = asked.ok ? undefined : asked.problem
      if (asked.ok) buckets.value = bucketsOf(asked.value, { fromMs, toMs }, stepMs)
    }
    void read()
    const timer = isOpen(range) && view.peek().isLive ? setInterval(() => void read(), AGAIN_MS) : undefined
    return () => {
      abort.abort()
      clearInterval(timer)
    }
  }, [q, range.from, range.to, question])

  if (problem.value)
    return <p class="histogram-problem quiet">No histogram: {problem.value.detail ?? problem.value.title}</p>
  const all = buckets.value
  const most = all.reduce((max, { total }) => Math.max(max, total), 1)
  const sum = all.reduce((total, bucket) => total + bucket.total, 0)
  const zoom = (from: number, to: number): void => {
    const [first, last] = [all[Math.min(from, to)], all[Math.max(from, to)]]
    brush.value = undefined
    cursor.value = undefined
    if (first && last)
      show({
        range: { from: new Date(first.fromMs).toISOString(), to: new Date(last.toMs).toISOString() },
        isLive: false,
      })
  }
  const pressed = (event: KeyboardEvent): void => {
    const at = cursor.value ?? all.length - 1
    if (event.key === 'ArrowLeft' || event.key === 'ArrowRight') {
      event.preventDefault()
      const next = Math.min(Math.max(at + (event.key === 'ArrowLeft' ? -1 : 1), 0), all.length - 1)
      if (event.shiftKey) brush.value = { from: brush.value?.from ?? at, to: next }
      else brush.value = undefined
      cursor.value = next
    } else if (event.key === 'Enter') zoom(brush.value?.from ?? at, brush.value?.to ?? at)
    else if (event.key === 'Escape') {
      brush.value = undefined
      cursor.value = undefined
    }
  }
  const shown = cursor.value === undefined ? undefined : all[cursor.value]
  return (
    <section class="histogram" aria-label="Records over time">
      {isTable.value ? (
        <HistogramTable buckets={all} />
      ) : (
        <svg
          viewBox={`0 0 ${Math.max(all.length, 1)} ${HEIGHT}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={`${sum.toLocaleString('en')} records in ${all.length} bars. Arrow keys move, Shift extends, Enter zooms.`}
          // In SVG the names of attributes are told apart by their case.
          tabindex={0}
          onKeyDown={pressed}
          onPointerDown={(event) => {
            event.currentTarget.setPointerCapture(event.pointerId)
            const at = barAt(event, all.length)
            brush.value = { from: at, to: at }
          }}
          onPointerMove={(event) => {
            const at = barAt(event, all.length)
            cursor.value = at
            if (brush.value && event.buttons === 1) brush.value = { ...brush.value, to: at }
          }}
          onPointerLeave={() => {
            if (!brush.value) cursor.value = undefined
          }}
          onPointerUp={() => {
            const chosen = brush.value
            brush.value = undefined
            if (chosen && chosen.from !== chosen.to) zoom(chosen.from, chosen.to)
          }}
          onDblClick={(event) => {
            const at = barAt(event, all.length)
            zoom(at, at)
          }}
        >
          {all.map((bucket, index) => (
            <Bar
              key={bucket.fromMs}
              bucket={bucket}
              at={index}
              most={most}
              isPartial={index === all.length - 1 && isOpen(range)}
            />
          ))}
          {brush.value ? (
            <rect
              class="brush"
              x={Math.min(brush.value.from, brush.value.to)}
              width={Math.abs(brush.value.to - brush.value.from) + 1}
              y={0}
              height={HEIGHT}
            />
          ) : null}
          {cursor.value === undefined ? null : (
            <rect class="bar-cursor" x={cursor.value} width={1} y={0} height={HEIGHT} />
          )}
        </svg>
      )}
      <div class="histogram-legend">
        <span aria-live="polite">{shown ? bucketText(shown, isUtc.value) : axisText(all, isUtc.value)}</span>
        <span class="quiet">
          {sum.toLocaleString('en')} logs
          {all[0] ? ` · a bar is ${durationText(all[0].toMs - all[0].fromMs)} · drag to zoom` : ''}
        </span>
        <button type="button" aria-pressed={isTable.value} onClick={() => (isTable.value = !isTable.value)}>
          Table
        </button>
      </div>
    </section>
  )
}

function Bar({
  bucket,
  at,
  most,
  isPartial,
}: {
  readonly bucket: Bucket
  readonly at: number
  readonly most: number
  readonly isPartial: boolean
}) {
  let y = HEIGHT
  return (
    <g class={isPartial ? 'is-partial' : undefined}>
      {STACK.map((level) => {
        const count = bucket.counts[level]
        if (count === 0) return null
        // One of a thousand is still something to see.
        const height = Math.max((count / most) * HEIGHT, 1.5)
        y -= height
        return (
          <rect key={level} class={`fill-${level}`} x={at + 0.08} width={0.84} y={Math.max(y, 0)} height={height} />
        )
      })}
    </g>
  )
}

function HistogramTable({ buckets }: { readonly buckets: readonly Bucket[] }) {
  const shown = buckets.filter(({ total }) => total > 0)
  return (
    <div class="histogram-table">
      <table>
        <thead>
          <tr>
            <th scope="col">From</th>
            {LEVELS.map((level) => (
              <th key={level} scope="col">
                {level}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.map(({ fromMs, counts }) => (
            <tr key={fromMs}>
              <th scope="row">{instantText(fromMs, isUtc.value)}</th>
              {LEVELS.map((level) => (
                <td key={level}>{counts[level]}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function barAt(event: MouseEvent, bars: number): number {
  const target = event.currentTarget
  if (!(target instanceof Element)) return 0
  const { left, width } = target.getBoundingClientRect()
  return Math.min(Math.max(Math.floor(((event.clientX - left) / width) * bars), 0), bars - 1)
}

function bucketText({ fromMs, toMs, counts, total }: Bucket, utc: boolean): string {
  const parts = STACK.filter((level) => counts[level] > 0).map(
    (level) => `${counts[level].toLocaleString('en')} ${level}`,
  )
  return `${clockText(fromMs, utc).slice(0, 8)}–${clockText(toMs, utc).slice(0, 8)}: ${total.toLocaleString('en')} logs${parts.length > 0 ? `, ${parts.join(', ')}` : ''}`
}

function axisText(buckets: readonly Bucket[], utc: boolean): string {
  const [first, last] = [buckets[0], buckets[buckets.length - 1]]
  return first && last ? `${instantText(first.fromMs, utc)} – ${instantText(last.toMs, utc)}` : ''
}
