import type { ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { Notice } from '../controls/notice'

/** A part of the page that is fetched when it is first shown. */
export interface LazyPart<Props> {
  readonly load: () => Promise<ComponentType<Props>>
}

/** Names a part of the page without fetching it. It is fetched once. */
export function lazy<Props>(load: () => Promise<ComponentType<Props>>): LazyPart<Props> {
  let loading: Promise<ComponentType<Props>> | undefined
  return {
    load: () => {
      loading ??= load().catch((error: unknown) => {
        loading = undefined
        throw error
      })
      return loading
    },
  }
}

interface SuspenseProps<Props> {
  readonly part: LazyPart<Props>
  readonly props: Props
}

/** Shows a part once it is there, and says so where it cannot be fetched: after an update its file may be gone. */
export function Suspense<Props extends object>({ part, props }: SuspenseProps<Props>) {
  const [loaded, keep] = useState<{ readonly Part: ComponentType<Props> } | undefined>(undefined)
  const [isMissing, miss] = useState(false)
  useEffect(() => {
    let isCurrent = true
    part.load().then(
      (Part) => isCurrent && keep({ Part }),
      () => isCurrent && miss(true),
    )
    return () => {
      isCurrent = false
    }
  }, [part])
  if (isMissing)
    return (
      <Notice
        title="This part of the page could not be fetched"
        detail="The service may have been updated, or does not answer."
      >
        <button type="button" onClick={() => location.reload()}>
          Load the page again
        </button>
      </Notice>
    )
  if (loaded === undefined) return null
  const { Part } = loaded
  return <Part {...props} />
}
