import { afterEach, beforeEach, vi } from 'vitest'

/** For tests of what logs: its lines would stand among the results. */
export function silenceConsole(): void {
  beforeEach(() => {
    for (const level of ['debug', 'info', 'warn', 'error'] as const)
      vi.spyOn(console, level).mockImplementation(() => {})
  })
  afterEach(() => {
    vi.restoreAllMocks()
  })
}
