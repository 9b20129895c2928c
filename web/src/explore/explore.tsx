import { useComputed } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'
import { addressOf } from '../api/ask'
import { copyText } from '../controls/copy'
import { Notice } from '../controls/notice'
import { named, screenPath } from '../location'
import { LogList } from '../stream/log-list'
import { nowMs } from '../time/now'
import { absolute } from '../time/range'
import { Details } from './details'
import { clausesOf, withoutClause } from './edit-query'
import { EmptyList } from './empty-list'
import { Explorer } from './explorer'
import { Facets } from './facets'
import { Histogram } from './histogram'
import { lazy, Suspense } from './lazy-part'
import { QueryBox } from './query-box'
import { bindExploreKeys } from './shortcuts'
import { StatusLine } from './status-line'
import { TimePicker } from './time-picker'
import { parametersOf, show, TABS, view } from './view'

const Trends = lazy(() => import('./trends').then(({ Trends: part }) => part))
const FieldsTab = lazy(() => import('./fields-tab').then(({ FieldsTab: part }) => part))

/** Search and live tail: one stream, one query, one range of time. */
export function Explore() {
  const explorer = useMemo(() => new Explorer(), [])
  useEffect(() => explorer.start(), [explorer])
  useEffect(() => bindExploreKeys(explorer), [explorer])
  const { tab, selected, columns } = view.value
  const select = (id: string): void => {
    explorer.pause('details')
    show({ selected: id })
  }
  return (
    <main class="explore" id="results">
      <h1 class="unseen">Explore</h1>
      <div class="ask-bar">
        <QueryBox />
        <TimePicker />
        <LiveButton explorer={explorer} />
      </div>
      <Clauses />
      <Histogram explorer={explorer} />
      <div class="tab-bar">
        <div class="tabs" role="tablist" aria-label="Views of what matches">
          {TABS.map((name, index) => (
            <button
              key={name}
              type="button"
              role="tab"
              aria-selected={tab === name}
              title={`${index + 1}`}
              onClick={() => show({ tab: name })}
            >
              {`${name[0].toUpperCase()}${name.slice(1)}`}
            </button>
          ))}
        </div>
        <ShareButtons />
      </div>
      <div class={`explore-body${selected ? ' has-details' : ''}`}>
        <Facets explorer={explorer} />
        <section class="explore-stream" aria-label={tab}>
          {tab === 'logs' ? (
            <Stream explorer={explorer} columns={columns} selected={selected} onSelect={select} />
          ) : null}
          {tab === 'trends' ? <Suspense part={Trends} props={{ explorer }} /> : null}
          {tab === 'fields' ? <Suspense part={FieldsTab} props={{ explorer }} /> : null}
        </section>
        {selected ? <Details id={selected} onClose={() => show({ selected: undefined })} /> : null}
      </div>
      <StatusLine explorer={explorer} />
    </main>
  )
}

interface StreamProps {
  readonly explorer: Explorer
  readonly columns: readonly string[]
  readonly selected: string | undefined
  readonly onSelect: (id: string) => void
}

function Stream({ explorer, columns, selected, onSelect }: StreamProps) {
  const isEmpty = useComputed(() => explorer.rows.version.value >= 0 && explorer.rows.length === 0)
  const problem = explorer.problem.value
  return (
    <>
      {problem ? (
        <Notice title={problem.title} detail={problem.detail} hint={problem.hint}>
          <button type="button" onClick={() => void explorer.ask()}>
            Ask again
          </button>
        </Notice>
      ) : null}
      {isEmpty.value && !problem && explorer.progress.value === undefined ? <EmptyList explorer={explorer} /> : null}
      <LogList {...{ explorer, columns, selected, onSelect }} />
      <NewPill explorer={explorer} />
    </>
  )
}

/** How many rows have come while the list stood still. */
function NewPill({ explorer }: { readonly explorer: Explorer }) {
  const now = explorer.following.value
  if (now.state !== 'paused' || now.waiting === 0) return null
  return (
    <button type="button" class="new-pill" onClick={() => explorer.resume()} title="Show them and follow again (End)">
      ↓ {now.waiting.toLocaleString('en')} new · End
    </button>
  )
}

function LiveButton({ explorer }: { readonly explorer: Explorer }) {
  const now = explorer.following.value
  const isLive = now.state === 'live' || now.state === 'connecting' || now.state === 'reconnecting'
  const toggle = () => {
    if (now.state === 'paused') return explorer.resume()
    if (isLive) return explorer.pause('user')
    const { range } = view.peek()
    show({ isLive: true, range: range.to === 'now' ? range : { from: '-1h', to: 'now' } })
  }
  return (
    <button
      type="button"
      class={`live-button is-${now.state}`}
      aria-pressed={isLive}
      onClick={toggle}
      title="Follow what comes (l, Space)"
    >
      {isLive ? '● Live' : now.state === 'paused' ? '❚❚ Paused' : '○ Live'}
    </button>
  )
}

/** Each clause of the query as a pill that can be taken away. */
function Clauses() {
  const { q } = view.value
  const clauses = clausesOf(q)
  if (clauses.length === 0) return null
  return (
    <ul class="clauses" aria-label="Parts of the query">
      {clauses.map((clause, index) => (
        <li key={clause}>
          {clause}
          <button type="button" aria-label={`Without ${clause}`} onClick={() => show({ q: withoutClause(q, index) })}>
            ×
          </button>
        </li>
      ))}
    </ul>
  )
}

function ShareButtons() {
  const share = (): void => {
    const shown = view.peek()
    const parameters = parametersOf({ ...shown, range: absolute(shown.range, nowMs()), isLive: false })
    void copyText(
      `${location.origin}/app${screenPath(named.peek()?.tenant ?? '', 'explore', parameters)}`,
      'Link copied, with these exact times',
    )
  }
  const { q, range } = view.value
  const from = range.from
  const to = range.to === 'now' ? undefined : range.to
  const exported = (format: string): string => addressOf('/logs/export', { q: q || undefined, from, to, format })
  return (
    <span class="buttons">
      <button type="button" onClick={share} title="Copy a link to exactly this">
        Share
      </button>
      <a class="button" href={exported('ndjson')} download="logs.ndjson">
        NDJSON
      </a>
      <a class="button" href={exported('csv')} download="logs.csv">
        CSV
      </a>
    </span>
  )
}
