import { useComputed, useSignalEffect } from '@preact/signals'
import {
  elementScroll,
  observeElementOffset,
  observeElementRect,
  type VirtualItem,
  Virtualizer,
} from '@tanstack/virtual-core'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { Explorer } from '../explore/explorer'
import { isComfortable, isWrapped } from '../explore/view'
import { isUtc } from '../time/clock'
import { isFollowing } from './follow'
import { GapRow, LogRow } from './log-row'
import type { Row } from './rows'

const ROW_PX = { compact: 22, comfortable: 28 } as const

/** Nearer to the end than this counts as being at it. */
const END_PX = 12

/** Nearer to the beginning than this, older rows are read. */
const OLDER_PX = 2000

interface LogListProps {
  readonly explorer: Explorer
  readonly columns: readonly string[]
  readonly selected: string | undefined
  readonly onSelect: (id: string) => void
}

/** The stream: the oldest row at the top. What is under the pointer does not move while it is paused. */
export function LogList({ explorer, columns, selected, onSelect }: LogListProps) {
  const { rows } = explorer
  const place = useRef<HTMLDivElement>(null)
  const [, redraw] = useState(0)
  const height = ROW_PX[isComfortable.value ? 'comfortable' : 'compact']
  const wrap = isWrapped.value
  const virtualizer = useVirtualizer(place, () => redraw((count) => count + 1))
  const version = useComputed(() => rows.version.value).value

  virtualizer.setOptions({
    ...virtualizer.options,
    count: rows.length,
    estimateSize: () => height,
    getItemKey: (index) => rows.list[index]?.key ?? index,
  })
  useLayoutEffect(() => {
    virtualizer._willUpdate()
    if (isFollowing(explorer.following.peek())) virtualizer.scrollToEnd()
  }, [version])
  useLayoutEffect(() => virtualizer.measure(), [height, wrap])
  // A new question is read from its end, what is newest; a link to a row in it, from there.
  useSignalEffect(() => {
    explorer.question.value
    requestAnimationFrame(() => {
      const at = selected === undefined ? -1 : rows.indexOf(selected)
      if (at < 0) return virtualizer.scrollToEnd()
      explorer.pause('details')
      virtualizer.scrollToIndex(at, { align: 'center' })
    })
  })
  useSignalEffect(() => {
    const key = explorer.revealed.value
    if (key !== undefined) virtualizer.scrollToIndex(rows.indexOf(key), { align: 'auto' })
  })
  useEffect(() => watchScroll(place.current, virtualizer, explorer), [])

  const items = virtualizer.getVirtualItems()
  return (
    <div
      ref={place}
      class={`log-list${wrap ? ' is-wrapped' : ''}`}
      role="grid"
      aria-label="Logs, the oldest first"
      aria-rowcount={rows.length}
      aria-live="off"
      tabIndex={0}
      onClick={(event) => selectRow(event, onSelect)}
      onMouseUp={() => pauseForSelection(explorer)}
    >
      <div class="log-list-space" style={{ height: `${virtualizer.getTotalSize()}px` }}>
        {items.map((item) => (
          <PlacedRow
            key={item.key}
            item={item}
            row={rows.list[item.index]}
            before={rows.list[item.index - 1]}
            measure={wrap ? virtualizer.measureElement : undefined}
            height={height}
            {...{ columns, explorer, utc: isUtc.value, isSelected: rows.list[item.index]?.key === selected }}
          />
        ))}
      </div>
    </div>
  )
}

interface PlacedRowProps {
  readonly item: VirtualItem
  readonly row: Row | undefined
  readonly before: Row | undefined
  readonly measure: ((element: HTMLDivElement | null) => void) | undefined
  readonly height: number
  readonly columns: readonly string[]
  readonly explorer: Explorer
  readonly utc: boolean
  readonly isSelected: boolean
}

function PlacedRow({ item, row, before, measure, height, columns, explorer, utc, isSelected }: PlacedRowProps) {
  if (row === undefined) return null
  const style = { transform: `translateY(${item.start}px)`, ...(measure === undefined && { height: `${height}px` }) }
  return (
    <div
      {...(measure && { ref: measure })}
      class={`log-place${isSelected ? ' is-selected' : ''}`}
      style={style}
      data-index={item.index}
      data-key={row.key}
      role="row"
      aria-rowindex={item.index + 1}
      aria-selected={isSelected}
    >
      {row.kind === 'gap' ? (
        <GapRow row={row} explorer={explorer} />
      ) : (
        <LogRow row={row} before={before} columns={columns} utc={utc} />
      )}
    </div>
  )
}

function useVirtualizer(place: { readonly current: HTMLDivElement | null }, onChange: () => void) {
  const [virtualizer] = useState(
    () =>
      new Virtualizer<HTMLDivElement, HTMLDivElement>({
        count: 0,
        getScrollElement: () => place.current,
        estimateSize: () => ROW_PX.compact,
        scrollToFn: elementScroll,
        observeElementRect,
        observeElementOffset,
        overscan: 12,
        anchorTo: 'end',
        scrollEndThreshold: END_PX,
        onChange,
      }),
  )
  useLayoutEffect(() => virtualizer._didMount(), [])
  useLayoutEffect(() => virtualizer._willUpdate())
  return virtualizer
}

/** What a person does with wheel, finger and keys pauses; coming to the end resumes. */
function watchScroll(
  element: HTMLDivElement | null,
  virtualizer: Virtualizer<HTMLDivElement, HTMLDivElement>,
  explorer: Explorer,
): (() => void) | undefined {
  if (element === null) return undefined
  const isAtEnd = (): boolean => element.scrollHeight - element.scrollTop - element.clientHeight <= END_PX
  let lastTop = element.scrollTop
  let isByPerson = false
  const byPerson = (): void => {
    isByPerson = true
  }
  const scrolled = (): void => {
    const isUp = element.scrollTop < lastTop
    lastTop = element.scrollTop
    if (element.scrollTop < OLDER_PX && explorer.hasOlder.peek()) void explorer.readOlder()
    if (!isByPerson) return
    if (isUp && !isAtEnd()) explorer.pause('scroll')
    else if (!isUp && isAtEnd() && explorer.following.peek().state === 'paused') resumeAtEnd(explorer, virtualizer)
  }
  const wheeled = (event: WheelEvent): void => {
    byPerson()
    if (event.deltaY < 0) explorer.pause('scroll')
  }
  element.addEventListener('scroll', scrolled, { passive: true })
  element.addEventListener('wheel', wheeled, { passive: true })
  for (const type of ['touchmove', 'keydown', 'pointerdown'])
    element.addEventListener(type, byPerson, { passive: true })
  return () => {
    element.removeEventListener('scroll', scrolled)
    element.removeEventListener('wheel', wheeled)
    for (const type of ['touchmove', 'keydown', 'pointerdown']) element.removeEventListener(type, byPerson)
  }
}

function resumeAtEnd(explorer: Explorer, virtualizer: Virtualizer<HTMLDivElement, HTMLDivElement>): void {
  explorer.resume()
  requestAnimationFrame(() => virtualizer.scrollToEnd())
}

function pauseForSelection(explorer: Explorer): void {
  const selection = getSelection()
  if (selection !== null && !selection.isCollapsed) explorer.pause('selection')
}

function selectRow(event: MouseEvent, onSelect: (id: string) => void): void {
  const selection = getSelection()
  if (selection !== null && !selection.isCollapsed) return
  const target = event.target instanceof Element ? event.target : null
  if (target === null || target.closest('a, button') !== null) return
  const key = target.closest('[data-key]')?.getAttribute('data-key')
  if (key?.startsWith('log_')) onSelect(key)
}
