import { useEffect, useState } from 'preact/hooks'
import { durationText, instantText, isUtc } from '../time/clock'
import type { Explorer } from './explorer'

/** A search that takes no longer needs no account of itself. */
const SILENT_MS = 300

/** What is going on: how the list follows, how far the search has looked, and whether that is all. */
export function StatusLine({ explorer }: { readonly explorer: Explorer }) {
  const meta = explorer.meta.value
  return (
    <div class="status-line" role="status">
      <FollowText explorer={explorer} />
      <ProgressText explorer={explorer} />
      {meta ? (
        <span>
          {meta.matched_is_estimate ? 'at least ' : ''}
          {meta.matched.toLocaleString('en')} matched · {meta.scanned_rows.toLocaleString('en')} rows looked at in{' '}
          {durationText(meta.took_ms)}
          {explorer.hasOlder.value
            ? ` · back to ${instantText(Date.parse(meta.searched_back_to), isUtc.value)}`
            : ' · complete'}
        </span>
      ) : null}
      {meta?.partial ? (
        <span class="is-warning">Partial: {(meta.partial_reason ?? '').replaceAll('_', ' ')}. Scroll up to go on.</span>
      ) : null}
    </div>
  )
}

function FollowText({ explorer }: { readonly explorer: Explorer }) {
  const now = explorer.following.value
  const left = useSecondsUntil(now.state === 'reconnecting' ? now.atMs : undefined)
  switch (now.state) {
    case 'off':
      return explorer.tailProblem.value ? (
        <span class="is-warning">Not live: {explorer.tailProblem.value}</span>
      ) : (
        <span>Not live</span>
      )
    case 'connecting':
      return <span>Connecting …</span>
    case 'live':
      return <span class="is-live">● Live, {Math.round(explorer.rate.value)}/s</span>
    case 'paused':
      return <span>❚❚ Paused · {now.waiting.toLocaleString('en')} new</span>
    case 'reconnecting':
      return (
        <span class="is-warning">
          Connection lost. Again in {left} s ({now.attempt})
        </span>
      )
    case 'stopped':
      return <span class="is-bad">Live has ended: {now.why}</span>
  }
}

function ProgressText({ explorer }: { readonly explorer: Explorer }) {
  const progress = explorer.progress.value
  const [, redraw] = useState(0)
  const isRunning = progress !== undefined
  useEffect(() => {
    if (!isRunning) return undefined
    const timer = setInterval(() => redraw((count) => count + 1), 200)
    return () => clearInterval(timer)
  }, [isRunning])
  if (progress === undefined || Date.now() < progress.startedMs + SILENT_MS) return null
  return (
    <span class="is-busy">
      Searching for {durationText(Date.now() - progress.startedMs)}
      {progress.backTo === undefined
        ? ''
        : `, back to ${instantText(Date.parse(progress.backTo), isUtc.value)}, ${progress.scannedRows.toLocaleString('en')} rows`}{' '}
      <button type="button" onClick={() => explorer.stop()}>
        Stop
      </button>
    </span>
  )
}

function useSecondsUntil(atMs: number | undefined): number {
  const [, redraw] = useState(0)
  useEffect(() => {
    if (atMs === undefined) return undefined
    const timer = setInterval(() => redraw((count) => count + 1), 500)
    return () => clearInterval(timer)
  }, [atMs])
  return atMs === undefined ? 0 : Math.max(0, Math.ceil((atMs - Date.now()) / 1000))
}
