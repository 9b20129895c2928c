import { signal } from '@preact/signals'
import { readFields } from '../api/logs'
import { readSetting, writeSetting } from '../settings'
import { view } from './view'

/** Fields that can be asked for though no record was looked at. */
const ALWAYS = [
  { name: 'level', note: 'trace … fatal' },
  { name: 'service', note: 'text' },
  { name: 'message', note: 'text' },
  { name: 'trace_id', note: 'text' },
] as const

/** What the query box completes with. */
export const knownFields = signal<readonly { readonly name: string; readonly note: string }[]>(ALWAYS)
export const knownValues = signal<ReadonlyMap<string, readonly { readonly value: string; readonly count: number }[]>>(
  new Map(),
)
export const recentQueries = signal<readonly string[]>(readRecent())

const RECENT_MAX = 30
const FRESH_MS = 60_000
let learnedMs = 0

/** Reads which fields the records of the range have; at most once a minute. */
export async function learnFields(): Promise<void> {
  const nowMs = Date.now()
  if (nowMs < learnedMs + FRESH_MS) return
  learnedMs = nowMs
  const asked = await readFields({ q: '', from: view.peek().range.from })
  if (!asked.ok) return
  const found = asked.value.data.map(({ name, kinds, coverage }) => ({
    name,
    note: `${kinds.join(', ')} · ${Math.round(coverage * 100)} %`,
  }))
  const names = new Set(found.map(({ name }) => name))
  knownFields.value = [...ALWAYS.filter(({ name }) => !names.has(name)), ...found]
}

export function noteValues(field: string, values: readonly { readonly value: string; readonly count: number }[]): void {
  knownValues.value = new Map(knownValues.peek()).set(field, values)
}

/** Searches that this browser has run, the newest first. They stay on the device. */
export function rememberQuery(query: string): void {
  const text = query.trim()
  if (text === '') return
  recentQueries.value = [text, ...recentQueries.value.filter((one) => one !== text)].slice(0, RECENT_MAX)
  writeSetting('recent', JSON.stringify(recentQueries.value))
}

function readRecent(): readonly string[] {
  try {
    const stored: unknown = JSON.parse(readSetting('recent') ?? '[]')
    return Array.isArray(stored) ? stored.filter((one) => typeof one === 'string') : []
  } catch {
    return []
  }
}
