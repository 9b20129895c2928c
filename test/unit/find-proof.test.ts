import { afterEach, describe, expect, it } from 'vitest'
import { challengeOf } from '../../src/domains/challenge'
import { askForTexts } from '../../src/domains/dns-over-https'
import { findProof } from '../../src/domains/find-proof'
import { type DnsReply, dnsAnswer, questionName } from '../support/dns-server'
import { callLocally, type HttpReply, type LocalServer, startLocalServer } from '../support/local-http'

const challenge = challengeOf({
  secret: new Uint8Array(32).fill(1),
  tenantId: 'ten_a',
  domain: 'example.com',
  expiresMs: 1000,
})
const NAME = challenge.record.name

const servers: LocalServer[] = []
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()))
})

async function start(answer: Parameters<typeof startLocalServer>[0]): Promise<string> {
  const server = await startLocalServer(answer)
  servers.push(server)
  return server.url
}

/** A resolver that speaks RFC 8484. */
const resolver = (reply: DnsReply): Promise<string> =>
  start(({ method, url, headers }) => {
    if (method !== 'GET' || headers.accept !== 'application/dns-message') return { status: 415 }
    const question = Buffer.from(url.searchParams.get('dns') ?? '', 'base64url')
    if (questionName(question) !== NAME) return { status: 400 }
    return { status: 200, headers: { 'content-type': 'application/dns-message' }, body: dnsAnswer(question, reply) }
  }).then((url) => `${url}/dns-query?token=kept`)

const showing: DnsReply = { records: [{ name: NAME, type: 'TXT', data: [challenge.answer] }] }

describe('resolvers', () => {
  it('are each asked, and each says what it has', async () => {
    const resolvers = await Promise.all([resolver(showing), resolver({ code: 3 }), resolver({ code: 2 })])
    const answers = await askForTexts(callLocally, resolvers, NAME)
    expect(answers.map(({ texts }) => texts)).toEqual([[challenge.answer], [], undefined])
  })

  it('have not answered when anything goes wrong', async () => {
    const replies: (HttpReply | undefined)[] = [
      { status: 500, body: 'no' },
      { status: 200, body: '<html>a captive portal</html>' },
      { status: 200, body: '' },
      { status: 200, body: Buffer.alloc(70_000) },
      { status: 302, headers: { location: 'https://elsewhere.example/' } },
      undefined,
    ]
    const broken = await Promise.all(replies.map((reply) => start(() => reply)))
    const answers = await askForTexts(callLocally, [...broken, 'http://localhost:1/'], NAME)
    expect(answers.map(({ texts }) => texts)).toEqual(answers.map(() => undefined))
  })
})

describe('a proof', () => {
  /** Asks the host of the domain where it really is: on this machine. */
  const callHost = (host: string) => (call: Parameters<typeof callLocally>[0]) =>
    callLocally({ ...call, url: call.url.replace('https://example.com', host) })

  const look = async (replies: readonly DnsReply[], host: string) => {
    const resolvers = await Promise.all(replies.map(resolver))
    return findProof({ callResolver: callLocally, callHost: callHost(host), resolvers }, challenge)
  }

  it('is found in the DNS', async () => {
    const host = await start(() => ({ status: 404 }))
    expect(await look([showing, showing, { code: 2 }], host)).toMatchObject({ result: 'proved', proof: 'dns' })
  })

  it('is found in the file at its own address', async () => {
    const path = new URL(challenge.file.url).pathname
    const host = await start(({ url }) =>
      url.pathname === path ? { status: 200, body: challenge.answer } : { status: 404 },
    )
    expect(await look([{ code: 3 }, { code: 3 }], host)).toMatchObject({ result: 'proved', proof: 'http' })
  })

  it('is not found behind a redirect, in a long page, on an echo or on a host that is away', async () => {
    const replies: ((url: URL) => HttpReply | undefined)[] = [
      () => ({ status: 302, headers: { location: 'https://elsewhere.example/' }, body: challenge.answer }),
      () => ({ status: 200, body: challenge.answer + ' '.repeat(2000) }),
      (url) => ({ status: 200, body: url.pathname }),
      (url) => ({ status: 200, body: url.pathname.split('/').at(-1) ?? '' }),
      () => undefined,
    ]
    for (const reply of replies) {
      const host = await start(({ url }) => reply(url))
      expect(await look([{ code: 3 }, { code: 3 }], host)).toMatchObject({ result: 'absent' })
    }
  })

  it('is unknown while the resolvers are away', async () => {
    const host = await start(() => ({ status: 404 }))
    expect(await look([{ code: 2 }, showing], host)).toMatchObject({ result: 'unknown' })
  })
})
