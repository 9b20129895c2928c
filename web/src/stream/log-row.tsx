import { useState } from 'preact/hooks'
import type { Explorer } from '../explore/explorer'
import { fieldOf } from '../explore/fields-of'
import { toSpans } from '../text/spans'
import { clockText, dayText } from '../time/clock'
import type { Row } from './rows'

/** Longer messages are cut in the list; their details have all of it. */
const SHOWN_CHARACTERS = 2000
const WRAPPED_CHARACTERS = 20_000

export const LEVEL_TAGS = { trace: 'TRC', debug: 'DBG', info: 'INF', warn: 'WRN', error: 'ERR', fatal: 'FTL' } as const

interface LogRowProps {
  readonly row: Extract<Row, { readonly kind: 'log' }>
  readonly before: Row | undefined
  readonly columns: readonly string[]
  readonly utc: boolean
}

/** One record in a line: time, level, service, message, and the columns that somebody chose. */
export function LogRow({ row, before, columns, utc }: LogRowProps) {
  const { log, ms } = row
  const isNewDay = before?.kind === 'log' && dayText(before.ms, utc) !== dayText(ms, utc)
  return (
    <div class={`log-row level-${log.level}${row.arrivedMs > Date.now() - 1000 ? ' is-new' : ''}`}>
      <time class="log-time" role="gridcell" dateTime={log.time} title={titleOf(row, before)}>
        {isNewDay ? <b class="log-day">{dayText(ms, utc)} </b> : null}
        {clockText(ms, utc)}
      </time>
      <span class="log-level" role="gridcell">
        {LEVEL_TAGS[log.level]}
      </span>
      <span class="log-service" role="gridcell" title={log.service}>
        {log.service ?? '–'}
      </span>
      {columns.map((name) => (
        <span key={name} class="log-column" role="gridcell" title={name}>
          {fieldOf(log, name) ?? '–'}
        </span>
      ))}
      <span class="log-message" role="gridcell">
        <Message text={log.message ?? JSON.stringify(log.body)} />
      </span>
    </div>
  )
}

/** A text of a log, in text nodes and nothing else. */
export function Message({ text, isWhole = false }: { readonly text: string; readonly isWhole?: boolean }) {
  const max = isWhole ? WRAPPED_CHARACTERS : SHOWN_CHARACTERS
  const shown = text.length > max ? text.slice(0, max) : text
  return (
    <>
      {toSpans(isWhole ? shown : shown.replaceAll('\n', ' ↵ ')).map(({ text: piece, look, href }, index) =>
        href === undefined ? (
          <span key={index} class={look || undefined}>
            {piece}
          </span>
        ) : (
          <a key={index} class={look || undefined} href={href} target="_blank" rel="noopener noreferrer nofollow">
            {piece}
          </a>
        ),
      )}
      {text.length > max ? <i class="quiet"> … {(text.length - max).toLocaleString('en')} more characters</i> : null}
    </>
  )
}

const REASONS: Readonly<Record<string, string>> = {
  slow_reader: 'this page was slower than the stream',
  rate: 'more came than can be shown',
  paused: 'the list was paused',
}

/** Records that are not shown: how many, why, and a way to see them. */
export function GapRow({
  row,
  explorer,
}: {
  readonly row: Extract<Row, { readonly kind: 'gap' }>
  readonly explorer: Explorer
}) {
  const [failure, setFailure] = useState<string | undefined>(undefined)
  const { count, reason, isExact } = row.gap
  const load = async (): Promise<void> => setFailure((await explorer.fillGap(row.key))?.title)
  return (
    <div class="gap-row" role="gridcell">
      <span>
        {isExact ? '' : '≈ '}
        {count.toLocaleString('en')} logs not shown: {REASONS[reason] ?? reason.replaceAll('_', ' ')}
      </span>
      <button type="button" onClick={() => void load()}>
        {count > 1000 ? 'Load the first 1,000' : 'Load'}
      </button>
      {failure === undefined ? null : <span class="is-bad">{failure}</span>}
    </div>
  )
}

function titleOf(row: LogRowProps['row'], before: Row | undefined): string {
  if (before?.kind !== 'log') return row.log.time
  const distance = row.ms - before.ms
  return `${row.log.time}\n${distance >= 0 ? '+' : ''}${distance.toLocaleString('en')} ms from the one before`
}
