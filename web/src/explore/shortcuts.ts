import { tinykeys } from 'tinykeys'
import { copyText } from '../controls/copy'
import { named, screenPath } from '../location'
import { readSetting } from '../settings'
import { toggleUtc } from '../time/clock'
import { nowMs } from '../time/now'
import { isOpen, shifted } from '../time/range'
import { detailsPart } from './details'
import type { Explorer } from './explorer'
import { show, TABS, toggleDensity, toggleWrap, view } from './view'

/** Binds Explore's keys. Single letters do nothing while somebody types, nor where they are switched off (WCAG 2.1.4). */
export function bindExploreKeys(explorer: Explorer): () => void {
  const letter =
    (act: () => void) =>
    (event: KeyboardEvent): void => {
      if (isTyping(event) || readSetting('letters') === 'false') return
      event.preventDefault()
      act()
    }
  return tinykeys(window, {
    '/': letter(() => document.getElementById('query')?.focus()),
    s: letter(() => document.getElementById('query')?.focus()),
    t: letter(() => document.getElementById('time')?.click()),
    u: letter(toggleUtc),
    w: letter(toggleWrap),
    d: letter(toggleDensity),
    l: letter(() => toggleLive(explorer)),
    Space: letter(() => toggleLive(explorer)),
    End: letter(() => explorer.resume()),
    'Shift+G': letter(() => explorer.resume()),
    'g g': letter(() => toOldest(explorer)),
    j: letter(() => step(explorer, 1)),
    k: letter(() => step(explorer, -1)),
    ArrowDown: letter(() => step(explorer, 1)),
    ArrowUp: letter(() => step(explorer, -1)),
    n: letter(() => stepToError(explorer, 1)),
    'Shift+N': letter(() => stepToError(explorer, -1)),
    Escape: letter(() => show({ selected: undefined })),
    x: letter(() => {
      detailsPart.value = 'context'
    }),
    Enter: letter(() => document.querySelector<HTMLElement>('.details button')?.focus()),
    c: letter(() => copySelected(explorer)),
    'Shift+C': letter(copyLink),
    '[': letter(() => shift(-1)),
    ']': letter(() => shift(1)),
    z: letter(() => history.back()),
    '\\': letter(() => document.querySelector('.explore-body')?.classList.toggle('is-narrow')),
    ...Object.fromEntries(TABS.map((tab, index) => [`${index + 1}`, letter(() => show({ tab }))])),
  })
}

/** Whether a key goes into a field. */
export function isTyping(event: KeyboardEvent): boolean {
  const target = event.target instanceof HTMLElement ? event.target : null
  if (target === null) return false
  if (target.isContentEditable || target.closest('dialog, [popover]') !== null) return true
  return (
    /^(?:INPUT|TEXTAREA|SELECT)$/.test(target.tagName) ||
    // What these keys do on a button, a link or the histogram is theirs.
    (target.closest('a, button, summary, svg') !== null && /^(?: |Enter)$/.test(event.key))
  )
}

function toggleLive(explorer: Explorer): void {
  const { state } = explorer.following.peek()
  if (state === 'paused') explorer.resume()
  else if (state === 'off' || state === 'stopped')
    show({ isLive: true, range: { from: view.peek().range.from, to: 'now' } })
  else explorer.pause('user')
}

function toOldest(explorer: Explorer): void {
  explorer.pause('user')
  document.querySelector('.log-list')?.scrollTo({ top: 0 })
}

function step(explorer: Explorer, by: 1 | -1): void {
  const { list } = explorer.rows
  const { selected } = view.peek()
  const at = selected === undefined ? list.length : explorer.rows.indexOf(selected)
  select(
    explorer,
    nextFrom(explorer, at, by, () => true),
  )
}

function stepToError(explorer: Explorer, by: 1 | -1): void {
  const { selected } = view.peek()
  const at = selected === undefined ? (by === 1 ? -1 : explorer.rows.length) : explorer.rows.indexOf(selected)
  select(
    explorer,
    nextFrom(explorer, at, by, (level) => level === 'error' || level === 'fatal'),
  )
}

function nextFrom(
  explorer: Explorer,
  from: number,
  by: 1 | -1,
  isWanted: (level: string) => boolean,
): string | undefined {
  const { list } = explorer.rows
  for (let at = from + by; at >= 0 && at < list.length; at += by) {
    const row = list[at]
    if (row.kind === 'log' && isWanted(row.log.level)) return row.key
  }
  return undefined
}

function select(explorer: Explorer, id: string | undefined): void {
  if (id === undefined) return
  explorer.pause('details')
  explorer.reveal(id)
  show({ selected: id })
}

function copySelected(explorer: Explorer): void {
  const { selected } = view.peek()
  const row = explorer.rows.list.find(({ key }) => key === selected)
  if (row?.kind === 'log') void copyText(JSON.stringify(row.log, null, 2), 'JSON copied')
}

function copyLink(): void {
  const { selected } = view.peek()
  if (selected === undefined) return
  void copyText(`${location.origin}/app${screenPath(named.peek()?.tenant ?? '', `logs/${selected}`)}`, 'Link copied')
}

function shift(direction: -1 | 1): void {
  const { range } = view.peek()
  if (direction === 1 && isOpen(range)) return
  const next = shifted(range, direction, nowMs())
  show({ range: next, isLive: isOpen(next) })
}
