import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { type LogRecord, searchLogs } from '../api/logs'
import { Notice } from '../controls/notice'
import { named, screenPath } from '../location'
import { instantText, isUtc, relativeText } from '../time/clock'
import { nowMs } from '../time/now'
import { clausesOf, withoutClause } from './edit-query'
import type { Explorer } from './explorer'
import { rangeLabel } from './time-picker'
import { show, view } from './view'

/** Nothing matches: what would, as far as that was really looked up. */
export function EmptyList({ explorer }: { readonly explorer: Explorer }) {
  const { q, range } = view.value
  const last = useSignal<LogRecord | null | undefined>(undefined)
  const isNever = useSignal(false)
  const question = explorer.question.value
  useEffect(() => {
    let isCurrent = true
    const look = async (): Promise<void> => {
      const asked = await searchLogs({ q, from: '-3650d' }, { limit: 1 })
      if (!isCurrent) return
      last.value = asked.ok ? (asked.value.data[0] ?? null) : null
      if (last.value !== null || q !== '') return
      isNever.value = asked.ok
    }
    void look()
    return () => {
      isCurrent = false
    }
  }, [q, range.from, range.to, question])
  const tenant = named.value?.tenant ?? ''
  if (isNever.value)
    return (
      <Notice title="No log has come yet" detail="Point something at this tenant, and it shows up here as it comes.">
        <a class="button" href={`/app${screenPath(tenant, 'send')}`}>
          How to send logs
        </a>
      </Notice>
    )
  const clauses = clausesOf(q)
  return (
    <Notice title={`No log matches in “${rangeLabel(range, isUtc.value)}”`}>
      {last.value ? (
        <p>
          The last match was {relativeText(Date.parse(last.value.time), nowMs())}, at{' '}
          {instantText(Date.parse(last.value.time), isUtc.value)}.{' '}
          <button type="button" onClick={() => jumpTo(last.value)}>
            Go there
          </button>
        </p>
      ) : null}
      {last.value === null && q !== '' ? <p>Nothing that is kept matches this query.</p> : null}
      {clauses.length > 1 ? (
        <p>
          {clauses.map((clause, index) => (
            <button key={clause} type="button" onClick={() => show({ q: withoutClause(q, index) })}>
              Without {clause}
            </button>
          ))}
        </p>
      ) : null}
    </Notice>
  )
}

function jumpTo(log: LogRecord | null | undefined): void {
  if (!log) return
  const ms = Date.parse(log.time)
  show({
    range: { from: new Date(ms - 300_000).toISOString(), to: new Date(ms + 300_000).toISOString() },
    isLive: false,
    selected: log.id,
  })
}
