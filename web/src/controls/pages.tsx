import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useEffect } from 'preact/hooks'
import { ask, type Problem, type Question } from '../api/ask'
import { ProblemNotice } from './state'

interface Page<T> {
  readonly data: readonly T[]
  readonly page: { readonly next_cursor: string | null; readonly has_more: boolean }
}

interface PagesProps<T> {
  readonly path: string
  readonly query?: Question['query']
  readonly headers?: Question['headers']
  /** Changes when the list has to be read anew. */
  readonly version?: number
  readonly empty: ComponentChildren
  readonly children: (rows: readonly T[]) => ComponentChildren
}

/** A list of the API that comes in pages: what was read, and a button for more. */
export function Pages<T>({ path, query, headers, version = 0, empty, children }: PagesProps<T>) {
  const rows = useSignal<readonly T[] | undefined>(undefined)
  const next = useSignal<string | undefined>(undefined)
  const problem = useSignal<Problem | undefined>(undefined)
  const isBusy = useSignal(false)
  const key = JSON.stringify(query)
  const read = async (cursor: string | undefined, isCurrent: () => boolean): Promise<void> => {
    isBusy.value = true
    const asked = await ask<Page<T>>(path, { query: { ...query, cursor }, ...(headers && { headers }) })
    if (!isCurrent()) return
    isBusy.value = false
    problem.value = asked.ok ? undefined : asked.problem
    if (!asked.ok) return
    rows.value = cursor === undefined ? asked.value.data : [...(rows.peek() ?? []), ...asked.value.data]
    next.value = asked.value.page.next_cursor ?? undefined
  }
  useEffect(() => {
    let isMounted = true
    void read(undefined, () => isMounted)
    return () => {
      isMounted = false
    }
  }, [path, key, version])
  return (
    <>
      {problem.value ? (
        <ProblemNotice problem={problem.value} onRetry={() => void read(undefined, () => true)} />
      ) : null}
      {rows.value === undefined ? null : rows.value.length === 0 ? empty : children(rows.value)}
      {next.value === undefined ? null : (
        <p>
          <button type="button" disabled={isBusy.value} onClick={() => void read(next.peek(), () => true)}>
            {isBusy.value ? 'Reading …' : 'More'}
          </button>
        </p>
      )}
    </>
  )
}
