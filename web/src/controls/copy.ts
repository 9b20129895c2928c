import { signal } from '@preact/signals'

/** What was just done, for a moment. */
export const said = signal<string | undefined>(undefined)

const SAID_MS = 2500
let timer: number | undefined

/** Tells what was done, at the edge of the page. */
export function say(text: string): void {
  clearTimeout(timer)
  said.value = text
  timer = setTimeout(() => {
    said.value = undefined
  }, SAID_MS)
}

export async function copyText(text: string, done: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
    say(done)
  } catch {
    say('This browser does not let the page copy.')
  }
}
