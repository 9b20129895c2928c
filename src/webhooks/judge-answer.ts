import { maskText } from '../audit/mask-secrets'
import { WEBHOOK_ANSWER_KEPT_BYTES_MAX } from '../limits/limits'
import type { OutsideOutcome } from '../outside/guarded-fetch'
import { parseRetryAfter } from './retry-after'

/** Why an attempt has failed, for whoever looks at it. The set is closed. */
export const ATTEMPT_ERRORS = [
  'http_status',
  'redirect',
  'gone',
  'timeout',
  'unreachable',
  'refused_address',
  'secret_unavailable',
  'interrupted',
] as const

export type AttemptError = (typeof ATTEMPT_ERRORS)[number]

/** What an attempt has come to. */
export interface AttemptResult {
  /** Absent after a success. */
  readonly error?: AttemptError
  /** What the error is about, in words; nothing of what stands behind a name. */
  readonly detail?: string
  /** Absent where there was no answer. */
  readonly status?: number
  /** The beginning of the answer, with secrets masked. */
  readonly answer?: string
  readonly retryAfterMs?: number
}

/**
 * What an answer means (Standard Webhooks 1.0.0): 2xx is success, whatever its body; 410 ends the webhook; everything else is
 * a failure, redirects too. `secrets` are texts that must not be kept even when the receiver sends them back.
 */
export function judgeAnswer(outcome: OutsideOutcome, nowMs: number, secrets: readonly string[]): AttemptResult {
  if (!outcome.ok) return withoutAnswer(outcome.fault)
  const { status } = outcome
  const answer = keptOf(outcome.body, secrets)
  if (status >= 200 && status < 300) return { status, answer }
  if (status === 410) return { status, answer, error: 'gone', detail: 'The receiver says that it is gone for good.' }
  const retryAfterMs = parseRetryAfter(outcome.headers.get('retry-after'), nowMs)
  const detail = status >= 300 && status < 400 ? 'Redirects are not followed.' : `The receiver answered ${status}.`
  return {
    ...{ status, answer, detail },
    error: status >= 300 && status < 400 ? 'redirect' : 'http_status',
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  }
}

function withoutAnswer(fault: Extract<OutsideOutcome, { ok: false }>['fault']): AttemptResult {
  switch (fault.kind) {
    case 'redirect':
      return { error: 'redirect', detail: 'Redirects are not followed.' }
    case 'refused_address':
      return { error: 'refused_address', detail: `The address may not be asked: ${fault.reason}.` }
    case 'too_slow':
      return { error: 'timeout', detail: 'There was no whole answer in time.' }
    default:
      return { error: 'unreachable', detail: 'There was no connection, or it broke.' }
  }
}

/** The beginning of an answer as text: whole characters, secrets masked before it is cut. */
function keptOf(body: Uint8Array, secrets: readonly string[]): string {
  // A secret that begins before the cut is masked whole.
  const text = new TextDecoder().decode(body.subarray(0, WEBHOOK_ANSWER_KEPT_BYTES_MAX * 2))
  const without = secrets.reduce((rest, secret) => rest.replaceAll(secret, '[secret]'), text)
  const bytes = Buffer.from(maskText(without))
  const cut = bytes.subarray(0, WEBHOOK_ANSWER_KEPT_BYTES_MAX)
  // A character that the cut goes through is left out.
  return bytes.length === cut.length ? cut.toString() : cut.toString().replace(/\uFFFD+$/, '')
}
