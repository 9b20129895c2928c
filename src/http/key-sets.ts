import {
  KEY_SET_BYTES_MAX,
  KEY_SET_COOLDOWN_MS,
  KEY_SET_FETCH_MS_MAX,
  KEY_SET_FETCHES_MAX,
  KEY_SET_FRESH_MS,
  KEY_SET_RETRY_MS,
  KEY_SET_STALE_MS_MAX,
} from '../limits/limits'
import type { Log } from '../log'
import { guardedFetch, type OutsidePorts } from '../outside/guarded-fetch'
import type { OutsideRules } from '../outside/outside-address'
import { findKey, parseKeySet, type VerificationKey, type WantedKey } from './key-set'
import { ApiError } from './problem'

/** Whose keys: a set that one tenant made us fetch never serves another, even at the same address. */
export interface KeySetSource {
  readonly tenantId: string
  /** Our name for the issuer. */
  readonly issuerId: string
  readonly issuer: string
  readonly url: string
}

/** What the cache uses of the world. */
export interface KeySetPorts extends OutsidePorts {
  readonly rules: OutsideRules
  readonly log: Log
}

/** The key sets that an isolate has fetched. It is bounded: what was used longest ago goes first. */
export class KeySets {
  readonly #sets = new Map<string, Held>()
  readonly #entriesMax: number

  constructor(entriesMax: number) {
    this.#entriesMax = entriesMax
  }

  /**
   * Finds the key that a token asks for; undefined when the issuer has none such. A set is fetched when there is none, when
   * it is old, and when the key is not in it, always with a pause between fetches, because anybody can make up a kid. While
   * the server is away an older set serves for KEY_SET_STALE_MS_MAX; after that the answer is issuer_unavailable.
   */
  async find(
    source: KeySetSource,
    wanted: WantedKey,
    nowMs: number,
    ports: KeySetPorts,
  ): Promise<CryptoKey | undefined> {
    const held = this.#heldFor(source)
    const known = findKey(held.keys ?? [], wanted)
    const isFresh = nowMs - held.fetchedMs < KEY_SET_FRESH_MS
    if (known !== undefined && isFresh) return known.key

    const waitMs = waitOf(held, nowMs)
    if (waitMs === 0) await fetchInto(held, source, nowMs, ports)
    if (nowMs - held.fetchedMs >= KEY_SET_STALE_MS_MAX) throw unavailable(waitMs)
    const found = findKey(held.keys ?? [], wanted)
    // An issuer that has changed its keys, and does not answer or has not yet, is not the caller's mistake.
    if (found === undefined && (held.failed || held.fetches > 0)) throw unavailable(waitMs)
    return found?.key
  }

  #heldFor({ tenantId, issuer, url }: KeySetSource): Held {
    const key = JSON.stringify([tenantId, issuer, url])
    const held = this.#sets.get(key) ?? emptySet()
    // A Map keeps the order of insertion, so what was used last stands last.
    this.#sets.delete(key)
    this.#sets.set(key, held)
    if (this.#sets.size > this.#entriesMax) this.#dropOldest()
    return held
  }

  #dropOldest(): void {
    for (const oldest of this.#sets.keys()) {
      this.#sets.delete(oldest)
      return
    }
  }
}

/** A key set, and what came of fetching it. */
interface Held {
  keys: readonly VerificationKey[] | undefined
  fetchedMs: number
  /** When a fetch was begun last, also in vain. */
  triedMs: number
  failed: boolean
  fetches: number
}

const emptySet = (): Held => ({
  keys: undefined,
  fetchedMs: Number.NEGATIVE_INFINITY,
  triedMs: Number.NEGATIVE_INFINITY,
  failed: false,
  fetches: 0,
})

/** How long until the set may be fetched again, 0 when it may be now. */
function waitOf({ keys, triedMs, failed, fetches }: Held, nowMs: number): number {
  // Nothing is held and nothing has failed yet: requests of this isolate cannot wait for each other, so each may fetch.
  if (keys === undefined && !failed) return fetches < KEY_SET_FETCHES_MAX ? 0 : KEY_SET_RETRY_MS
  if (fetches > 0) return KEY_SET_RETRY_MS
  const pauseMs = failed ? KEY_SET_RETRY_MS : KEY_SET_COOLDOWN_MS
  return Math.max(0, triedMs + pauseMs - nowMs)
}

async function fetchInto(held: Held, source: KeySetSource, nowMs: number, ports: KeySetPorts): Promise<void> {
  held.triedMs = nowMs
  held.fetches++
  try {
    const fetched = await fetchKeySet(source.url, ports)
    held.failed = !fetched.ok
    if (fetched.ok) Object.assign(held, { keys: fetched.keys, fetchedMs: nowMs })
    else logFailure(source, fetched.reason, ports.log)
  } finally {
    held.fetches--
  }
}

type Fetched =
  | { readonly ok: true; readonly keys: readonly VerificationKey[] }
  | { readonly ok: false; readonly reason: string }

async function fetchKeySet(url: string, ports: KeySetPorts): Promise<Fetched> {
  const request = {
    url,
    headers: { accept: 'application/jwk-set+json, application/json' },
    rules: ports.rules,
    msMax: KEY_SET_FETCH_MS_MAX,
    bytesMax: KEY_SET_BYTES_MAX,
    mediaTypes: ['application/jwk-set+json', 'application/json'],
  }
  const outcome = await guardedFetch(request, ports)
  if (!outcome.ok) return { ok: false, reason: outcome.fault.kind }
  if (outcome.status !== 200) return { ok: false, reason: `status ${outcome.status}` }
  const keys = await parseKeySet(new TextDecoder().decode(outcome.body))
  return keys === undefined ? { ok: false, reason: 'not a key set' } : { ok: true, keys }
}

/** By our names only: the address is the tenant's, and may hold what it should not. */
const logFailure = ({ tenantId, issuerId }: KeySetSource, reason: string, log: Log): void =>
  log.warn('key_set_unavailable', { tenantId, issuerId, reason })

const unavailable = (waitMs: number): ApiError =>
  new ApiError('issuer_unavailable', undefined, {
    retryAfterSeconds: Math.ceil((waitMs === 0 ? KEY_SET_RETRY_MS : waitMs) / 1000),
  })
