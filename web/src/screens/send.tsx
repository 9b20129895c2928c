import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { type LogRecord, searchLogs } from '../api/logs'
import { copyText } from '../controls/copy'
import { State } from '../controls/state'
import { useAsked } from '../controls/use-asked'
import { named, screenPath } from '../location'
import { Message } from '../stream/log-row'
import { TailSocket } from '../stream/tail-socket'
import { relativeText } from '../time/clock'
import { nowMs } from '../time/now'

/** GET /ingest */
interface WaysIn {
  readonly url: string
  readonly ways: readonly {
    readonly title: string
    readonly where: string
    readonly page: string
    readonly configuration: string
  }[]
}

/** How to send logs here, whatever already ships them, and whether they arrive. */
export function Send() {
  const ways = useAsked<WaysIn>('/ingest')
  const chosen = useSignal(0)
  return (
    <>
      <h1>Send data</h1>
      <Arrivals />
      <State of={ways}>
        {({ url, ways: all }) => {
          const way = all[chosen.value]
          return (
            <>
              <p>
                Change an address and a key in what you use: the address is <code>{url}</code>, and keys are made{' '}
                <a href={`/app${screenPath(named.value?.tenant ?? '', 'keys')}`}>on the page of keys</a>.
              </p>
              <div class="send">
                <ul class="send-list">
                  {all.map(({ title }, index) => (
                    <li key={title}>
                      <button
                        type="button"
                        aria-pressed={index === chosen.value}
                        onClick={() => (chosen.value = index)}
                      >
                        {title}
                      </button>
                    </li>
                  ))}
                </ul>
                {way ? (
                  <section>
                    <h2>{way.title}</h2>
                    <p class="quiet">
                      {way.where} · more in {way.page}
                    </p>
                    <pre class="details-message">{way.configuration}</pre>
                    <button type="button" onClick={() => void copyText(way.configuration, 'Copied')}>
                      Copy
                    </button>
                  </section>
                ) : null}
              </div>
            </>
          )
        }}
      </State>
    </>
  )
}

/** The strip that turns when the first log arrives. */
function Arrivals() {
  const last = useSignal<LogRecord | undefined>(undefined)
  const count = useSignal(0)
  const isLive = useSignal(false)
  useEffect(() => {
    void searchLogs({ q: '', from: '-3650d' }, { limit: 1 }).then((asked) => {
      if (asked.ok) last.value ??= asked.value.data[0]
    })
    const tail = new TailSocket(
      {
        connected: () => (isLive.value = true),
        rows: (rows) => {
          count.value += rows.length
          last.value = rows.at(-1) ?? last.peek()
        },
        gap: ({ count: skipped }) => (count.value += skipped),
        lost: () => (isLive.value = false),
        refused: () => (isLive.value = false),
        problem: () => undefined,
      },
      () => Promise.resolve(undefined),
    )
    tail.open('')
    return () => tail.close()
  }, [])
  const log = last.value
  return (
    <div class={`arrivals${count.value > 0 ? ' has-come' : ''}`} role="status">
      {count.value > 0 ? (
        <b>✓ Connected: {count.value.toLocaleString('en')} logs have come since you look</b>
      ) : (
        <b>{isLive.value ? '● Listening for the next log …' : '○ Connecting …'}</b>
      )}
      {log ? (
        <p class="quiet">
          The last came {relativeText(Date.parse(log.received), nowMs())}:{' '}
          <Message text={(log.message ?? '').slice(0, 160)} />{' '}
          <a href={`/app${screenPath(named.value?.tenant ?? '', `logs/${log.id}`)}`}>open it</a>
        </p>
      ) : null}
    </div>
  )
}
