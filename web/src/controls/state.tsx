import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { Problem } from '../api/ask'
import { Notice } from './notice'
import type { Shown } from './use-asked'

interface StateProps<T> {
  readonly of: Shown<T>
  /** Shown where there is nothing in what was answered. */
  readonly empty?: ComponentChildren
  readonly isEmpty?: (value: T) => boolean
  readonly children: (value: T) => ComponentChildren
}

/** Sooner than this an answer needs no sign that it is on its way. */
const SILENT_MS = 150

/** Every state of something that was asked for: on its way, refused, unreachable, empty, there. */
export function State<T>({ of: shown, empty, isEmpty, children }: StateProps<T>) {
  const { value, problem, isLoading, reload } = shown
  const isSlow = useIsSlow(isLoading && value === undefined)
  if (value === undefined) {
    if (problem) return <ProblemNotice problem={problem} onRetry={reload} />
    return isSlow ? (
      <p class="quiet" role="status">
        Loading …
      </p>
    ) : null
  }
  return (
    <>
      {problem ? <ProblemNotice problem={problem} onRetry={reload} /> : null}
      {empty !== undefined && isEmpty?.(value) ? empty : children(value)}
    </>
  )
}

/** What went wrong, and what to do about it. */
export function ProblemNotice({ problem, onRetry }: { readonly problem: Problem; readonly onRetry?: () => void }) {
  const { title, detail, hint, instance, errors, retryAfterSeconds } = problem
  return (
    <Notice title={title} detail={detail} hint={hint}>
      {errors && errors.length > 0 ? (
        <ul class="problem-items">
          {errors.map((item) => (
            <li key={`${item.pointer ?? item.parameter ?? ''} ${item.detail}`}>
              {(item.pointer ?? item.parameter) ? <code>{item.pointer ?? item.parameter}</code> : null} {item.detail}
            </li>
          ))}
        </ul>
      ) : null}
      {retryAfterSeconds === undefined ? null : <p>It is asked again in {retryAfterSeconds} s.</p>}
      {onRetry ? (
        <button type="button" onClick={onRetry}>
          Ask again
        </button>
      ) : null}
      {instance === undefined ? null : (
        <p class="quiet">
          Request <code>{instance}</code>
        </p>
      )}
    </Notice>
  )
}

function useIsSlow(isWaiting: boolean): boolean {
  const [isSlow, keep] = useState(false)
  useEffect(() => {
    if (!isWaiting) return keep(false)
    const timer = setTimeout(() => keep(true), SILENT_MS)
    return () => clearTimeout(timer)
  }, [isWaiting])
  return isSlow
}
