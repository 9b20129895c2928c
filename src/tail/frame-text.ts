import type { Diagnostic } from '../query/syntax'
import { tailCursor } from './cursor'
import type { Batch, ToldGap } from './pump-viewer'
import type { Viewer } from './viewer'

/** The subprotocol of the socket (RFC 6455, 1.9). */
export const TAIL_PROTOCOL = 'sluice.tail.v1'

/** Why a tail ends, by the code of its `bye`, with the close code of the socket (RFC 6455, 7.4). */
export const BYES = {
  caught_up: { close: 1000, detail: 'Everything that was asked for has been sent.' },
  binary_message: { close: 1003, detail: 'Messages are text.' },
  bad_messages: { close: 1008, detail: 'Too many messages could not be understood.' },
  message_too_large: { close: 1009, detail: 'The message is larger than one may be.' },
  restart: { close: 1012, detail: 'Connect again at once, with the last cursor.' },
  credential_ended: { close: 4401, detail: 'The credentials were revoked or have expired.' },
  credential_changed: { close: 4401, detail: 'What the credentials may see has changed. Connect again.' },
  tenant_closed: { close: 4403, detail: 'The tenant or its host is not served any more.' },
  feature_disabled: { close: 4403, detail: 'Tails are switched off for the tenant.' },
  idle: { close: 4408, detail: 'The client has said nothing for long. Send ping as text now and then.' },
  stalled: { close: 4408, detail: 'Nothing of what was sent was acknowledged for long.' },
  quota: { close: 4429, detail: 'There are more tails than the tenant may have.' },
  too_many_messages: { close: 4429, detail: 'The client sends too many messages.' },
} as const

export type ByeCode = keyof typeof BYES

/** Until a client may try again, where that is worth a try. */
const RETRY_MS: Partial<Record<ByeCode, number>> = {
  restart: 0,
  credential_changed: 0,
  idle: 0,
  stalled: 0,
  quota: 5000,
  too_many_messages: 10_000,
}

/** The acknowledgement of a subscription: from here on there are only records of it. */
export const helloText = (
  { sub, nextSeq }: Pick<Viewer, 'sub' | 'nextSeq'>,
  { normalized, diagnostics }: { readonly normalized: string; readonly diagnostics: readonly Diagnostic[] },
): string => JSON.stringify({ t: 'hello', sub, cursor: tailCursor(nextSeq - 1), query: { normalized, diagnostics } })

/** Records, which are JSON already. */
export const rowsText = ({ sub }: Pick<Viewer, 'sub'>, { text, nextSeq }: Pick<Batch, 'text' | 'nextSeq'>): string =>
  `{"t":"rows","sub":${sub},"cursor":"${tailCursor(nextSeq - 1)}","rows":[${text}]}`

/** How far a tail is. */
export const statText = ({ sub, nextSeq, matched, sent }: Viewer, headSeq: number): string =>
  JSON.stringify({ t: 'stat', sub, cursor: tailCursor(nextSeq - 1), matched, sent, behind: headSeq - nextSeq })

/** Matches that are not sent. */
export const gapText = ({ sub }: Pick<Viewer, 'sub'>, { afterSeq, toSeq, count, reason }: ToldGap): string =>
  JSON.stringify({ t: 'gap', sub, from: tailCursor(afterSeq), to: tailCursor(toSeq), count, reason })

/** What a client is told of a message that is not acted on, or of a query that has come to its end. */
export interface TailProblem {
  readonly code: string
  readonly detail: string
  readonly hint: string
  readonly span?: readonly [from: number, to: number]
}

export const problemText = (sub: number, problem: TailProblem): string =>
  JSON.stringify({ t: 'problem', sub, ...problem })

/** The last frame. */
export const byeText = (code: ByeCode): string =>
  JSON.stringify({ t: 'bye', code, detail: BYES[code].detail, retry_after_ms: RETRY_MS[code] ?? null })
