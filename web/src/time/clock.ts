import { signal } from '@preact/signals'
import { readSetting, writeSetting } from '../settings'

/** Whether times are shown in UTC rather than in the zone of this device. */
export const isUtc = signal(readSetting('utc') === 'true')

export function toggleUtc(): void {
  isUtc.value = !isUtc.value
  writeSetting('utc', String(isUtc.value))
}

/** How the zone is called that times are shown in. */
export const zoneName = (): string =>
  isUtc.value ? 'UTC' : (Intl.DateTimeFormat().resolvedOptions().timeZone ?? 'local')

const two = (value: number): string => (value < 10 ? `0${value}` : String(value))
const three = (value: number): string => (value < 10 ? `00${value}` : value < 100 ? `0${value}` : String(value))

/** `10:31:07.120` */
export function clockText(ms: number, utc: boolean): string {
  const date = new Date(ms)
  return utc
    ? `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}.${three(date.getUTCMilliseconds())}`
    : `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${three(date.getMilliseconds())}`
}

/** `2026-11-21` */
export function dayText(ms: number, utc: boolean): string {
  const date = new Date(ms)
  return utc
    ? `${date.getUTCFullYear()}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())}`
    : `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
}

/** `2026-11-21 10:31:07` in the zone that is shown. */
export const instantText = (ms: number, utc: boolean): string => `${dayText(ms, utc)} ${clockText(ms, utc).slice(0, 8)}`

const STEPS = [
  { ms: 86_400_000, unit: 'd' },
  { ms: 3_600_000, unit: 'h' },
  { ms: 60_000, unit: 'min' },
  { ms: 1000, unit: 's' },
] as const

/** `2 min ago`, `in 3 h` */
export function relativeText(ms: number, nowMs: number): string {
  const distance = Math.abs(nowMs - ms)
  if (distance < 1000) return 'now'
  const { ms: size, unit } = STEPS.find((step) => distance >= step.ms) ?? STEPS[3]
  const text = `${Math.floor(distance / size)} ${unit}`
  return ms <= nowMs ? `${text} ago` : `in ${text}`
}

/** `340 ms`, `2.5 s`, `12 min` */
export function durationText(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`
  if (ms < 3_600_000) return `${Math.round(ms / 60_000)} min`
  return ms < 172_800_000 ? `${Math.round(ms / 3_600_000)} h` : `${Math.round(ms / 86_400_000)} d`
}
