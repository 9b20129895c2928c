import { dnsAnswer, questionName } from './dns-server'

/** The TXT records of the world, by name. Resolvers and hosts that are not in it do not answer. */
export interface FakeDns {
  readonly texts: Map<string, string>
  /** Files by their address. */
  readonly files: Map<string, string>
  /** Whether resolvers answer at all. */
  isAway: boolean
  /** Takes the place of fetch. */
  readonly fetch: (request: Request) => Promise<Response>
}

/** A world of two or three resolvers that all know the same. */
export function fakeDns(): FakeDns {
  const dns: FakeDns = {
    texts: new Map(),
    files: new Map(),
    isAway: false,
    fetch: async ({ url }) => {
      const question = new URL(url).searchParams.get('dns')
      if (question === null) {
        const file = dns.files.get(url)
        if (file === undefined) throw new Error('no connection')
        return new Response(file)
      }
      if (dns.isAway) throw new Error('no connection')
      const asked = Buffer.from(question, 'base64url')
      const name = questionName(asked)
      const text = dns.texts.get(name)
      const records = text === undefined ? [] : [{ name, type: 'TXT' as const, data: [text] }]
      return new Response(dnsAnswer(asked, { code: text === undefined ? 3 : 0, records }), {
        headers: { 'content-type': 'application/dns-message' },
      })
    },
  }
  return dns
}
