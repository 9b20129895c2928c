import { signal } from '@preact/signals'

/** How far the clock of this device is behind the service's, in milliseconds. */
export const clockOffsetMs = signal(0)

/** Less than this is the way of the answer, and no clock that is wrong. */
const OFFSET_MS_MIN = 5000

/** Takes the service's word for what time it is. */
export function noteServiceTime(time: string | undefined): void {
  const serviceMs = Date.parse(time ?? '')
  if (Number.isNaN(serviceMs)) return
  const offset = serviceMs - Date.now()
  clockOffsetMs.value = Math.abs(offset) < OFFSET_MS_MIN ? 0 : offset
}

/** What time it is for the service: ranges and ages are counted from it, whatever the clock of this device says. */
export const nowMs = (): number => Date.now() + clockOffsetMs.peek()
