import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readTxtReply, txtQuestion } from '../../src/domains/dns-message'
import { type DnsReply, dnsAnswer, questionName } from '../support/dns-server'

const NAME = '_sluice-challenge.example.com'
const question = txtQuestion(NAME)
const replied = (reply: DnsReply) => readTxtReply(dnsAnswer(question, reply), NAME)
const txt = (name: string, ...data: string[]) => ({ name, type: 'TXT' as const, data })
const alias = (name: string, target: string) => ({ name, type: 'CNAME' as const, data: [target] })

describe('a question', () => {
  it('asks one name for its texts, recursively, with the id 0', () => {
    expect(Buffer.from(question).toString('hex')).toBe(
      `${'000001000001000000000000'}${'11'}${Buffer.from('_sluice-challenge').toString('hex')}07${Buffer.from('example').toString('hex')}03636f6d0000100001`,
    )
    expect(questionName(question)).toBe(NAME)
  })

  it('is not made of a name that DNS cannot have', () => {
    for (const name of ['', 'a..b', `${'a'.repeat(64)}.com`]) expect(() => txtQuestion(name)).toThrow(RangeError)
  })
})

describe('an answer', () => {
  it('gives the texts of the name, the strings of each record joined', () => {
    for (const compressed of [false, true]) {
      const records = [txt(NAME, 'one'), txt(NAME, 'a'.repeat(255), 'b'), txt('other.example.com', 'not mine')]
      expect(replied({ records, compressed })).toEqual({ ok: true, texts: ['one', `${'a'.repeat(255)}b`] })
    }
  })

  it('gives the texts of the name that it is an alias of', () => {
    const records = [
      alias(NAME, 'proof.elsewhere.net'),
      txt('proof.elsewhere.net', 'there'),
      txt('x.elsewhere.net', 'no'),
    ]
    expect(replied({ records })).toEqual({ ok: true, texts: ['there'] })
  })

  it('ends with aliases that lead in a circle', () => {
    expect(replied({ records: [alias(NAME, 'a.b'), alias('a.b', NAME)] })).toEqual({ ok: true, texts: [] })
  })

  it('says that there is none, where the name does not exist', () => {
    expect(replied({ code: 3 })).toEqual({ ok: true, texts: [] })
    expect(replied({})).toEqual({ ok: true, texts: [] })
  })

  it('is none when the resolver failed or cut it', () => {
    expect(replied({ code: 2 })).toEqual({ ok: false, reason: 'failed' })
    expect(replied({ code: 5 })).toEqual({ ok: false, reason: 'failed' })
    expect(replied({ truncated: true, records: [txt(NAME, 'one')] })).toEqual({ ok: false, reason: 'truncated' })
  })

  it('is none when it answers another question, or is a question', () => {
    const other = dnsAnswer(txtQuestion('example.com'), { records: [txt(NAME, 'one')] })
    expect(readTxtReply(other, NAME)).toEqual({ ok: false, reason: 'not_a_message' })
    expect(readTxtReply(question, NAME)).toEqual({ ok: false, reason: 'not_a_message' })
  })

  it('may be damaged in any way: it is read to the end or is none, and never gives a text that was not sent', () => {
    const whole = dnsAnswer(question, {
      records: [alias(NAME, 'a.example.net'), txt('a.example.net', 'sent')],
      compressed: true,
    })
    const damage = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(damage, fc.nat(whole.length), (changes, length) => {
        const bytes = Uint8Array.from(whole)
        for (const [place, value] of changes) bytes[place] = value
        for (const message of [bytes, bytes.subarray(0, length), whole.subarray(0, length)]) {
          const reply = readTxtReply(message, NAME)
          if (reply.ok)
            for (const text of reply.texts) expect(Buffer.from(message).toString('latin1')).toContain(text.slice(0, 4))
        }
      }),
      { numRuns: 3000 },
    )
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(readTxtReply(bytes, NAME)).toHaveProperty('ok')
      }),
    )
  })

  it('does not follow jumps that lead in a circle', () => {
    const circle = Uint8Array.from([...question.slice(0, 2), 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0, 0xc0, 12])
    expect(readTxtReply(circle, NAME)).toEqual({ ok: false, reason: 'not_a_message' })
  })
})
