import { signal, useSignal, useSignalEffect } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { readFacets } from '../api/logs'
import { named } from '../location'
import { fieldAt, type Knowledge, queryOfPaste, type Suggestion, suggest } from './complete'
import { highlight } from './highlight'
import { knownFields, knownValues, learnFields, noteValues, recentQueries, rememberQuery } from './knowledge'
import { show, view } from './view'

/** What was typed, and for which question of which tenant. */
const draft = signal<{ readonly address: string; readonly text: string } | undefined>(undefined)
const draftAddress = (): string => `${named.peek()?.tenant} ${view.peek().q}`

/** The box in which a query is typed: one line that grows, coloured as the server will read it. */
export function QueryBox() {
  const text = useSignal(draft.peek()?.address === draftAddress() ? (draft.peek()?.text ?? '') : view.value.q)
  const caret = useSignal(0)
  const chosen = useSignal(-1)
  const isOpen = useSignal(false)
  const box = useRef<HTMLInputElement>(null)
  const layer = useRef<HTMLDivElement>(null)
  const asked = view.value.q
  const isFirst = useRef(true)
  useEffect(() => {
    // What was typed and not yet asked is still there when somebody comes back from another screen.
    if (!isFirst.current) text.value = asked
    isFirst.current = false
  }, [asked])
  useSignalEffect(() => {
    draft.value = { address: draftAddress(), text: text.value }
  })
  const { pieces, diagnostics } = highlight(text.value)
  const suggestions = isOpen.value ? suggest(text.value, caret.value, knowledge()) : []
  useEffect(() => {
    if (isOpen.value) void learnValues(text.value, caret.value)
  })

  const moved = (): void => {
    caret.value = box.current?.selectionStart ?? 0
    chosen.value = -1
  }
  const run = (): void => {
    isOpen.value = false
    rememberQuery(text.value)
    show({ q: text.value.trim() })
  }
  const accept = (suggestion: Suggestion): void => {
    const { from, to, insert } = suggestion
    text.value = `${text.value.slice(0, from)}${insert}${text.value.slice(to)}`
    chosen.value = -1
    requestAnimationFrame(() => {
      box.current?.focus()
      box.current?.setSelectionRange(from + insert.length, from + insert.length)
      moved()
    })
  }
  const pressed = (event: KeyboardEvent): void => {
    if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault()
      const suggestion = suggestions[chosen.value]
      if (suggestion) accept(suggestion)
      else run()
    } else if (event.key === 'Tab' && suggestions.length > 0) {
      event.preventDefault()
      accept(suggestions[Math.max(chosen.value, 0)])
    } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      if (suggestions.length === 0) return
      event.preventDefault()
      const step = event.key === 'ArrowDown' ? 1 : -1
      chosen.value = (chosen.value + step + suggestions.length) % suggestions.length
    } else if (event.key === 'Escape') {
      event.stopPropagation()
      if (isOpen.value && suggestions.length > 0) isOpen.value = false
      else box.current?.blur()
    }
  }
  const pasted = (event: ClipboardEvent): void => {
    if (text.value.trim() !== '') return
    const query = queryOfPaste(event.clipboardData?.getData('text/plain') ?? '')
    if (query === undefined) return
    event.preventDefault()
    text.value = query
  }

  return (
    <div class="query-box">
      <div ref={layer} class="query-layer" aria-hidden="true">
        {pieces.map(({ text: piece, look, problem }, index) => (
          <span key={index} class={`query-${look}${problem ? ` query-${problem.severity}` : ''}`}>
            {piece}
          </span>
        ))}
      </div>
      <input
        ref={box}
        id="query"
        type="text"
        name="sluice-query"
        value={text.value}
        placeholder='Search: level:error service:checkout "card declined"'
        role="combobox"
        aria-label="Query"
        aria-expanded={suggestions.length > 0}
        aria-controls="query-suggestions"
        aria-activedescendant={chosen.value >= 0 ? `query-suggestion-${chosen.value}` : undefined}
        aria-describedby="query-diagnostics"
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        onInput={(event) => {
          text.value = event.currentTarget.value
          isOpen.value = true
          moved()
        }}
        onFocus={() => {
          isOpen.value = true
          void learnFields()
          moved()
        }}
        onBlur={() => {
          isOpen.value = false
        }}
        onClick={moved}
        onKeyUp={(event) => event.key.startsWith('Arrow') || moved()}
        onKeyDown={pressed}
        onPaste={pasted}
        onScroll={() => {
          if (layer.current && box.current) layer.current.scrollLeft = box.current.scrollLeft
        }}
      />
      <button type="button" class="query-run" onClick={run} title="Search (Enter)">
        Search
      </button>
      {suggestions.length > 0 ? (
        <ul class="suggestions" id="query-suggestions" role="listbox" aria-label="Suggestions">
          {suggestions.map((suggestion, index) => (
            <li
              key={`${suggestion.label} ${suggestion.note}`}
              id={`query-suggestion-${index}`}
              role="option"
              aria-selected={index === chosen.value}
              onMouseDown={(event) => event.preventDefault()}
              onClick={() => accept(suggestion)}
            >
              <span>{suggestion.label}</span>
              <span class="quiet">{suggestion.note}</span>
            </li>
          ))}
        </ul>
      ) : null}
      <p id="query-diagnostics" class="query-diagnostics" aria-live="polite">
        {diagnostics.slice(0, 2).map(({ message, severity, fix, span }) => (
          <span key={`${span.from} ${message}`} class={severity === 'error' ? 'is-bad' : 'is-warning'}>
            {message}
            {fix === undefined ? null : (
              <button
                type="button"
                onClick={() => {
                  text.value = `${text.value.slice(0, span.from)}${fix}${text.value.slice(span.to)}`
                }}
              >
                Change to {fix === '' ? 'nothing' : fix}
              </button>
            )}
          </span>
        ))}
      </p>
    </div>
  )
}

const knowledge = (): Knowledge => ({
  fields: knownFields.value,
  valuesOf: (field) => knownValues.value.get(field),
  recent: recentQueries.value,
})

/** Asks for the values of the field at the caret, once. */
async function learnValues(query: string, caret: number): Promise<void> {
  const field = fieldAt(query, caret)
  if (field === undefined || knownValues.peek().has(field)) return
  noteValues(field, [])
  const asked = await readFacets({ q: '', from: view.peek().range.from }, [field])
  if (!asked.ok) return
  const [facet] = asked.value.data
  noteValues(field, facet?.values.map(({ value, count }) => ({ value: String(value), count })) ?? [])
}
