import { signal } from '@preact/signals'

/** What lies over the page, if something does. */
export const overlay = signal<'palette' | 'help' | undefined>(undefined)

export const openPalette = (): void => {
  overlay.value = 'palette'
}

export const openHelp = (): void => {
  overlay.value = 'help'
}

export const closeOverlay = (): void => {
  overlay.value = undefined
}
