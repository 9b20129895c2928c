import { useMemo } from 'preact/hooks'
import type { TableAnswer } from '../api/logs'
import { session } from '../api/session'
import { LineChart } from '../controls/line-chart'
import { State } from '../controls/state'
import { useAsked } from '../controls/use-asked'
import { linesOf } from '../explore/lines-of'
import { nowMs } from '../time/now'

/** GET /admin/usage */
interface Usage {
  readonly received: number
  readonly stored: number
  readonly duplicate: number
  readonly sampled: number
  readonly rejected: Readonly<Record<string, number>>
  readonly rejected_total: number
  readonly imbalance: number
  readonly bytes_in: number
  readonly bytes_stored: number
  readonly sampled_by_rule?: Readonly<Record<string, number>>
  readonly keys: Readonly<Record<string, Account>>
  readonly operations: Readonly<Record<string, number>>
  readonly journal: { readonly rows: number; readonly bytes: number }
  readonly unpublished: { readonly segments: number; readonly bytes: number }
}

interface Account {
  readonly received: number
  readonly stored: number
  readonly duplicate: number
  readonly sampled: number
  readonly bytes_in: number
}

/** The account of the tenant: everything that came is stored, a duplicate, sampled or rejected. */
export function UsageScreen() {
  const usage = useAsked<Usage>('/admin/usage')
  return (
    <>
      <h1>Usage and limits</h1>
      <State of={usage} isEmpty={({ received }) => received === 0} empty={<p class="quiet">Nothing has come yet.</p>}>
        {(account) => (
          <>
            <Balance of={account} />
            <Volume />
            <Parts of={account} />
            <PerKey of={account} />
            <Limits />
            <Stores of={account} />
          </>
        )}
      </State>
    </>
  )
}

function Balance({ of: { received, stored, duplicate, sampled, rejected_total, imbalance } }: { readonly of: Usage }) {
  const parts = [
    { name: 'stored', count: stored },
    { name: 'duplicate', count: duplicate },
    { name: 'sampled', count: sampled },
    { name: 'rejected', count: rejected_total },
  ]
  return (
    <section>
      <h2>Every log is accounted for</h2>
      <p>
        <b>{number(received)}</b> received = {parts.map(({ name, count }) => `${number(count)} ${name}`).join(' + ')}
        {imbalance === 0 ? null : <span class="is-bad"> · {number(imbalance)} are missing in this account</span>}
      </p>
      <div
        class="share-bar"
        role="img"
        aria-label={parts.map(({ name, count }) => `${number(count)} ${name}`).join(', ')}
      >
        {parts.map(({ name, count }, index) =>
          count === 0 ? null : (
            <span
              key={name}
              class={`share line-${index}`}
              style={{ flexGrow: count }}
              title={`${name}: ${number(count)}`}
            />
          ),
        )}
      </div>
    </section>
  )
}

const DAY_MS = 86_400_000
const DAYS = 30

/** How many logs of each service there are, by their day. */
function Volume() {
  const { fromMs, query } = useMemo(() => lastDays(), [])
  const counted = useAsked<TableAnswer>('/analytics/histogram', query)
  return (
    <section>
      <h2>Logs by day and service</h2>
      <State
        of={counted}
        isEmpty={({ data }) => data.length === 0}
        empty={<p class="quiet">None of the last {DAYS} days has a log.</p>}
      >
        {(table) => (
          <LineChart {...linesOf(table, 'service', { fromMs, toMs: fromMs + DAYS * DAY_MS, stepMs: DAY_MS })} />
        )}
      </State>
    </section>
  )
}

function lastDays() {
  const fromMs = (Math.floor(nowMs() / DAY_MS) - DAYS + 1) * DAY_MS
  return { fromMs, query: { by: 'service', step: '1d', from: new Date(fromMs).toISOString() } }
}

function Parts({ of: { rejected, sampled_by_rule = {} } }: { readonly of: Usage }) {
  const reasons = [...Object.entries(rejected), ...Object.entries(sampled_by_rule)]
  if (reasons.length === 0) return null
  return (
    <section>
      <h2>Not stored, by reason</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">Reason or rule</th>
            <th scope="col">Logs</th>
          </tr>
        </thead>
        <tbody>
          {reasons.map(([reason, count]) => (
            <tr key={reason}>
              <th scope="row">
                <code>{reason}</code>
              </th>
              <td>{number(count)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

function PerKey({ of: { keys } }: { readonly of: Usage }) {
  return (
    <section>
      <h2>By key</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">Key</th>
            <th scope="col">Received</th>
            <th scope="col">Stored</th>
            <th scope="col">Duplicates</th>
            <th scope="col">Sampled</th>
            <th scope="col">Bytes sent</th>
          </tr>
        </thead>
        <tbody>
          {Object.entries(keys).map(([id, account]) => (
            <tr key={id}>
              <th scope="row">
                <code>{id}</code>
              </th>
              <td>{number(account.received)}</td>
              <td>{number(account.stored)}</td>
              <td>{number(account.duplicate)}</td>
              <td>{number(account.sampled)}</td>
              <td>{bytes(account.bytes_in)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

/** GET /admin/tenants/:tenant */
interface Terms {
  readonly plan: string
  readonly in_force: Readonly<Record<string, number | null | readonly string[]>>
}

function Limits() {
  const terms = useAsked<Terms>(`/admin/tenants/${encodeURIComponent(session.value?.tenant ?? '')}`)
  return (
    <section>
      <h2>What is agreed</h2>
      <State of={terms}>
        {({ plan, in_force }) => (
          <dl class="facts">
            <dt>Plan</dt>
            <dd>{plan}</dd>
            {Object.entries(in_force).map(([name, value]) => (
              <Fact key={name} name={name.replaceAll('_', ' ')} value={termText(value)} />
            ))}
          </dl>
        )}
      </State>
    </section>
  )
}

function termText(value: number | null | readonly string[]): string {
  if (value === null) return 'no limit'
  return typeof value === 'number' ? number(value) : value.join(', ').replaceAll('_', ' ')
}

function Fact({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  )
}

function Stores({ of: { bytes_in, bytes_stored, journal, unpublished, operations } }: { readonly of: Usage }) {
  return (
    <section>
      <h2>Where it lies</h2>
      <dl class="facts">
        <dt>Sent</dt>
        <dd>{bytes(bytes_in)}</dd>
        <dt>In segments, ever</dt>
        <dd>{bytes(bytes_stored)}</dd>
        <dt>In the journal</dt>
        <dd>
          {number(journal.rows)} logs, {bytes(journal.bytes)}
        </dd>
        <dt>Sealed, not yet published</dt>
        <dd>
          {number(unpublished.segments)} segments, {bytes(unpublished.bytes)}
        </dd>
        {Object.entries(operations).map(([name, count]) => (
          <Fact key={name} name={name.replaceAll('_', ' ')} value={number(count)} />
        ))}
      </dl>
    </section>
  )
}

const number = (value: number): string => value.toLocaleString('en')

/** `12.4 MB`: powers of a thousand, as prices are. */
export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let shown = value
  let unit = 0
  while (shown >= 1000 && unit < units.length - 1) {
    shown /= 1000
    unit++
  }
  return `${unit === 0 ? shown : shown.toFixed(1)} ${units[unit]}`
}
