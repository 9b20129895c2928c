import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { Problem } from '../api/ask'
import { searchTable, type TableAnswer } from '../api/logs'
import { LineChart } from '../controls/line-chart'
import { Notice } from '../controls/notice'
import { stepFor } from './buckets'
import type { Explorer } from './explorer'
import { linesOf } from './lines-of'
import { show, view } from './view'

const GROUPS = ['level', 'service', 'source', 'http.status', 'error.type', 'host'] as const
/** Not a field: the share of records that are errors, in percent. */
const ERROR_RATE = 'error rate, %'

/** How much of each there was, over time. */
export function Trends({ explorer }: { readonly explorer: Explorer }) {
  const answer = useSignal<TableAnswer | undefined>(undefined)
  const problem = useSignal<Problem | undefined>(undefined)
  const { q, range, by = 'service' } = view.value
  const isRate = by === ERROR_RATE
  const question = explorer.question.value
  const bounds = explorer.bounds.value
  const stepMs = stepFor(bounds.toMs - bounds.fromMs)
  useEffect(() => {
    const abort = new AbortController()
    const { fromMs, toMs } = explorer.bounds.peek()
    const asked = q.includes('|') ? q : `${q} | timeline ${stepMs}ms by ${isRate ? 'level' : by}`
    searchTable(
      { q: asked.trim(), from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() },
      abort.signal,
    ).then(
      (got) => {
        problem.value = got.ok ? undefined : got.problem
        if (got.ok) answer.value = got.value
      },
      () => undefined,
    )
    return () => abort.abort()
  }, [q, range.from, range.to, by, question])
  const shownLines = (table: TableAnswer) => {
    const lines = linesOf(table, isRate ? 'level' : by, { ...bounds, stepMs })
    return isRate ? { ...errorRate(lines), summary: mostOf } : lines
  }
  return (
    <div class="trends">
      <label class="choice">
        By{' '}
        <select value={by} onChange={(event) => show({ by: event.currentTarget.value })}>
          {[...GROUPS, ERROR_RATE].map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </label>
      {problem.value ? (
        <Notice title={problem.value.title} detail={problem.value.detail} hint={problem.value.hint} />
      ) : null}
      {answer.value ? <LineChart {...shownLines(answer.value)} onZoom={zoom} /> : null}
    </div>
  )
}

const zoom = (fromMs: number, toMs: number): void =>
  show({ range: { from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() }, isLive: false })

const mostOf = (values: readonly number[]): number => Math.max(0, ...values)

type Lines = ReturnType<typeof linesOf>

/** One line: of a hundred records, how many are errors or worse. */
function errorRate({ lines, ...about }: Lines): Lines {
  const points = lines[0]?.values.length ?? 0
  const sumAt = (at: number, names: readonly string[] | undefined): number =>
    lines.reduce((sum, { name, values }) => (names === undefined || names.includes(name) ? sum + values[at] : sum), 0)
  const values = Array.from({ length: points }, (_, at) => {
    const total = sumAt(at, undefined)
    return total === 0 ? 0 : Math.round((sumAt(at, ['error', 'fatal']) / total) * 1000) / 10
  })
  return { ...about, lines: [{ name: ERROR_RATE, values }] }
}
