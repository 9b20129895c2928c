import { useSignal } from '@preact/signals'
import { useRef } from 'preact/hooks'
import { instantText, isUtc, toggleUtc, zoneName } from '../time/clock'
import { nowMs } from '../time/now'
import { boundsOf, isOpen, PRESETS, parseRange, type RangeText, shifted } from '../time/range'
import { show, view } from './view'

/** Which time is looked at: by name, as it is typed, or step by step. */
export function TimePicker() {
  const { range } = view.value
  const typed = useSignal('')
  const isWrong = useSignal(false)
  const popover = useRef<HTMLDivElement>(null)
  const choose = (next: RangeText): void => {
    popover.current?.hidePopover()
    isWrong.value = false
    typed.value = ''
    show({ range: next, isLive: isOpen(next) })
  }
  const submit = (event: Event): void => {
    event.preventDefault()
    const next = parseRange(typed.value, nowMs(), isUtc.value)
    isWrong.value = next === undefined
    if (next) choose(next)
  }
  return (
    <div class="time-picker">
      <button
        type="button"
        title="The range before ( [ )"
        aria-label="The range before"
        onClick={() => choose(shifted(range, -1, nowMs()))}
      >
        ‹
      </button>
      <button type="button" id="time" popovertarget="time-popover" title="Change the range (t)">
        {rangeLabel(range, isUtc.value)}
      </button>
      <button
        type="button"
        title="The range after ( ] )"
        aria-label="The range after"
        disabled={isOpen(range)}
        onClick={() => choose(shifted(range, 1, nowMs()))}
      >
        ›
      </button>
      <button type="button" class="zone" onClick={toggleUtc} title="UTC or local time (u)" aria-pressed={isUtc.value}>
        {zoneName()}
      </button>
      <div ref={popover} id="time-popover" popover="auto" class="popover">
        <form onSubmit={submit}>
          <label for="time-text">Range</label>
          <input
            id="time-text"
            name="sluice-range"
            autocomplete="off"
            placeholder="90m · yesterday 14:00 to 15:30 · 2026-11-21T10:31:07Z"
            value={typed.value}
            aria-invalid={isWrong.value}
            onInput={(event) => {
              typed.value = event.currentTarget.value
            }}
          />
          {isWrong.value ? (
            <p class="is-bad">
              Not understood. Try “15m”, “yesterday 14:00 to 15:30”, “around 10:31:07”, or paste an instant.
            </p>
          ) : null}
        </form>
        <ul>
          {PRESETS.map(({ from, label }) => (
            <li key={from}>
              <button
                type="button"
                aria-pressed={range.from === from && isOpen(range)}
                onClick={() => choose({ from, to: 'now' })}
              >
                {label}
              </button>
            </li>
          ))}
        </ul>
        <p class="quiet">{exactLabel(range)}</p>
      </div>
    </div>
  )
}

/** How a range is called on its button. */
export function rangeLabel(range: RangeText, utc: boolean): string {
  const preset = PRESETS.find(({ from }) => from === range.from)
  if (isOpen(range))
    return (
      preset?.label ??
      `Since ${range.from.startsWith('-') ? range.from.slice(1) : instantText(Date.parse(range.from), utc)}`
    )
  const { fromMs, toMs } = boundsOf(range, nowMs())
  const [from, to] = [instantText(fromMs, utc), instantText(toMs, utc)]
  return from.slice(0, 10) === to.slice(0, 10) ? `${from} – ${to.slice(11)}` : `${from} – ${to}`
}

function exactLabel(range: RangeText): string {
  const { fromMs, toMs } = boundsOf(range, nowMs())
  return `${new Date(fromMs).toISOString()} … ${isOpen(range) ? 'now' : new Date(toMs).toISOString()}`
}
