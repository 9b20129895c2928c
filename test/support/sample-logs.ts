/** The bench's logs: about 227 bytes of JSON, distinct, five services. Times run on by a few milliseconds from `startMs`. */
export function sampleLogs(options: {
  readonly count: number
  readonly seed: number
  readonly startMs: number
}): string[] {
  const next = randomIntegers(options.seed)
  const services = ['checkout', 'payments', 'web', 'worker', 'edge']
  const levels = ['debug', 'info', 'info', 'info', 'info', 'info', 'warn', 'error']
  const statuses = [200, 200, 200, 201, 204, 301, 404, 500, 502, 503]
  let ms = options.startMs
  return Array.from({ length: options.count }, () => {
    ms += next(5)
    const hex = Array.from({ length: 4 }, () => next(0x100000000).toString(16).padStart(8, '0')).join('')
    return JSON.stringify({
      timestamp: new Date(ms).toISOString(),
      level: levels[next(levels.length)],
      service: services[next(services.length)],
      message: `Request processed for user ${next(100_000)} in ${next(1000)} ms with status ${statuses[next(statuses.length)]}`,
      metadata: { ip: `10.${next(256)}.${next(256)}.${next(256)}`, trace_id: hex },
    })
  })
}

/** A seeded source of integers in [0, below): mulberry32. */
export function randomIntegers(seed: number): (below: number) => number {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296) * below)
  }
}
