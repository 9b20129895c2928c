import { PROOF_CHECK_EVERY_MS, PROOF_LOST_MS, RESOLVERS_MIN } from '../limits/limits'
import { hashAnswer } from './challenge'

/**
 * What a look for a proof has found. `unknown` is neither: those who were asked did not answer or do not agree, and nobody
 * gains or loses a domain by it.
 */
export interface Finding {
  readonly result: 'proved' | 'absent' | 'unknown'
  /** For the owner: what was found, and where. */
  readonly detail: string
}

/** What one resolver says about the TXT records of a name. A name that does not exist is an answer, with no texts. */
export interface TxtAnswer {
  /** Host of the resolver. */
  readonly resolver: string
  /** Undefined when it did not answer. */
  readonly texts: readonly string[] | undefined
}

/** What a host says about its challenge file. */
export interface FileAnswer {
  /** Undefined when it did not answer. */
  readonly status: number | undefined
  readonly content: string
}

/** What is remembered of a domain's proof, by the names of the tenant's directory. */
export interface ProofState {
  readonly status: 'pending' | 'active' | 'unrouted' | 'suspended'
  readonly tokenExpiresMs?: number | undefined
  readonly proof?: 'none' | 'dns' | 'http' | undefined
  readonly provedMs?: number | undefined
  readonly checkedMs?: number | undefined
  readonly lostMs?: number | undefined
}

/** Members to set; null takes one away. */
export interface ProofPatch {
  readonly status?: 'active' | 'unrouted'
  readonly proof?: 'dns' | 'http'
  readonly provedMs?: number
  readonly checkedMs?: number
  readonly lostMs?: number | null
}

/** What the owner and the audit are told. */
export interface ProofNotice {
  readonly event: 'domain_verified' | 'domain_proof_missing' | 'domain_proof_found' | 'domain_unrouted'
  readonly level: 'info' | 'warn' | 'error'
  readonly message: string
}

/** What becomes of a domain after a look for its proof. */
export interface ProofDecision {
  readonly patch: ProofPatch
  readonly notice?: ProofNotice
}

/** A record counts when enough resolvers answer and all of them show it; it is missing when all of them miss it. */
export function judgeRecord(answers: readonly TxtAnswer[], answerHash: string): Finding {
  const answered = answers.filter(({ texts }) => texts !== undefined)
  const silent = answers.length - answered.length
  if (answered.length < RESOLVERS_MIN)
    return { result: 'unknown', detail: `Only ${answered.length} of ${answers.length} DNS resolvers answered.` }
  const showing = answered.filter(({ texts = [] }) => texts.some((text) => hashAnswer(text.trim()) === answerHash))
  const without = answered.filter((answer) => !showing.includes(answer)).map(({ resolver }) => resolver)
  if (without.length === 0)
    return { result: 'proved', detail: `All ${answered.length} DNS resolvers show the TXT record.` }
  if (showing.length > 0)
    return { result: 'unknown', detail: `The TXT record has not reached ${without.join(' and ')} yet.` }
  const wrong = answered.some(({ texts = [] }) => texts.length > 0)
  const found = wrong ? 'show another TXT record than was asked for' : 'show no TXT record'
  return {
    result: 'absent',
    detail: `${answered.length} DNS resolvers ${found}${silent > 0 ? `; ${silent} did not answer` : ''}.`,
  }
}

/** A file counts when the host itself answers 200 with exactly the answer; a redirect is another host's word. */
export function judgeFile({ status, content }: FileAnswer, answerHash: string): Finding {
  if (status === undefined) return { result: 'unknown', detail: 'The host does not answer over HTTPS.' }
  if (status >= 500) return { result: 'unknown', detail: `The host answers ${status} for the challenge file.` }
  if (status !== 200) return { result: 'absent', detail: `The host answers ${status} for the challenge file.` }
  if (hashAnswer(content.trim()) === answerHash)
    return { result: 'proved', detail: 'The host serves the challenge file.' }
  return { result: 'absent', detail: 'The challenge file holds something else than was asked for.' }
}

/**
 * Either place is enough. It is missing when DNS says so and the file does not say otherwise: most hosts have no file, and a
 * host that is away for good would else keep its domain for ever.
 */
export function judgeBoth(record: Finding, file: Finding): Finding & { readonly proof?: 'dns' | 'http' } {
  if (record.result === 'proved') return { ...record, proof: 'dns' }
  if (file.result === 'proved') return { ...file, proof: 'http' }
  const result = record.result === 'absent' ? 'absent' : 'unknown'
  return { result, detail: `${record.detail} ${file.detail}` }
}

/** Whether a challenge may still be answered for the first time. */
export const isChallengeOpen = ({ status, tokenExpiresMs }: ProofState, nowMs: number): boolean =>
  status !== 'active' && tokenExpiresMs !== undefined && nowMs < tokenExpiresMs

/** Whether the daily look for a domain's proof is due. A domain that needs none is never looked at. */
export function isProofDue({ status, proof, checkedMs = 0 }: ProofState, nowMs: number): boolean {
  const isRouted = status === 'active' || status === 'suspended'
  return isRouted && proof !== 'none' && proof !== undefined && nowMs - checkedMs >= PROOF_CHECK_EVERY_MS
}

/** Decides after the owner asked for the proof to be looked for. Undefined: nothing changes, and the finding says why. */
export function decideVerification(
  state: ProofState,
  { result, proof, detail }: ReturnType<typeof judgeBoth>,
  nowMs: number,
): ProofDecision | undefined {
  if (result !== 'proved' || proof === undefined) return undefined
  if (state.status === 'active') return decideRecheck(state, { result, detail }, nowMs)
  if (!isChallengeOpen(state, nowMs)) return undefined
  // A suspension is the operator's, and proving a domain does not end it.
  const status = state.status === 'suspended' ? {} : ({ status: 'active' } as const)
  return {
    patch: { ...status, proof, provedMs: nowMs, checkedMs: nowMs, lostMs: null },
    notice: { event: 'domain_verified', level: 'info', message: 'The domain was proved, and routes from now on.' },
  }
}

/**
 * Decides after the daily look. A proof that is missing for PROOF_LOST_MS unroutes the domain: it was missing at the
 * beginning and at the end of that time, and never found in between. What is unknown changes nothing.
 */
export function decideRecheck(state: ProofState, { result, detail }: Finding, nowMs: number): ProofDecision {
  const { lostMs } = state
  if (result === 'unknown') return { patch: { checkedMs: nowMs } }
  if (result === 'proved') {
    const patch = { checkedMs: nowMs, provedMs: nowMs, lostMs: null }
    if (lostMs === undefined) return { patch }
    return {
      patch,
      notice: { event: 'domain_proof_found', level: 'info', message: `The proof is there again. ${detail}` },
    }
  }
  if (lostMs === undefined) return { patch: { checkedMs: nowMs, lostMs: nowMs }, notice: missing(detail, nowMs) }
  // What is suspended does not route anyway, and must not be proved out of its suspension later.
  const keepsStatus = nowMs - lostMs < PROOF_LOST_MS || state.status === 'suspended'
  if (keepsStatus) return { patch: { checkedMs: nowMs }, notice: missing(detail, lostMs) }
  return {
    patch: { status: 'unrouted', checkedMs: nowMs },
    notice: {
      event: 'domain_unrouted',
      level: 'error',
      message: `The proof has been missing since ${toTime(lostMs)}, and the domain no longer routes. ${detail}`,
    },
  }
}

const missing = (detail: string, lostMs: number): ProofNotice => ({
  event: 'domain_proof_missing',
  level: 'warn',
  message: `The proof is missing; the domain stops routing on ${toTime(lostMs + PROOF_LOST_MS)}. ${detail}`,
})

const toTime = (timeMs: number): string => new Date(timeMs).toISOString()
