import { useCallback, useEffect, useState } from 'preact/hooks'
import { type Asked, ask, type Problem, type Question } from '../api/ask'

/** What a part of a screen shows of an address of the API. */
export interface Shown<T> {
  /** What was answered last. It stays while it is asked again, and when that fails. */
  readonly value: T | undefined
  readonly etag: string | undefined
  readonly problem: Problem | undefined
  readonly isLoading: boolean
  readonly reload: () => void
}

/** Until a service that does not answer, or is busy, is asked again. */
const AGAIN_MS = 5000

/** Reads an address of the API, and again when it or its parameters change; undefined reads nothing. */
export function useAsked<T>(path: string | undefined, query?: Question['query']): Shown<T> {
  const [shown, keep] = useState<Omit<Shown<T>, 'reload'>>(EMPTY)
  const [count, again] = useState(0)
  const key = JSON.stringify(query)
  const reload = useCallback(() => again((before) => before + 1), [])
  useEffect(() => {
    if (path === undefined) return undefined
    const abort = new AbortController()
    let timer: number | undefined
    keep((before) => ({ ...before, isLoading: true }))
    ask<T>(path, { ...(query && { query }), signal: abort.signal }).then(
      (asked) => {
        keep((before) => shownAfter(before, asked))
        const waitMs = asked.ok ? undefined : waitMsFor(asked.problem)
        if (waitMs !== undefined) timer = setTimeout(reload, waitMs)
      },
      () => undefined,
    )
    return () => {
      abort.abort()
      clearTimeout(timer)
    }
  }, [path, key, count])
  return { ...shown, reload }
}

const EMPTY = { value: undefined, etag: undefined, problem: undefined, isLoading: true } as const

function shownAfter<T>(before: Omit<Shown<T>, 'reload'>, asked: Asked<T>): Omit<Shown<T>, 'reload'> {
  if (!asked.ok) return { ...before, problem: asked.problem, isLoading: false }
  return { value: asked.value, etag: asked.etag, problem: undefined, isLoading: false }
}

/** Only what may be otherwise soon is asked again by itself. */
function waitMsFor({ status, retryAfterSeconds }: Problem): number | undefined {
  if (status !== 0 && status !== 429 && status !== 503) return undefined
  return retryAfterSeconds === undefined ? AGAIN_MS : retryAfterSeconds * 1000
}
