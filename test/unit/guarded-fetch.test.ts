import { describe, expect, it } from 'vitest'
import { OUTSIDE_URL_CHARACTERS_MAX } from '../../src/limits/limits'
import { guardedFetch, type OutsidePorts, type OutsideRequest } from '../../src/outside/guarded-fetch'
import { checkOutsideAddress, isPublicAddress, type OutsideRules } from '../../src/outside/outside-address'

const RULES: OutsideRules = { ownHosts: new Set(['logs.example.com']), allowsLocalHttp: false }

const isAllowed = (url: string, rules: OutsideRules = RULES): boolean => checkOutsideAddress(url, rules).ok

/** Spellings of addresses that the URL standard, or a resolver, brings to one of a private network. */
const PRIVATE_HOSTS = [
  ...[
    '127.0.0.1',
    '127.1',
    '127.0.1',
    '2130706433',
    '0x7f000001',
    '0x7f.1',
    '0177.0.0.1',
    '017700000001',
    '127.0.0.1.',
  ],
  ...['0.0.0.0', '0', '0x0', '00', '10.0.0.1', '10.1', '0xa.0.0.1', '012.0.0.1', '167772161'],
  ...[
    '100.64.0.1',
    '169.254.169.254',
    '2852039166',
    '0xa9fea9fe',
    '0251.0376.0251.0376',
    '172.16.0.1',
    '172.31.255.255',
  ],
  ...['192.0.0.1', '192.0.2.1', '192.88.99.1', '192.168.0.1', '198.18.0.1', '198.19.255.255', '198.51.100.1'],
  ...['203.0.113.1', '224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255', '4294967295'],
  ...['１２７.０.０.１', '127。0。0。1', '①②⑦.0.0.1', '%31%32%37.0.0.1', '0%78%37%66.1'],
  ...[
    '[::]',
    '[::1]',
    '[0:0:0:0:0:0:0:1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[::ffff:10.0.0.1]',
    '[::127.0.0.1]',
  ],
  ...[
    '[64:ff9b::7f00:1]',
    '[64:ff9b::10.0.0.1]',
    '[64:ff9b:1::1]',
    '[64:ff9b:1::8.8.8.8]',
    '[100::1]',
    '[2001::1]',
    '[2001:db8::1]',
  ],
  ...[
    '[2002:7f00:1::]',
    '[2002:a00:1::1]',
    '[2002:c0a8:1::1]',
    '[3fff::1]',
    '[fc00::1]',
    '[fd12:3456::1]',
    '[fe80::1]',
    '[fec0::1]',
  ],
  ...['[ff02::1]', '[5f00::1]', '[4000::1]', '[::ffff:0:127.0.0.1]', '[2001:0:7f00:1::]'],
]

const INNER_NAMES = [
  ...[
    'localhost',
    'LOCALHOST',
    'localhost.',
    'a.localhost',
    'ip6-localhost',
    'printer.local',
    'metadata.google.internal',
  ],
  ...[
    'metadata',
    'intranet',
    'db.corp',
    'nas.home',
    'router.lan',
    'x.home.arpa',
    '1.0.0.127.in-addr.arpa',
    'a.localdomain',
  ],
  ...['ｌｏｃａｌｈｏｓｔ', 'loc%61lhost', 'svc.cluster.local', 'a.onion', 'a.test', 'example.com.', 'a..com', '.com'],
]

describe('an address outside', () => {
  it('may be a public name or address, by https', () => {
    const good = [
      'https://id.acme.com/.well-known/jwks.json',
      'https://id.acme.com:443/x?y=z#f',
      'HTTPS://ID.ACME.COM/',
      'https://münchen.example.de/',
      'https://8.8.8.8/',
      'https://[2606:4700::1111]/',
      'https://[64:ff9b::8.8.8.8]/',
      'https://[2002:808:808::1]/',
      'https://mylogs.example.com/',
      'https://localhost.example.org/',
    ]
    for (const url of good) expect(isAllowed(url), url).toBe(true)
  })

  it.each([...PRIVATE_HOSTS, ...INNER_NAMES])('is refused at %s, by any scheme, port and path', (host) => {
    for (const url of [`https://${host}/`, `https://${host}:443/a`, `http://${host}/`, `https://${host}:8443/`]) {
      expect(isAllowed(url), url).toBe(false)
    }
    expect(isAllowed(`https://${host}/`, { ...RULES, allowsLocalHttp: true }), 'https, in development').toBe(false)
  })

  it('is refused with another scheme or port, with credentials, or when it is no URL', () => {
    const bad = [
      ...[
        'http://id.acme.com/',
        'ftp://id.acme.com/',
        'file:///etc/passwd',
        'data:application/json,{}',
        'javascript:1',
      ],
      ...['gopher://id.acme.com/', 'blob:https://id.acme.com/x', 'ws://id.acme.com/', 'wss://id.acme.com/'],
      ...['https://id.acme.com:80/', 'https://id.acme.com:22/', 'https://id.acme.com:6379/', 'https://id.acme.com:0/'],
      ...[
        'https://user@id.acme.com/',
        'https://user:pass@id.acme.com/',
        'https://:p@id.acme.com/',
        'https://8.8.8.8@127.0.0.1/',
      ],
      ...['', ' ', 'id.acme.com', '//id.acme.com', 'https://', 'https:///', 'https://a b.com/', 'https://a\0.com/'],
      ...['https://256.256.256.256/', 'https://1.2.3.4.5/', 'https://0x/', 'https://[::1', 'https://[fe80::1%25eth0]/'],
      `https://id.acme.com/${'x'.repeat(OUTSIDE_URL_CHARACTERS_MAX)}`,
    ]
    for (const url of bad) expect(isAllowed(url), url).toBe(false)
  })

  it('is refused when it is our own, or below one of our names', () => {
    for (const host of ['logs.example.com', 'LOGS.example.com', 'acme.logs.example.com', 'a.b.logs.example.com']) {
      expect(isAllowed(`https://${host}/`), host).toBe(false)
    }
  })

  it('may be this machine where the operator of a development server says so, and only that', () => {
    const local = { ...RULES, allowsLocalHttp: true }
    for (const url of ['http://localhost:9000/jwks', 'http://127.0.0.1:9000/', 'http://[::1]:9000/']) {
      expect(isAllowed(url, local), url).toBe(true)
      expect(isAllowed(url), url).toBe(false)
    }
    for (const url of ['http://10.0.0.1/', 'http://a.localhost/', 'http://u:p@localhost/', 'http://id.acme.com/']) {
      expect(isAllowed(url, local), url).toBe(false)
    }
  })
})

describe('a public address', () => {
  it('is told from the reserved blocks at their edges', () => {
    const edges: Readonly<Record<string, boolean>> = {
      '9.255.255.255': true,
      '10.0.0.0': false,
      '10.255.255.255': false,
      '11.0.0.0': true,
      '100.63.255.255': true,
      '100.64.0.0': false,
      '100.127.255.255': false,
      '100.128.0.0': true,
      '172.15.255.255': true,
      '172.32.0.0': true,
      '198.17.255.255': true,
      '198.20.0.0': true,
      '223.255.255.255': true,
      '224.0.0.0': false,
      '1fff:ffff::1': false,
      '2000::1': true,
      '2001:1ff:ffff::1': false,
      '2001:200::1': true,
      '3ffe::1': true,
      '4000::': false,
    }
    for (const [address, isPublic] of Object.entries(edges)) expect(isPublicAddress(address), address).toBe(isPublic)
  })

  it('is nothing that cannot be read', () => {
    for (const text of ['', 'localhost', '1.2.3', '1.2.3.4.5', '01.2.3.4', '::g', ':::', '1.2.3.256']) {
      expect(isPublicAddress(text), text).toBe(false)
    }
  })
})

const URL_ASKED = 'https://hooks.acme.com/in'

const json = (body: string, headers: Readonly<Record<string, string>> = {}): Response =>
  new Response(body, { headers: { 'content-type': 'application/json; charset=utf-8', ...headers } })

/** As a server sends it: a header is bytes, and what is not ASCII goes out as UTF-8. */
const redirect = (location: string, status = 302): Response =>
  new Response('moved', { status, headers: { location: Buffer.from(location).toString('latin1') } })

/** Answers in order, and remembers what was asked. */
function outside(answers: readonly (Response | Promise<Response> | Error)[], more: Partial<OutsidePorts> = {}) {
  const asked: Request[] = []
  const ports: OutsidePorts = {
    fetch: async (request) => {
      asked.push(request)
      const answer = answers[asked.length - 1]
      if (answer instanceof Error) throw answer
      return answer
    },
    timeout: () => new AbortController().signal,
    ...more,
  }
  const ask = (request: Partial<OutsideRequest> = {}) =>
    guardedFetch({ url: URL_ASKED, rules: RULES, msMax: 1000, bytesMax: 100, ...request }, ports)
  return { asked, ask }
}

describe('a guarded fetch', () => {
  it('answers status, headers and body', async () => {
    const { ask, asked } = outside([json('{"a":1}')])
    const outcome = await ask({
      method: 'POST',
      body: Buffer.from('hello'),
      headers: { 'x-a': 'b' },
      mediaTypes: ['application/json'],
    })
    expect(outcome).toMatchObject({ ok: true, status: 200 })
    expect(outcome.ok && Buffer.from(outcome.body).toString()).toBe('{"a":1}')
    expect(asked[0]).toMatchObject({ method: 'POST', redirect: 'manual', url: URL_ASKED })
    expect(asked[0].headers.get('x-a')).toBe('b')
    await expect(asked[0].text()).resolves.toBe('hello')
  })

  it('answers an error of the other side as it is', async () => {
    const { ask } = outside([new Response('no', { status: 500 })])
    await expect(ask({ mediaTypes: ['application/json'] })).resolves.toMatchObject({ ok: true, status: 500 })
  })

  it('sends nothing to an address that may not be asked', async () => {
    const { ask, asked } = outside([])
    for (const host of PRIVATE_HOSTS) {
      await expect(ask({ url: `https://${host}/` })).resolves.toMatchObject({ fault: { kind: 'refused_address' } })
    }
    expect(asked).toEqual([])
  })

  it('follows no redirect unless it is told to', async () => {
    for (const status of [301, 302, 303, 307, 308]) {
      const { ask, asked } = outside([redirect('https://hooks.acme.com/other', status)])
      await expect(ask()).resolves.toEqual({ ok: false, fault: { kind: 'redirect' } })
      expect(asked.length).toBe(1)
    }
  })

  it('checks each hop of the redirects that it follows, and their number', async () => {
    const good = outside([redirect('/other'), json('{}')])
    await expect(good.ask({ redirectsMax: 1 })).resolves.toMatchObject({ ok: true })
    expect(good.asked.map(({ url }) => url)).toEqual([URL_ASKED, 'https://hooks.acme.com/other'])

    const many = outside([redirect('/1'), redirect('/2'), redirect('/3')])
    await expect(many.ask({ redirectsMax: 2 })).resolves.toMatchObject({ fault: { kind: 'redirect' } })
    expect(many.asked.length).toBe(3)

    for (const host of [...PRIVATE_HOSTS, 'logs.example.com', 'user@hooks.acme.com']) {
      const { ask, asked } = outside([redirect(`https://${host}/`), json('{}')])
      const outcome = await ask({ redirectsMax: 3 })
      expect(outcome.ok, host).toBe(false)
      expect(asked.length, host).toBe(1)
    }
    for (const location of ['http://hooks.acme.com/', '', 'https://', 'file:///etc/passwd']) {
      const { ask, asked } = outside([redirect(location), redirect(location), redirect(location)])
      const outcome = await ask({ redirectsMax: 1 })
      expect(outcome.ok, location).toBe(false)
      expect(asked.length, location).toBeLessThanOrEqual(2)
    }
  })

  it('stops reading at the limit, and tells the sender', async () => {
    let wasCancelled = false
    let pulls = 0
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        pulls++
        controller.enqueue(new Uint8Array(40))
      },
      cancel: () => {
        wasCancelled = true
      },
    })
    const { ask } = outside([new Response(endless)])
    await expect(ask({ bytesMax: 100 })).resolves.toEqual({ ok: false, fault: { kind: 'too_large' } })
    expect(wasCancelled).toBe(true)
    expect(pulls).toBeLessThan(6)
  })

  it('takes a body of exactly the limit, whatever its length header says', async () => {
    const { ask } = outside([
      json('x'.repeat(100), { 'content-length': '5' }),
      json('x'.repeat(101), { 'content-length': '5' }),
    ])
    await expect(ask({ bytesMax: 100 })).resolves.toMatchObject({ ok: true })
    await expect(ask({ bytesMax: 100 })).resolves.toMatchObject({ fault: { kind: 'too_large' } })
  })

  it('refuses another media type than was asked for', async () => {
    for (const type of ['text/html', 'application/jsonp', 'application/json2', '', 'text/html; application/json']) {
      const { ask } = outside([new Response('{}', { headers: { 'content-type': type } })])
      await expect(ask({ mediaTypes: ['application/json'] }), type).resolves.toMatchObject({
        fault: { kind: 'media_type' },
      })
    }
  })

  it('ends at its time-out, while it connects and while it reads', async () => {
    for (const answer of [new Promise<Response>(() => {}), new Response(new ReadableStream({}))]) {
      const clock = new AbortController()
      const { ask } = outside([answer], { timeout: () => clock.signal })
      const outcome = ask()
      await Promise.resolve()
      clock.abort()
      await expect(outcome).resolves.toEqual({ ok: false, fault: { kind: 'too_slow' } })
    }
  })

  it('gives the time-out that it was told to the clock', async () => {
    const asked: number[] = []
    const timeout = (milliseconds: number) => {
      asked.push(milliseconds)
      return new AbortController().signal
    }
    await outside([json('{}')], { timeout }).ask({ msMax: 1234 })
    expect(asked).toEqual([1234])
  })

  it('says no more of a failed connection than that it failed', async () => {
    const { ask } = outside([new Error('connect ECONNREFUSED 10.0.0.1:443')])
    await expect(ask()).resolves.toEqual({ ok: false, fault: { kind: 'unreachable' } })
  })

  it('asks nobody whose name leads to an address that is not public, where names can be resolved', async () => {
    const resolves = (...addresses: string[]) => outside([json('{}')], { resolve: async () => addresses })
    await expect(resolves('93.184.215.14', '2606:4700::1').ask()).resolves.toMatchObject({ ok: true })
    for (const addresses of [['127.0.0.1'], ['93.184.215.14', '10.0.0.1'], ['::ffff:127.0.0.1'], []]) {
      const { ask, asked } = resolves(...addresses)
      await expect(ask(), addresses.join()).resolves.toMatchObject({ fault: { kind: 'refused_address' } })
      expect(asked).toEqual([])
    }
  })
})
