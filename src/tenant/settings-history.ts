import type { Caller, Refusal } from './contract'
import type { AppliedChange } from './directory'
import type { JsonObject } from './directory-rows'
import { changedMembers } from './settings-document'

/** One change of the settings: who made it, when, and the members that it changed. */
export interface SettingsChange {
  /** The tenant's version that the change made. */
  readonly version: number
  readonly atMs: number
  /** The principal's id. */
  readonly by: string
  readonly address: string
  readonly before: JsonObject
  readonly after: JsonObject
}

/** Which changes to read, the newest first. */
export interface SettingsHistoryPage {
  /** Only those that made an earlier version of the tenant. */
  readonly beforeVersion: number
  readonly limit: number
}

/** What the object answers to who reads them. */
export type SettingsHistoryOutcome =
  | { readonly ok: true; readonly changes: readonly SettingsChange[] }
  | { readonly ok: false; readonly refusal: Refusal }

/** The entry that changes of the directory make; undefined when the settings are not among them, or stay what they are. */
export function settingsChangeOf(
  applied: readonly AppliedChange[],
  by: Pick<Caller, 'keyId' | 'address'>,
  { version, nowMs }: { readonly version: number; readonly nowMs: number },
): SettingsChange | undefined {
  const change = applied.findLast(({ kind }) => kind === 'settings')
  if (change === undefined) return undefined
  const { before, after } = changedMembers(change.before, change.after)
  if (Object.keys(before).length + Object.keys(after).length === 0) return undefined
  return { version, atMs: nowMs, by: by.keyId, address: by.address, before, after }
}
