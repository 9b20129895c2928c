import type { OutsidePorts } from './outside/guarded-fetch'

/** The world outside as the platform reaches it. Who adds `resolve` to it also knows where names lead. */
export const OUTSIDE_PORTS: OutsidePorts = {
  fetch: (request) => fetch(request),
  timeout: (milliseconds) => AbortSignal.timeout(milliseconds),
  timer: (milliseconds) => {
    const controller = new AbortController()
    const clock = setTimeout(() => controller.abort(), milliseconds)
    return { signal: controller.signal, stop: () => clearTimeout(clock) }
  },
}
