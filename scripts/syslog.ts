import { setTimeout as sleep } from 'node:timers/promises'
import { listen } from './syslog/listen.ts'
import { MessageQueue } from './syslog/message-queue.ts'
import { postBatch } from './syslog/post-batch.ts'
import { Relay } from './syslog/relay.ts'

// A process beside the service: Workers have no sockets to listen on. `npm start -- --syslog-port` starts it.

/** Messages that wait while the service does not take them: about a quarter of a million short ones. */
const QUEUE_BYTES_MAX = 64 * 1024 * 1024

/** Long enough that a busy sender fills a batch, and shorter than anybody notices. */
const PAUSE_MS = 100

/** How often the operating system is asked what it had no room for. */
const COUNT_MS = 5000

/** How long what waits is still offered once the service has ended: it may be starting again. */
const LAST_TRIES_MS = 20_000

const say = (sentence: string): void => void process.stderr.write(`${sentence}\n`)

await run(process.env)

async function run({
  SLUICE_SYSLOG_PORT,
  SLUICE_SYSLOG_HOST,
  SLUICE_SYSLOG_URL,
  SLUICE_SYSLOG_KEY,
}: NodeJS.ProcessEnv) {
  const destination = { url: SLUICE_SYSLOG_URL ?? '', key: SLUICE_SYSLOG_KEY ?? '' }
  const queue = new MessageQueue(QUEUE_BYTES_MAX)
  const relay = new Relay({
    ...{ queue, say, now: () => new Date() },
    post: (messages, batchId) => postBatch(destination, messages, batchId),
    wait: (ms) => sleep(ms),
    onRoom: () => sockets.resume(),
  })
  const sockets = await listen(
    { port: Number(SLUICE_SYSLOG_PORT), host: SLUICE_SYSLOG_HOST ?? '127.0.0.1' },
    {
      take: (message) => queue.add(message),
      isFull: () => queue.isFull,
      onDropped: () => relay.lose('they came by UDP faster than they could be handed on', 1),
      onCut: (count) => relay.lose('their connection ended while there was no room', count),
    },
  ).catch(failToListen)
  process.send?.({ port: sockets.port })

  let isEnding = false
  const end = (): void => {
    if (isEnding) return
    isEnding = true
    // Whoever starts the service again finds the port free.
    sockets.close()
    setTimeout(() => finish(relay), LAST_TRIES_MS).unref()
  }
  process.on('disconnect', end)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end)
  let countedMs = Date.now()
  while (!isEnding || queue.count > 0) {
    await relay.handOn()
    await sleep(PAUSE_MS)
    if (isEnding || Date.now() - countedMs < COUNT_MS) continue
    countedMs = Date.now()
    const missed = sockets.missedDatagrams()
    if (missed > 0) relay.lose('they came by UDP faster than they could be read', missed)
  }
  finish(relay)
}

function failToListen(error: unknown): never {
  process.send?.({ error: error instanceof Error ? error.message : `${error}` })
  process.exit(1)
}

function finish(relay: Relay): never {
  const losses = relay.lossesInWords()
  if (losses !== undefined) say(`Syslog: ${losses}`)
  process.exit(losses === undefined ? 0 : 1)
}
