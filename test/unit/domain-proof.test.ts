import { describe, expect, it } from 'vitest'
import { challengeOf } from '../../src/domains/challenge'
import {
  decideRecheck,
  decideVerification,
  type Finding,
  isChallengeOpen,
  isProofDue,
  judgeBoth,
  judgeFile,
  judgeRecord,
  type ProofState,
} from '../../src/domains/proof'
import { CHALLENGE_MS, PROOF_CHECK_EVERY_MS, PROOF_LOST_MS } from '../../src/limits/limits'

const HOUR_MS = 3_600_000
const secret = new Uint8Array(32).fill(7)
const input = { secret, tenantId: 'ten_a', domain: 'example.com', expiresMs: 1000 }
const { answer, answerHash } = challengeOf(input)

describe('a challenge', () => {
  it('has 130 bits of token, stands in one record or one file, and can be shown again', () => {
    const challenge = challengeOf(input)
    expect(challenge).toEqual(challengeOf(input))
    expect(challenge.token).toMatch(/^[0-9a-z]{26}$/)
    expect(challenge.answer).toMatch(new RegExp(`^${challenge.token}\\.[0-9a-z]{26}$`))
    expect(challenge.record).toEqual({ type: 'TXT', name: '_sluice-challenge.example.com', value: answer })
    expect(challenge.file).toEqual({
      url: `https://example.com/.well-known/sluice-challenge/${challenge.token}`,
      content: answer,
    })
  })

  it('is another for another tenant, domain, time and secret', () => {
    const others = [
      { ...input, tenantId: 'ten_b' },
      { ...input, domain: 'www.example.com' },
      { ...input, expiresMs: 1001 },
      { ...input, secret: new Uint8Array(32).fill(8) },
    ]
    const tokens = [input, ...others].map((one) => challengeOf(one).token)
    expect(new Set(tokens).size).toBe(5)
    // Not one of them answers the challenge of another.
    for (const other of others) {
      const texts = [challengeOf(other).answer]
      expect(judgeRecord([said('a', texts), said('b', texts)], answerHash).result).toBe('absent')
    }
  })

  it('is not made of too little', () => {
    expect(() => challengeOf({ ...input, secret: new Uint8Array(31) })).toThrow('32 secret bytes')
  })
})

const said = (resolver: string, texts: readonly string[] | undefined) => ({ resolver, texts })

describe('the record', () => {
  it('counts when at least two resolvers answer and every one that answers shows it', () => {
    const silent = said('c', undefined)
    const shows = (resolver: string) => said(resolver, ['v=spf1 -all', answer])
    const empty = (resolver: string) => said(resolver, [])
    const judged = (...answers: ReturnType<typeof said>[]) => judgeRecord(answers, answerHash).result
    expect(judged(shows('a'), shows('b'))).toBe('proved')
    expect(judged(shows('a'), shows('b'), silent)).toBe('proved')
    expect(judged(shows('a'), silent, silent)).toBe('unknown')
    expect(judged()).toBe('unknown')
    expect(judged(shows('a'), shows('b'), empty('c'))).toBe('unknown')
    expect(judged(shows('a'), empty('b'))).toBe('unknown')
    expect(judged(empty('a'), empty('b'), silent)).toBe('absent')
    expect(judged(empty('a'), silent)).toBe('unknown')
    expect(judged(said('a', ['other']), said('b', [`${answer}x`]))).toBe('absent')
  })

  it('says who does not show it yet', () => {
    const { detail } = judgeRecord([said('one.example', [answer]), said('two.example', [])], answerHash)
    expect(detail).toContain('two.example')
  })
})

describe('the file', () => {
  const judged = (status: number | undefined, content: string) => judgeFile({ status, content }, answerHash).result

  it('counts with status 200 and nothing else in it', () => {
    expect(judged(200, `${answer}\n`)).toBe('proved')
    expect(judged(200, `<p>${answer}</p>`)).toBe('absent')
    expect(judged(404, answer)).toBe('absent')
    expect(judged(204, '')).toBe('absent')
    expect(judged(503, answer)).toBe('unknown')
    expect(judged(undefined, '')).toBe('unknown')
  })

  it('does not count when a host only repeats what was asked for', () => {
    const { token, file } = challengeOf(input)
    for (const echo of [token, file.url, new URL(file.url).pathname]) expect(judged(200, echo)).toBe('absent')
  })

  it('is enough without a record, and not needed with one', () => {
    const [proved, absent, unknown] = (['proved', 'absent', 'unknown'] as const).map((result) => ({
      result,
      detail: '',
    }))
    expect(judgeBoth(absent, proved)).toMatchObject({ result: 'proved', proof: 'http' })
    expect(judgeBoth(unknown, proved)).toMatchObject({ result: 'proved', proof: 'http' })
    expect(judgeBoth(proved, absent)).toMatchObject({ result: 'proved', proof: 'dns' })
    expect(judgeBoth(absent, absent).result).toBe('absent')
    expect(judgeBoth(absent, unknown).result).toBe('absent')
    expect(judgeBoth(unknown, absent).result).toBe('unknown')
  })
})

describe('verification', () => {
  const pending: ProofState = { status: 'pending', tokenExpiresMs: CHALLENGE_MS }
  const proved = { result: 'proved', proof: 'dns', detail: '' } as const

  it('makes a domain active while its challenge is open, and only with a proof', () => {
    expect(decideVerification(pending, proved, 5)).toMatchObject({
      patch: { status: 'active', proof: 'dns', provedMs: 5, checkedMs: 5, lostMs: null },
      notice: { event: 'domain_verified' },
    })
    for (const result of ['absent', 'unknown'] as const)
      expect(decideVerification(pending, { result, detail: '' }, 5)).toBeUndefined()
  })

  it('takes no proof after the challenge is over', () => {
    expect(isChallengeOpen(pending, CHALLENGE_MS - 1)).toBe(true)
    expect(isChallengeOpen(pending, CHALLENGE_MS)).toBe(false)
    expect(decideVerification(pending, proved, CHALLENGE_MS)).toBeUndefined()
    expect(decideVerification({ status: 'unrouted', tokenExpiresMs: 0 }, proved, 5)).toBeUndefined()
  })

  it('does not end a suspension', () => {
    const decision = decideVerification({ ...pending, status: 'suspended' }, proved, 5)
    expect(decision?.patch).not.toHaveProperty('status')
  })

  it('of what routes already notes that the proof is there again', () => {
    const missing: ProofState = { status: 'active', proof: 'dns', lostMs: 3 }
    expect(decideVerification(missing, proved, 5)).toMatchObject({
      patch: { lostMs: null },
      notice: { event: 'domain_proof_found' },
    })
  })
})

/** A domain that is looked at every so often; answers when it was unrouted, and what its owner was told. */
function live(findings: readonly Finding['result'][], everyMs: number) {
  let state: ProofState = { status: 'active', proof: 'dns', provedMs: 0, checkedMs: 0 }
  const events: string[] = []
  for (const [index, result] of findings.entries()) {
    const nowMs = (index + 1) * everyMs
    const { patch, notice } = decideRecheck(state, { result, detail: '' }, nowMs)
    const { lostMs, ...set } = patch
    state = { ...state, ...set, ...(lostMs !== undefined && { lostMs: lostMs ?? undefined }) }
    if (notice) events.push(notice.event)
    if (state.status === 'unrouted') return { unroutedMs: nowMs, events }
  }
  return { unroutedMs: undefined, events }
}

describe('the daily look', () => {
  it('is due a day after the last one, for what routes by a proof', () => {
    const state: ProofState = { status: 'active', proof: 'dns', checkedMs: 100 }
    expect(isProofDue(state, 100 + PROOF_CHECK_EVERY_MS - 1)).toBe(false)
    expect(isProofDue(state, 100 + PROOF_CHECK_EVERY_MS)).toBe(true)
    expect(isProofDue({ ...state, proof: 'none' }, 1e15)).toBe(false)
    expect(isProofDue({ ...state, status: 'pending' }, 1e15)).toBe(false)
    expect(isProofDue({ ...state, status: 'unrouted' }, 1e15)).toBe(false)
  })

  it('unroutes a domain 72 hours after its proof was first missing, and not a millisecond earlier', () => {
    const hourly = live(Array(200).fill('absent'), HOUR_MS)
    expect(hourly.unroutedMs).toBe(HOUR_MS + PROOF_LOST_MS)
    expect(hourly.events.at(0)).toBe('domain_proof_missing')
    expect(hourly.events.at(-1)).toBe('domain_unrouted')
    const state: ProofState = { status: 'active', proof: 'dns', lostMs: 10 }
    const absent: Finding = { result: 'absent', detail: '' }
    expect(decideRecheck(state, absent, 10 + PROOF_LOST_MS - 1).patch).not.toHaveProperty('status')
    expect(decideRecheck(state, absent, 10 + PROOF_LOST_MS).patch).toMatchObject({ status: 'unrouted' })
  })

  it('begins to count anew when the proof was there in between', () => {
    const days = live(['absent', 'absent', 'absent', 'proved', 'absent', 'absent', 'absent', 'absent'], 24 * HOUR_MS)
    expect(days.unroutedMs).toBe(8 * 24 * HOUR_MS)
    expect(days.events).toContain('domain_proof_found')
  })

  it('takes no domain away because of resolvers that do not answer, however long', () => {
    expect(live(Array(100).fill('unknown'), 24 * HOUR_MS)).toEqual({ unroutedMs: undefined, events: [] })
    expect(live(['absent', ...Array(100).fill('unknown')], 24 * HOUR_MS).unroutedMs).toBeUndefined()
  })

  it('takes no domain away because the clock was set back', () => {
    const state: ProofState = { status: 'active', proof: 'dns', lostMs: 10 * PROOF_LOST_MS }
    expect(decideRecheck(state, { result: 'absent', detail: '' }, 0).patch).not.toHaveProperty('status')
  })

  it('leaves a suspended domain suspended', () => {
    const state: ProofState = { status: 'suspended', proof: 'dns', lostMs: 0 }
    expect(decideRecheck(state, { result: 'absent', detail: '' }, 2 * PROOF_LOST_MS).patch).not.toHaveProperty('status')
  })
})
