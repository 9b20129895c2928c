import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { may, signOut } from '../api/session'
import { Dialog } from '../controls/dialog'
import { recentQueries } from '../explore/knowledge'
import { show, toggleDensity, toggleWrap } from '../explore/view'
import { go, named, screenPath } from '../location'
import { SCREENS } from '../screens/screens'
import { nextTheme } from '../theme'
import { toggleUtc } from '../time/clock'
import { PRESETS } from '../time/range'
import { closeOverlay, openHelp } from './overlay'

/** Something that can be done by its name. */
interface Command {
  readonly label: string
  readonly note: string
  readonly act: () => void
}

const SHOWN_MAX = 40

/** All commands in one list, found by typing a part of their name. */
export function Palette() {
  const typed = useSignal('')
  const chosen = useSignal(0)
  const list = useRef<HTMLUListElement>(null)
  const words = typed.value.toLowerCase().split(/\s+/).filter(Boolean)
  const found = commands()
    .filter(({ label, note }) => words.every((word) => `${label} ${note}`.toLowerCase().includes(word)))
    .slice(0, SHOWN_MAX)
  const run = (command: Command | undefined): void => {
    if (command === undefined) return
    closeOverlay()
    command.act()
  }
  useEffect(() => {
    list.current?.children[chosen.value]?.scrollIntoView({ block: 'nearest' })
  })
  return (
    <Dialog title="Commands" onClose={closeOverlay}>
      <input
        class="palette-input"
        role="combobox"
        aria-label="Command"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={`palette-${chosen.value}`}
        autocomplete="off"
        autofocus
        value={typed.value}
        onInput={(event) => {
          typed.value = event.currentTarget.value
          chosen.value = 0
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter') run(found[chosen.value])
          if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return
          event.preventDefault()
          const step = event.key === 'ArrowDown' ? 1 : -1
          chosen.value = (chosen.value + step + found.length) % Math.max(found.length, 1)
        }}
      />
      <ul ref={list} id="palette-list" class="palette-list" role="listbox" aria-label="Commands">
        {found.map((command, index) => (
          <li
            key={`${command.note} ${command.label}`}
            id={`palette-${index}`}
            role="option"
            aria-selected={index === chosen.value}
            onClick={() => run(command)}
          >
            <span>{command.label}</span>
            <span class="quiet">{command.note}</span>
          </li>
        ))}
      </ul>
      {found.length === 0 ? <p class="quiet">No command has this name.</p> : null}
    </Dialog>
  )
}

function commands(): readonly Command[] {
  const tenant = named.peek()?.tenant ?? ''
  const screens = SCREENS.filter(({ label, scope }) => label !== undefined && (scope === undefined || may(scope)))
  return [
    { label: 'Explore', note: 'page', act: () => go(screenPath(tenant, 'explore')) },
    ...screens.map(({ name, label = name }) => ({ label, note: 'page', act: () => go(screenPath(tenant, name)) })),
    ...PRESETS.map(({ from, label }) => ({
      label,
      note: 'time',
      act: () => show({ range: { from, to: 'now' }, isLive: true }),
    })),
    { label: 'Only errors', note: 'search', act: () => show({ q: 'level:>=error' }) },
    { label: 'UTC or local time', note: 'u', act: toggleUtc },
    { label: 'Wrap long lines', note: 'w', act: toggleWrap },
    { label: 'Compact or comfortable rows', note: 'd', act: toggleDensity },
    { label: 'Light, dark, or as the system', note: 'theme', act: nextTheme },
    { label: 'Keys of the keyboard', note: '?', act: openHelp },
    { label: 'Sign out', note: 'session', act: () => void signOut() },
    ...recentQueries.peek().map((q) => ({ label: q, note: 'recent search', act: () => show({ q }) })),
  ]
}
