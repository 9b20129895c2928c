import { signal, useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { Problem } from '../api/ask'
import { getContext, getLog, type LogContext, type LogRecord, searchLogs } from '../api/logs'
import { copyText } from '../controls/copy'
import { Notice } from '../controls/notice'
import { named, screenPath } from '../location'
import { LEVEL_TAGS, Message } from '../stream/log-row'
import { JsonText } from '../text/json-text'
import { clockText, isUtc, relativeText } from '../time/clock'
import { nowMs } from '../time/now'
import { termOf, withTerm } from './edit-query'
import { type FieldValue, fieldsOf } from './fields-of'
import { show, view } from './view'

/** The part of a log's details that is shown. It stays when another log is opened. */
export const detailsPart = signal<Part>('fields')

const PARTS = ['fields', 'json', 'context', 'trace'] as const
type Part = (typeof PARTS)[number]

/** One record: its fields, its JSON as it was sent, what was logged around it, and its trace. */
export function Details({ id, onClose }: { readonly id: string; readonly onClose: () => void }) {
  const log = useSignal<LogRecord | undefined>(undefined)
  const problem = useSignal<Problem | undefined>(undefined)
  const part = detailsPart
  useEffect(() => {
    let isCurrent = true
    log.value = undefined
    problem.value = undefined
    void getLog(id).then((asked) => {
      if (!isCurrent) return
      if (asked.ok) log.value = asked.value
      else problem.value = asked.problem
    })
    return () => {
      isCurrent = false
    }
  }, [id])
  const shown = log.value
  return (
    <aside class="details" aria-label="One log">
      <header>
        <h2>{shown ? `${LEVEL_TAGS[shown.level]} ${shown.service ?? ''}` : 'Log'}</h2>
        {shown ? <CopyMenu log={shown} /> : null}
        <button type="button" onClick={onClose} title="Close (Esc)" aria-label="Close">
          ×
        </button>
      </header>
      {problem.value ? <Missing problem={problem.value} /> : null}
      {shown ? (
        <>
          <p class="details-time">
            <time dateTime={shown.time}>{shown.time}</time>{' '}
            <span class="quiet">{relativeText(Date.parse(shown.time), nowMs())}</span>
          </p>
          <pre class="details-message">
            <StackText text={shown.message ?? ''} />
          </pre>
          <div class="tabs" role="tablist" aria-label="Parts of the log">
            {PARTS.filter((name) => name !== 'trace' || shown.trace_id !== undefined).map((name) => (
              <button
                key={name}
                type="button"
                role="tab"
                aria-selected={part.value === name}
                onClick={() => (part.value = name)}
              >
                {name === 'json' ? 'JSON' : `${name[0].toUpperCase()}${name.slice(1)}`}
              </button>
            ))}
          </div>
          <div class="details-part" role="tabpanel">
            {part.value === 'fields' ? <Fields log={shown} /> : null}
            {part.value === 'json' ? <JsonText value={shown.body} /> : null}
            {part.value === 'context' ? <Context log={shown} /> : null}
            {part.value === 'trace' && shown.trace_id ? <Trace traceId={shown.trace_id} log={shown} /> : null}
          </div>
        </>
      ) : null}
    </aside>
  )
}

/** What expired, never was, or is somebody else's has one and the same answer. */
function Missing({ problem }: { readonly problem: Problem }) {
  if (problem.code === 'not_found')
    return <Notice title="Not found" detail="This log does not exist, has expired, or is not yours." />
  return <Notice title={problem.title} detail={problem.detail} hint={problem.hint} />
}

/** A stack trace shows the program's own frames; those of libraries and of the runtime are folded. */
function StackText({ text }: { readonly text: string }) {
  const isFolded = useSignal(true)
  const lines = text.split('\n')
  const isLibrary = (line: string): boolean =>
    /^\s+at .*(?:node_modules|node:|internal\/)|^\s+at (?:java|sun|jdk|org\.springframework)\./.test(line)
  const hidden = lines.filter(isLibrary).length
  if (hidden < 3) return <Message text={text} isWhole />
  return (
    <>
      <Message text={isFolded.value ? lines.filter((line) => !isLibrary(line)).join('\n') : text} isWhole />
      {'\n'}
      <button type="button" aria-expanded={!isFolded.value} onClick={() => (isFolded.value = !isFolded.value)}>
        {isFolded.value ? `Show ${hidden} frames of libraries` : 'Fold frames of libraries'}
      </button>
    </>
  )
}

function CopyMenu({ log }: { readonly log: LogRecord }) {
  const tenant = named.value?.tenant ?? ''
  const link = `${location.origin}/app${screenPath(tenant, `logs/${log.id}`)}`
  return (
    <span class="buttons">
      <button type="button" onClick={() => void copyText(link, 'Link copied')} title="Copy a link (C)">
        Link
      </button>
      <button
        type="button"
        onClick={() => void copyText(JSON.stringify(log, null, 2), 'JSON copied')}
        title="Copy as JSON (c)"
      >
        JSON
      </button>
      <button
        type="button"
        onClick={() =>
          void copyText(
            `curl -s '${location.origin}/logs/${log.id}' -H "Authorization: Bearer $SLUICE_KEY"`,
            'curl line copied',
          )
        }
      >
        curl
      </button>
    </span>
  )
}

function Fields({ log }: { readonly log: LogRecord }) {
  const typed = useSignal('')
  const wanted = typed.value.toLowerCase()
  const fields = fieldsOf(log).filter(
    ({ path, value }) => path.toLowerCase().includes(wanted) || value.toLowerCase().includes(wanted),
  )
  return (
    <>
      <input
        type="search"
        aria-label="Filter fields"
        placeholder="Filter fields"
        autocomplete="off"
        value={typed.value}
        onInput={(event) => {
          typed.value = event.currentTarget.value
        }}
      />
      <table class="fields">
        <tbody>
          {fields.map((field) => (
            <FieldLine key={`${field.group} ${field.path}`} field={field} />
          ))}
        </tbody>
      </table>
    </>
  )
}

/** Every value is a verb: it can be asked for, left out, shown as a column, copied. */
function FieldLine({ field: { path, value, kind } }: { readonly field: FieldValue }) {
  const { q, columns } = view.value
  const term = termOf(path, value)
  const isColumn = columns.includes(path)
  const include = (isExcluded: boolean): void => show({ q: withTerm(q, term, { isExcluded }) })
  return (
    <tr
      tabIndex={0}
      onKeyDown={(event) => {
        if (event.key === 'i') include(false)
        if (event.key === 'e') include(true)
      }}
    >
      <th scope="row">{path}</th>
      <td class={`value-${kind}`}>
        <Message text={value} />
      </td>
      <td class="field-verbs">
        <button type="button" title={`Only ${term} (i)`} aria-label={`Only ${path}`} onClick={() => include(false)}>
          =
        </button>
        <button
          type="button"
          title={`All but ${term} (e)`}
          aria-label={`All but ${path}`}
          onClick={() => include(true)}
        >
          ≠
        </button>
        <button
          type="button"
          title="Records that have it"
          aria-label={`Records with ${path}`}
          onClick={() => show({ q: withTerm(q, `${path}:*`, { isExcluded: false }) })}
        >
          ∃
        </button>
        <button
          type="button"
          title="Show as a column"
          aria-label={`Column ${path}`}
          aria-pressed={isColumn}
          onClick={() => show({ columns: isColumn ? columns.filter((name) => name !== path) : [...columns, path] })}
        >
          ▦
        </button>
        <button type="button" title="Copy" aria-label={`Copy ${path}`} onClick={() => void copyText(value, 'Copied')}>
          copy
        </button>
      </td>
    </tr>
  )
}

function Context({ log }: { readonly log: LogRecord }) {
  const isAll = useSignal(false)
  const found = useSignal<LogContext | undefined>(undefined)
  const problem = useSignal<Problem | undefined>(undefined)
  const scope = isAll.value ? 'all' : 'same'
  useEffect(() => {
    void getContext(log.id, { before: 25, after: 25, scope }).then((asked) => {
      if (asked.ok) found.value = asked.value
      else problem.value = asked.problem
    })
  }, [log.id, scope])
  if (problem.value) return <Notice title={problem.value.title} detail={problem.value.detail} />
  return (
    <>
      <label class="choice">
        <input
          type="checkbox"
          checked={isAll.value}
          onChange={(event) => (isAll.value = event.currentTarget.checked)}
        />{' '}
        All services, not only {log.service ?? 'this one'} on the same host
      </label>
      <ol class="small-list">
        {found.value?.before.map((one) => (
          <SmallRow key={one.id} log={one} />
        ))}
        <SmallRow log={log} isCurrent />
        {found.value?.after.map((one) => (
          <SmallRow key={one.id} log={one} />
        ))}
      </ol>
    </>
  )
}

/** A pause between two records of a trace that is worth seeing. */
const TRACE_PAUSE_MS = 100

function Trace({ traceId, log }: { readonly traceId: string; readonly log: LogRecord }) {
  const found = useSignal<readonly LogRecord[] | undefined>(undefined)
  const problem = useSignal<Problem | undefined>(undefined)
  useEffect(() => {
    void searchLogs({ q: termOf('trace_id', traceId), from: '-30d' }, { limit: 500, order: 'asc' }).then((asked) => {
      if (asked.ok) found.value = asked.value.data
      else problem.value = asked.problem
    })
  }, [traceId])
  if (problem.value) return <Notice title={problem.value.title} detail={problem.value.detail} />
  const logs = found.value ?? []
  const startMs = logs[0] ? Date.parse(logs[0].time) : 0
  return (
    <>
      <p class="quiet">
        {logs.length} logs · {new Set(logs.map(({ service }) => service)).size} services ·{' '}
        <button type="button" onClick={() => show({ q: termOf('trace_id', traceId), selected: log.id })}>
          Open in the list
        </button>
      </p>
      <ol class="small-list">
        {logs.map((one, index) => {
          const ms = Date.parse(one.time)
          const pauseMs = index === 0 ? 0 : ms - Date.parse(logs[index - 1].time)
          return (
            <>
              {pauseMs > TRACE_PAUSE_MS ? (
                <li class="quiet trace-pause">{pauseMs.toLocaleString('en')} ms nothing</li>
              ) : null}
              <SmallRow
                key={one.id}
                log={one}
                isCurrent={one.id === log.id}
                time={`+${(ms - startMs).toLocaleString('en')} ms`}
              />
            </>
          )
        })}
      </ol>
    </>
  )
}

function SmallRow({
  log,
  isCurrent = false,
  time,
}: {
  readonly log: LogRecord
  readonly isCurrent?: boolean
  readonly time?: string
}) {
  return (
    <li class={`small-row level-${log.level}${isCurrent ? ' is-current' : ''}`} aria-current={isCurrent || undefined}>
      <button type="button" onClick={() => show({ selected: log.id })}>
        <time dateTime={log.time}>{time ?? clockText(Date.parse(log.time), isUtc.value)}</time>
        <span class="log-level">{LEVEL_TAGS[log.level]}</span>
        <span class="log-service">{log.service ?? '–'}</span>
        <span class="small-message">
          <Message text={(log.message ?? JSON.stringify(log.body)).slice(0, 300)} />
        </span>
      </button>
    </li>
  )
}
