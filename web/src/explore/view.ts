import { computed, signal } from '@preact/signals'
import { go, named, place, screenPath } from '../location'
import { readSetting, writeSetting } from '../settings'
import { DEFAULT_RANGE, type RangeText } from '../time/range'

export const TABS = ['logs', 'trends', 'fields'] as const
export type Tab = (typeof TABS)[number]

/** Everything that a link to a search says. */
export interface View {
  readonly q: string
  readonly range: RangeText
  readonly tab: Tab
  /** Fields that are shown as columns of their own. */
  readonly columns: readonly string[]
  /** The record whose details are open. */
  readonly selected: string | undefined
  /** Whether to follow; only where the range ends now. */
  readonly isLive: boolean
  /** `service` in trends: the field that is counted apart. */
  readonly by: string | undefined
}

/** The view that the address says. */
export const view = computed<View>(() => viewOf(place.value.parameters))

/** Reads a view out of an address. What is missing is as everybody has it, what cannot be read is as if it was missing. */
export function viewOf(parameters: URLSearchParams): View {
  const tab = TABS.find((name) => name === parameters.get('tab')) ?? 'logs'
  const to = parameters.get('to') ?? DEFAULT_RANGE.to
  const columns = (parameters.get('cols') ?? '').split(',').filter((name) => name !== '')
  return {
    q: parameters.get('q') ?? '',
    range: { from: parameters.get('from') ?? DEFAULT_RANGE.from, to },
    tab,
    columns,
    selected: parameters.get('sel') ?? undefined,
    isLive: to === 'now' && parameters.get('live') !== '0',
    by: parameters.get('by') ?? undefined,
  }
}

/** The same view as an address: what is as everybody has it is left out. */
export function parametersOf(shown: View): URLSearchParams {
  const parameters = new URLSearchParams()
  if (shown.q !== '') parameters.set('q', shown.q)
  if (shown.range.from !== DEFAULT_RANGE.from) parameters.set('from', shown.range.from)
  if (shown.range.to !== DEFAULT_RANGE.to) parameters.set('to', shown.range.to)
  if (shown.tab !== 'logs') parameters.set('tab', shown.tab)
  if (shown.columns.length > 0) parameters.set('cols', shown.columns.join(','))
  if (shown.selected !== undefined) parameters.set('sel', shown.selected)
  if (shown.range.to === 'now' && !shown.isLive) parameters.set('live', '0')
  if (shown.by !== undefined) parameters.set('by', shown.by)
  return parameters
}

/** Goes to another view. A changed question is a step to go back to; anything else is not. */
export function show(change: Partial<View>): void {
  const before = view.value
  const next = { ...before, ...change }
  const isQuestion = next.q !== before.q || next.range.from !== before.range.from || next.range.to !== before.range.to
  const tenant = named.value?.tenant ?? ''
  go(screenPath(tenant, 'explore', parametersOf(next)), { replace: !isQuestion && next.tab === before.tab })
}

/** Whether long lines are broken; how high a row is. */
export const isWrapped = signal(readSetting('wrap') === 'true')
export const isComfortable = signal(readSetting('density') === 'comfortable')

export function toggleWrap(): void {
  isWrapped.value = !isWrapped.value
  writeSetting('wrap', String(isWrapped.value))
}

export function toggleDensity(): void {
  isComfortable.value = !isComfortable.value
  writeSetting('density', isComfortable.value ? 'comfortable' : 'compact')
}
