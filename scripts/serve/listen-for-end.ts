const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Listens for signals, and for the end of the process that started this one. It never stops listening, since a signal
 * that comes while nobody does is lost. Until something is to run at the end, this process just exits, and Miniflare
 * ends its runtime with it.
 */
export function listenForEnd() {
  let isEnding = false
  let end: () => void = () => process.exit(0)
  const listener = () => {
    if (!isEnding) end()
    isEnding = true
  }
  for (const signal of SIGNALS) process.on(signal, listener)
  process.on('disconnect', listener)

  const runs = (action: () => void) => {
    end = action
    for (const signal of SIGNALS) removeOthers(signal, listener)
  }
  return { runs }
}

/** Miniflare's own listeners would exit with 130 before the runtime has ended. */
function removeOthers(signal: NodeJS.Signals, own: () => void): void {
  const others = process.listeners(signal).filter((listener) => listener !== own)
  for (const other of others) process.removeListener(signal, other)
}
