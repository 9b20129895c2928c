import { useSignal } from '@preact/signals'
import { useEffect, useId } from 'preact/hooks'
import type { Problem } from '../api/ask'
import { ProblemNotice } from './state'

interface JsonEditorProps {
  readonly label: string
  readonly value: unknown
  readonly rows?: number
  readonly isReadOnly?: boolean
  /** What the button says that hands the document over. */
  readonly action: string
  /** Answers what is wrong with it, if something is. */
  readonly onSubmit: (value: unknown) => Promise<Problem | undefined>
  /** Hands over the document as it is typed, for other buttons beside; undefined while it is no JSON. */
  readonly onChange?: (value: unknown) => void
}

/** A document as text: what is typed stays until it is taken. */
export function JsonEditor({
  label,
  value,
  rows = 14,
  isReadOnly = false,
  action,
  onSubmit,
  onChange,
}: JsonEditorProps) {
  const shown = JSON.stringify(value, null, 2)
  const text = useSignal(shown)
  const wrong = useSignal<string | undefined>(undefined)
  const problem = useSignal<Problem | undefined>(undefined)
  const id = useId()
  useEffect(() => {
    text.value = shown
    wrong.value = undefined
  }, [shown])
  const submit = async (): Promise<void> => {
    const read = parsed(text.value)
    wrong.value = read.ok ? undefined : read.why
    if (read.ok) problem.value = await onSubmit(read.value)
  }
  return (
    <div class="json-editor">
      <label for={id}>{label}</label>
      <textarea
        id={id}
        class="document"
        spellcheck={false}
        rows={rows}
        readOnly={isReadOnly}
        value={text.value}
        aria-invalid={wrong.value !== undefined}
        onInput={(event) => {
          text.value = event.currentTarget.value
          const read = parsed(text.value)
          onChange?.(read.ok ? read.value : undefined)
        }}
      />
      {wrong.value === undefined ? null : (
        <p class="is-bad" role="alert">
          {wrong.value}
        </p>
      )}
      {problem.value ? <ProblemNotice problem={problem.value} /> : null}
      <p class="buttons">
        <button
          type="button"
          class="primary"
          disabled={isReadOnly || text.value === shown}
          onClick={() => void submit()}
        >
          {action}
        </button>
        <button type="button" disabled={text.value === shown} onClick={() => (text.value = shown)}>
          Undo
        </button>
      </p>
    </div>
  )
}

type Parsed = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly why: string }

function parsed(text: string): Parsed {
  try {
    return { ok: true, value: JSON.parse(text) }
  } catch (error) {
    return { ok: false, why: `This is not valid JSON: ${error instanceof Error ? error.message : ''}` }
  }
}
