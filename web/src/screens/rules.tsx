import { useSignal } from '@preact/signals'
import { ask, type Problem } from '../api/ask'
import type { LogRecord } from '../api/logs'
import { may } from '../api/session'
import { ConfirmButton } from '../controls/confirm-button'
import { say } from '../controls/copy'
import { JsonEditor } from '../controls/json-editor'
import { Pages } from '../controls/pages'
import { ProblemNotice, State } from '../controls/state'
import { useAsked } from '../controls/use-asked'
import { go, named, screenPath } from '../location'
import { Message } from '../stream/log-row'
import { instantText, isUtc } from '../time/clock'
import type { ScreenProps } from './screens'

/** A rule as GET /integration/rules shows it, as far as the page reads it. */
interface Rule {
  readonly id: string
  readonly name: string
  readonly description?: string
  readonly kind: 'trigger' | 'record'
  readonly enabled: boolean
  readonly query: string
  readonly trigger?: { readonly type: string; readonly [member: string]: unknown }
  readonly effect?: object
  readonly built_in?: string
  readonly version: number
  readonly disabled_reason?: { readonly detail: string; readonly at: string }
}

const NEW_RULE = {
  name: 'Payments fail',
  kind: 'trigger',
  enabled: true,
  query: 'service:checkout level:>=error',
  trigger: { type: 'count', count: 5, window: '5m' },
  cooldown: '10m',
  actions: [
    { type: 'incident', severity: 'high' },
    { type: 'notify', event: 'alert_fired' },
  ],
}

/** The rules that watch what comes, and one of them with what it would have found. */
export function Rules({ rest: [id] }: ScreenProps) {
  if (id === 'new') return <NewRule />
  return id === undefined ? <RuleList /> : <OneRule key={id} id={id} />
}

const toRule = (id?: string): void =>
  go(screenPath(named.peek()?.tenant ?? '', id === undefined ? 'rules' : `rules/${id}`))

function RuleList() {
  const version = useSignal(0)
  return (
    <>
      <h1>Rules</h1>
      <p class="buttons">
        <button type="button" class="primary" disabled={!may('integrations:write')} onClick={() => toRule('new')}>
          New rule
        </button>
        <a class="button" href={`/app${screenPath(named.value?.tenant ?? '', 'incidents')}`}>
          Incidents
        </a>
      </p>
      <Pages<Rule> path="/integration/rules" version={version.value} empty={<p class="quiet">There are no rules.</p>}>
        {(rules) => (
          <table>
            <thead>
              <tr>
                <th scope="col">Rule</th>
                <th scope="col">Watches</th>
                <th scope="col">Fires on</th>
                <th scope="col">On</th>
              </tr>
            </thead>
            <tbody>
              {rules.map((rule) => (
                <RuleLine
                  key={rule.id}
                  of={rule}
                  onChange={() => {
                    version.value++
                  }}
                />
              ))}
            </tbody>
          </table>
        )}
      </Pages>
    </>
  )
}

function RuleLine({ of: rule, onChange }: { readonly of: Rule; readonly onChange: () => void }) {
  const toggle = async (): Promise<void> => {
    const asked = await ask(`/integration/rules/${rule.id}`, { method: 'PATCH', body: { enabled: !rule.enabled } })
    if (!asked.ok) say(asked.problem.detail ?? asked.problem.title)
    onChange()
  }
  return (
    <tr>
      <th scope="row">
        <a href={`/app${screenPath(named.value?.tenant ?? '', `rules/${rule.id}`)}`}>{rule.name}</a>
        {rule.built_in === undefined ? null : <span class="quiet"> built in</span>}
        {rule.disabled_reason ? <div class="is-bad">Switched off: {rule.disabled_reason.detail}</div> : null}
      </th>
      <td>
        <code class="short" title={rule.query}>
          {rule.query === '' ? 'everything' : rule.query}
        </code>
      </td>
      <td>{rule.kind === 'record' ? 'changes records' : (rule.trigger?.type ?? '').replaceAll('_', ' ')}</td>
      <td>
        <input
          type="checkbox"
          role="switch"
          aria-label={`${rule.name} is on`}
          checked={rule.enabled}
          aria-checked={rule.enabled}
          disabled={!may('integrations:write')}
          onChange={() => void toggle()}
        />
      </td>
    </tr>
  )
}

function NewRule() {
  const draft = useSignal<unknown>(NEW_RULE)
  const keep = async (value: unknown): Promise<Problem | undefined> => {
    const asked = await ask<Rule>('/integration/rules', { method: 'POST', body: value })
    if (!asked.ok) return asked.problem
    say('The rule watches from now on')
    toRule(asked.value.id)
    return undefined
  }
  return (
    <>
      <h1>New rule</h1>
      <p class="quiet">docs/rules.md has all triggers and actions, and ten rules to begin with.</p>
      <JsonEditor
        label="The rule"
        value={{ ...NEW_RULE, name: '' }}
        rows={20}
        action="Keep"
        onSubmit={keep}
        onChange={(value) => (draft.value = value)}
      />
      <WhatIf rule={draft.value} />
    </>
  )
}

/** What the service adds to a rule, and nobody writes. */
const OWN_MEMBERS = new Set([
  'id',
  'version',
  'built_in',
  'created_at',
  'updated_at',
  'disabled_reason',
  'active_until',
])

const draftOf = (rule: Rule): object =>
  Object.fromEntries(Object.entries(rule).filter(([name]) => !OWN_MEMBERS.has(name)))

function OneRule({ id }: { readonly id: string }) {
  const rule = useAsked<Rule>(`/integration/rules/${id}`)
  const draft = useSignal<unknown>(undefined)
  const keep = async (value: unknown): Promise<Problem | undefined> => {
    const headers = rule.etag === undefined ? {} : { 'if-match': rule.etag }
    const asked = await ask(`/integration/rules/${id}`, { method: 'PUT', body: value, headers })
    if (!asked.ok) return asked.problem
    say('The rule is changed')
    rule.reload()
    return undefined
  }
  const remove = async (): Promise<void> => {
    const asked = await ask(`/integration/rules/${id}`, { method: 'DELETE' })
    if (asked.ok) toRule()
    else say(asked.problem.detail ?? asked.problem.title)
  }
  return (
    <State of={rule}>
      {(shown) => (
        <>
          <h1>{shown.name}</h1>
          {shown.description ? <p>{shown.description}</p> : null}
          {shown.disabled_reason ? <p class="is-bad">Switched off: {shown.disabled_reason.detail}</p> : null}
          <p class="buttons">
            <a
              class="button"
              href={`/app${screenPath(named.value?.tenant ?? '', 'explore', new URLSearchParams({ q: shown.query }))}`}
            >
              Open its query
            </a>
            <ConfirmButton
              label={shown.built_in === undefined ? 'Delete' : 'Reset to what is built in'}
              onConfirm={remove}
            >
              {shown.built_in === undefined
                ? 'The rule watches no more. Its incidents stay.'
                : 'What was changed of it is gone.'}
            </ConfirmButton>
          </p>
          <JsonEditor
            label={`Version ${shown.version}`}
            value={draftOf(shown)}
            rows={20}
            isReadOnly={!may('integrations:write')}
            action="Keep"
            onSubmit={keep}
            onChange={(value) => (draft.value = value)}
          />
          <WhatIf rule={draft.value ?? draftOf(shown)} />
        </>
      )}
    </State>
  )
}

interface Tried {
  readonly matched: number
  readonly groups: number
  readonly firings: readonly {
    readonly at: string
    readonly group: Readonly<Record<string, string | null>>
    readonly count: number
    readonly quiet: string | null
    readonly resolved_at: string | null
    readonly rows: readonly LogRecord[]
  }[]
  readonly firings_total: number
  readonly rows: readonly LogRecord[]
  readonly stopped: { readonly detail: string } | null
  readonly complete: boolean
}

const RANGES = ['-1h', '-24h', '-7d'] as const

/** When a rule would have fired over what is stored. Nobody is told. */
function WhatIf({ rule }: { readonly rule: unknown }) {
  const tried = useSignal<Tried | undefined>(undefined)
  const problem = useSignal<Problem | undefined>(undefined)
  const isBusy = useSignal(false)
  const run = async (from: string): Promise<void> => {
    isBusy.value = true
    const asked = await ask<Tried>('/integration/rules/test', { method: 'POST', body: { rule, from } })
    isBusy.value = false
    problem.value = asked.ok ? undefined : asked.problem
    tried.value = asked.ok ? asked.value : undefined
  }
  return (
    <section>
      <h2>What if</h2>
      <p class="buttons">
        {RANGES.map((from) => (
          <button key={from} type="button" disabled={isBusy.value || rule === undefined} onClick={() => void run(from)}>
            Try over the last {from.slice(1)}
          </button>
        ))}
      </p>
      {problem.value ? <ProblemNotice problem={problem.value} /> : null}
      {tried.value ? <Outcome of={tried.value} /> : null}
    </section>
  )
}

function Outcome({ of: { matched, groups, firings, firings_total, stopped, complete, rows } }: { readonly of: Tried }) {
  return (
    <>
      <p>
        {matched.toLocaleString('en')} logs match, in {groups.toLocaleString('en')} groups. It would have fired{' '}
        <b>{firings_total.toLocaleString('en')}</b> times.
        {complete ? '' : ' Not everything was looked at.'}
      </p>
      {stopped ? <p class="is-bad">It would have been switched off: {stopped.detail}</p> : null}
      <ol>
        {firings.map((firing) => (
          <li key={`${firing.at} ${JSON.stringify(firing.group)}`} class="change">
            <b>{instantText(Date.parse(firing.at), isUtc.value)}</b> {groupText(firing.group)} ·{' '}
            {firing.count.toLocaleString('en')} matches
            {firing.quiet ? <span class="quiet"> · quiet: {firing.quiet}</span> : null}
            <Samples of={firing.rows} />
          </li>
        ))}
      </ol>
      <Samples of={rows} />
    </>
  )
}

/** Values of the fields that something is grouped by. */
export const groupText = (group: Readonly<Record<string, string | null>>): string =>
  Object.entries(group)
    .map(([name, value]) => `${name}=${value ?? '–'}`)
    .join(' ')

/** Some of the logs that something is about. */
export function Samples({ of: logs }: { readonly of: readonly LogRecord[] }) {
  return (
    <ul class="small-list">
      {logs.map((log) => (
        <li key={log.id} class={`level-${log.level}`}>
          <a href={`/app${screenPath(named.value?.tenant ?? '', `logs/${log.id}`)}`}>
            {instantText(Date.parse(log.time), isUtc.value)}
          </a>{' '}
          <span class="log-level">{log.level}</span> {log.service} <Message text={(log.message ?? '').slice(0, 300)} />
        </li>
      ))}
    </ul>
  )
}
