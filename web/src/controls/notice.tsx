import type { ComponentChildren } from 'preact'

interface NoticeProps {
  readonly title: string
  readonly detail?: string | undefined
  readonly hint?: string | undefined
  readonly children?: ComponentChildren
}

/** Says what is, near to where it matters, and what can be done. */
export function Notice({ title, detail, hint, children }: NoticeProps) {
  return (
    <div class="notice" role="status">
      <h3>{title}</h3>
      {detail === undefined ? null : <p>{detail}</p>}
      {hint === undefined ? null : <p class="quiet">{hint}</p>}
      {children}
    </div>
  )
}
