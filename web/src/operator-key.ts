import { signal } from '@preact/signals'

/** The operator's key, in the memory of this page and nowhere else: operators have no session. */
export const operatorKey = signal<string | undefined>(undefined)
