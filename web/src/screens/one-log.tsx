import { Details } from '../explore/details'
import { go, named, screenPath } from '../location'
import type { ScreenProps } from './screens'

/** A permalink: one log by itself, whatever was searched. */
export function OneLog({ rest: [id = ''] }: ScreenProps) {
  return (
    <div class="one-log">
      <h1>One log</h1>
      <Details id={id} onClose={() => go(screenPath(named.value?.tenant ?? '', 'explore'))} />
    </div>
  )
}
