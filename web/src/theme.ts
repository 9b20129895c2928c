import { effect, signal } from '@preact/signals'
import { readSetting, writeSetting } from './settings'

const THEMES = ['system', 'light', 'dark'] as const

/** Which colours the page has. */
export const theme = signal(THEMES.find((name) => name === readSetting('theme')) ?? 'system')

effect(() => {
  document.documentElement.dataset.theme = theme.value
})

export function nextTheme(): void {
  theme.value = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length]
  writeSetting('theme', theme.value)
}
