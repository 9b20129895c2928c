import { describe, expect, it } from 'vitest'
import { ALL_KINDS } from '../../src/records/redact/kinds'
import { createRedactor, DEFAULT_KINDS, type RedactionKind, secretKeyKind } from '../../src/records/redact/redact'

const redactor = createRedactor({ kinds: DEFAULT_KINDS })
const everything = createRedactor({ kinds: ALL_KINDS })

const ALPHABET = 'aB3dE5gH7jK9mN2pQ4sT6vW8yZ1cF0xL'
const HEX = '0123456789abcdef'

/** So many characters of an alphabet, so that no secret stands whole in this file. */
const filler = (length: number, alphabet = ALPHABET): string =>
  Array.from({ length }, (_, index) => alphabet.charAt((index * 7 + (index >> 3)) % alphabet.length)).join('')

const json = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const jwt = `${json({ alg: 'HS256', typ: 'JWT' })}.${json({ sub: '1234567890', name: 'Ann' })}.${filler(43)}`
const basic = Buffer.from('aladdin:opensesame').toString('base64')
const pem = ['-----BEGIN RSA ' + 'PRIVATE KEY-----', filler(64), filler(40), '-----END RSA ' + 'PRIVATE KEY-----']

const SECRETS: readonly (readonly [kind: RedactionKind, secret: string])[] = [
  ['private_key', pem.join('\n')],
  ['private_key', pem.join('\\n')],
  ['private_key', pem.slice(0, 2).join('\n')],
  ['jwt', jwt],
  ['aws_key', `AK${'IA'}${filler(16, 'ABCDEFGH234567')}`],
  ['aws_key', `AS${'IA'}${filler(16, 'ABCDEFGH234567')}`],
  ['google_key', `AI${'za'}${filler(35)}`],
  ['google_key', `GOCS${'PX-'}${filler(28)}`],
  ['google_key', `ya${'29.'}${filler(60)}`],
  ['azure_key', `abc8${'Q~'}${filler(34)}`],
  ['github_token', `gh${'p_'}${filler(36)}`],
  ['github_token', `gh${'s_'}${filler(36)}`],
  ['github_token', `github_${'pat_'}${filler(22)}_${filler(59)}`],
  ['gitlab_token', `gl${'pat-'}${filler(20)}`],
  ['slack_token', `xo${'xb-'}1234567890-1234567890-${filler(24)}`],
  ['stripe_key', `sk_${'live_'}${filler(24)}`],
  ['stripe_key', `rk_${'live_'}${filler(24)}`],
  ['stripe_key', `sk_${'test_'}${filler(24)}`],
  ['openai_key', `sk-${'proj-'}${filler(48)}`],
  ['openai_key', `sk-${filler(48)}`],
  ['anthropic_key', `sk-${'ant-'}api03-${filler(93)}AA`],
  ['sendgrid_key', `S${'G.'}${filler(22)}.${filler(43)}`],
  ['npm_token', `np${'m_'}${filler(36)}`],
  ['pypi_token', `pypi-${'AgE'}IcHlwaS5vcmc${filler(80)}`],
  ['shopify_token', `shp${'at_'}${filler(32, HEX)}`],
  ['square_token', `sq0${'atp-'}${filler(22)}`],
  ['mailgun_key', `ke${'y-'}${filler(32, HEX)}`],
  ['telegram_token', `123456789:${'AA'}${filler(33)}`],
  ['digitalocean_token', `dop_${'v1_'}${filler(64, HEX)}`],
  ['databricks_token', `da${'pi'}${filler(32, HEX)}`],
  ['cloudflare_key', `cf${'ut_'}${filler(48)}`],
  ['heroku_key', `HR${'KU-'}${filler(60)}`],
  ['vault_token', `hv${'s.'}${filler(40)}`],
  ['age_key', `AGE-${'SECRET-KEY-1'}${filler(58, 'QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L')}`],
  ['sluice_key', `slc_${'ing_'}${filler(32)}`],
  ['sluice_key', `slc_${'adm_'}${filler(32)}`],
  ['api_key', `hf${'_'}${filler(34)}`],
  ['api_key', `dp.${'pt.'}${filler(43)}`],
  ['card', '4111' + '111111111111'],
  ['card', '4111 1111' + ' 1111 1111'],
  ['card', '5500-0055' + '-5555-5559'],
  ['card', '3782 822463' + ' 10005'],
  ['card', '6011' + '111111111117'],
  ['card', '305693' + '09025904'],
]

const SURROUNDINGS: readonly (readonly [before: string, after: string])[] = [
  ['', ''],
  ['login with ', ' failed'],
  ['{"value":"', '"}'],
  ['(', ')'],
  ['sent: ', '.'],
  ["x='", "'"],
  ['größe → ', ' → done'],
  ['a\\n', ' b'],
]

describe('secrets that are known by their form', () => {
  for (const [kind, secret] of SECRETS) {
    it(`replaces ${kind} ${secret.slice(0, 7)}… and keeps what stands around it`, () => {
      for (const [before, after] of SURROUNDINGS) {
        const redacted = redactor.redactText(`${before}${secret}${after}`) ?? ''
        expect(redacted, before).toContain(`${before}[REDACTED:${kind}]`)
        expect(redacted, before).not.toContain(secret.slice(-12))
      }
    })
  }

  it('keeps the text behind a secret', () => {
    for (const [kind, secret] of SECRETS) {
      if (kind === 'private_key' && !secret.includes('END')) continue
      expect(redactor.redactText(`a ${secret} b`)).toBe(`a [REDACTED:${kind}] b`)
    }
  })
})

describe('secrets that their surroundings give away', () => {
  const cases: readonly (readonly [text: string, redacted: string])[] = [
    ['password=hunter2', 'password=[REDACTED:secret]'],
    ['login user=ann password=hunter2 ok', 'login user=ann password=[REDACTED:secret] ok'],
    ['pwd: s3cr3t!', 'pwd: [REDACTED:secret]'],
    ['PASSWORD = "correct horse"', 'PASSWORD = "[REDACTED:secret]"'],
    ['{"user":"ann","password":"p,a&ss"}', '{"user":"ann","password":"[REDACTED:secret]"}'],
    ['{\\"password\\":\\"hunter2\\",\\"a\\":1}', '{\\"password\\":\\"[REDACTED:secret]\\",\\"a\\":1}'],
    ['{"password":"a\\"b"}', '{"password":"[REDACTED:secret]"}'],
    ["{'apiKey': 'abcdef123456'}", "{'apiKey': '[REDACTED:secret]'}"],
    ['api_key="abcdef123456"', 'api_key="[REDACTED:secret]"'],
    ['x-api-key: abcdef123456', 'x-api-key: [REDACTED:secret]'],
    ['"token":"abcdef123456"', '"token":"[REDACTED:secret]"'],
    ['GET /a?access_token=abcdef123&page=2', 'GET /a?access_token=[REDACTED:secret]&page=2'],
    ['next=%2Fa%3Ftoken%3Dabcdef123', 'next=%2Fa%3Ftoken%3D[REDACTED:secret]'],
    ['refreshToken => "abcdef123456"', 'refreshToken => "[REDACTED:secret]"'],
    ['deploy --password hunter2 --dry', 'deploy --password [REDACTED:secret] --dry'],
    ['mysql --db-password=hunter2', 'mysql --db-password=[REDACTED:secret]'],
    ['<password>hunter2</password>', '<password>[REDACTED:secret]</password>'],
    ["ALTER ROLE ann PASSWORD 'hunter2'", "ALTER ROLE ann PASSWORD '[REDACTED:secret]'"],
    ["CREATE USER a IDENTIFIED BY 'hunter2'", "CREATE USER a IDENTIFIED BY '[REDACTED:secret]'"],
    ['user[password]=hunter2&x=1', 'user[password]=[REDACTED:secret]&x=1'],
    ['a\\npassword=hunter2\\nb', 'a\\npassword=[REDACTED:secret]\\nb'],
    ['\x1b[36mpassword\x1b[0m=\x1b[35mhunter2\x1b[0m', '\x1b[36mpassword\x1b[0m=\x1b[35m[REDACTED:secret]\x1b[0m'],
    ['aws_secret_access_key = abcdef123456', 'aws_secret_access_key = [REDACTED:secret]'],
    ['AccountKey=abcdef123456==;Suffix=x', 'AccountKey=[REDACTED:secret];Suffix=x'],
    [`https://x.test/b?sv=1&sig=${filler(43)}%3D`, 'https://x.test/b?sv=1&sig=[REDACTED:azure_key]'],
    ['Authorization: Bearer abc123def456', 'Authorization: Bearer [REDACTED:bearer]'],
    ['authorization: bearer abcdefgh', 'authorization: bearer [REDACTED:bearer]'],
    ['"Authorization":"Bearer abc123def456"', '"Authorization":"Bearer [REDACTED:bearer]"'],
    ['sent bearer abc123def456, got 401', 'sent bearer [REDACTED:bearer], got 401'],
    [`Authorization: Basic ${basic}`, 'Authorization: Basic [REDACTED:basic]'],
    [`"auth": "${basic}"`, '"auth": "[REDACTED:basic]"'],
    ['Authorization: Digest username="a", response="b"', 'Authorization: Digest [REDACTED:secret]'],
    ['Authorization: abcdef123456', 'Authorization: [REDACTED:secret]'],
    ['Cookie: sid=abc; theme=dark', 'Cookie: [REDACTED:cookie]'],
    ['Set-Cookie: sid=abc; Path=/; HttpOnly', 'Set-Cookie: [REDACTED:cookie]'],
    ['{"cookie":"sid=abc; b=c"}', '{"cookie":"[REDACTED:cookie]"}'],
    ['JSESSIONID=0123456789ABCDEF', 'JSESSIONID=[REDACTED:secret]'],
    ['postgres://ann:hunter2@db:5432/app', 'postgres://ann:[REDACTED:url_password]@db:5432/app'],
    ['redis://:hunter2@cache/0', 'redis://:[REDACTED:url_password]@cache/0'],
    ['https://ann:p@ss@host/', 'https://ann:[REDACTED:url_password]@host/'],
    [`hooks.slack.com/services/T0/B0/${filler(24)}`, 'hooks.slack.com/services/[REDACTED:slack_token]'],
    ['curl -u ann:hunter2 https://x.test', 'curl -u ann:[REDACTED:url_password] https://x.test'],
    ['curl --user "ann:hunter2" x.test', 'curl --user "ann:[REDACTED:url_password]" x.test'],
    ['ann:hunter2@tcp(db:3306)/app', 'ann:[REDACTED:url_password]@tcp(db:3306)/app'],
    ['PGPASSWORD=hunter2 psql', 'PGPASSWORD=[REDACTED:secret] psql'],
    ['the password is aB3dE5gH7jK9mN2p now', 'the password is [REDACTED:secret] now'],
    ['token "aB3dE5gH7jK9mN2p" is invalid', 'token "[REDACTED:secret]" is invalid'],
    ['"cookie":["a=abcdef123456"]', '"cookie":["[REDACTED:cookie]"]'],
    [`AK${'IA'}${filler(16, 'ABCDEFGH234567')} / ${filler(40)}`, '[REDACTED:aws_key] / [REDACTED:aws_key]'],
    [`twilio auth ${filler(32, HEX)} used`, 'twilio auth [REDACTED:twilio_key] used'],
    [`discord login M${filler(23)}.${filler(6)}.${filler(27)}`, 'discord login [REDACTED:discord_token]'],
    [`Cloudflare said ${filler(40)}`, 'Cloudflare said [REDACTED:cloudflare_key]'],
  ]
  for (const [text, redacted] of cases) {
    it(`finds the secret in ${JSON.stringify(text.slice(0, 48))}`, () => {
      expect(redactor.redactText(text)).toBe(redacted)
      expect(redactor.mayContain(Buffer.from(text).toString('latin1'))).toBe(true)
      expect(redactor.redactText(redacted)).toBeUndefined()
    })
  }
})

describe('text that speaks of secrets and shows none', () => {
  const texts = [
    'password: required',
    'token=null',
    'password=***',
    `password=${'$'}{DB_PASSWORD}`,
    'token: [REDACTED]',
    'password must be at least 8 characters',
    '{"password":"must be at least 8 characters"}',
    'Unexpected token: punc',
    'max_tokens=4096 total_tokens: 812 token_count=5',
    'cookie_consent=accepted password_length=12 tokenizer=bpe',
    'nextPageToken=abcdefghijkl nextpagetoken=abcdefghijkl',
    'docker run -u 1000:1000 image',
    'Failed password for invalid user admin from 203.0.113.9 port 2222',
    'primary_key=order_id cache_key=user:48213 key=abcdef123456',
    'Bearer authentication required',
    'WWW-Authenticate: Bearer realm="shop"',
    'Basic information was updated',
    'authorization: denied',
    'https://host:8080/path',
    'std::token::parse::<T>()',
    'eyJ is how a token begins',
    'expected -----BEGIN PRIVATE KEY----- in the file',
    '-----BEGIN CERTIFICATE-----',
    `sha256:${filler(64, HEX)}`,
    `build ${filler(40, HEX)}`,
    '550e8400-e29b-41d4-a716-446655440000',
    'order 1234567890123456',
    'at 1700000000000 and 1700000000000000000',
    'ratio 0.4111111111111111',
    'id 41111111111111111111',
    'x4111111111111111',
    '4111111111111112',
    'task-force disk-usage risk-assessment-of-the-whole-department-2024',
  ]
  for (const text of texts) {
    it(`leaves ${JSON.stringify(text.slice(0, 48))}`, () => expect(redactor.redactText(text)).toBeUndefined())
  }
})

describe('personal data, when it is asked for', () => {
  const cases: readonly (readonly [text: string, redacted: string])[] = [
    ['mail ann.b+c@shop.example.com now', 'mail [REDACTED:email] now'],
    ['from 203.0.113.7:443', 'from [REDACTED:ip]:443'],
    ['from 2001:db8::8a2e:370:7334.', 'from [REDACTED:ip].'],
    ['call +49 30 901820', 'call [REDACTED:phone]'],
    ['call (555) 010-1234', 'call [REDACTED:phone]'],
    ['call 555-010-1234', 'call [REDACTED:phone]'],
  ]
  for (const [text, redacted] of cases) {
    it(`finds it in ${text}, and only then`, () => {
      expect(everything.redactText(text)).toBe(redacted)
      expect(everything.candidates(Buffer.from(text))).not.toHaveLength(0)
      expect(redactor.redactText(text)).toBeUndefined()
    })
  }

  it('leaves versions, times and namespaces', () => {
    for (const text of [
      'v1.2.3',
      '1.2.3.4.5',
      '10:23:45',
      'a::b',
      'std::string',
      'user@localhost',
      '2024-01-15 10:23',
    ]) {
      expect(everything.redactText(text), text).toBeUndefined()
    }
  })
})

describe('member names', () => {
  const secret = [
    ...['password', 'passwd', 'pwd', 'PASSWORD', 'db_password', 'userPassword', 'password2', 'passwordHash', 'pass'],
    ...['secret', 'client_secret', 'clientSecret', 'token', 'access_token', 'refreshToken', 'id-token', 'csrfToken'],
    ...['api_key', 'apiKey', 'APIKEY', 'x-api-key', 'X-Api-Key', 'aws.secret.access.key', 'AWS_SECRET_ACCESS_KEY'],
    ...['authorization', 'Proxy-Authorization', 'credential', 'credentials', 'signing_key', 'session_token', 'cvv'],
    ...['password_confirmation', 'http.request.header.authorization', 'connect.sid', 'X-Amz-Signature'],
  ]
  const ordinary = [
    ...['token_count', 'tokens_used', 'max_tokens', 'total_tokens', 'prompt_tokens', 'password_length', 'token_type'],
    ...['next_page_token', 'nextPageToken', 'cookie_consent', 'key', 'primary_key', 'cache_key', 'public_key'],
    ...['session_id', 'author', 'auth', 'secretary', 'passed', 'tests_pass', 'tokenizer', 'secret_name', 'user', ''],
    ...['access_key_id', 'keyboard', 'monkey', 'idempotency_key', 'password_policy', 'compass'],
  ]
  it('knows a secret by its last word in any spelling', () => {
    expect(secret.filter((name) => secretKeyKind(name) !== 'secret')).toEqual([])
    expect(['private_key', 'privateKey', 'cookie', 'Set-Cookie'].map(secretKeyKind)).toEqual([
      ...['private_key', 'private_key', 'cookie', 'cookie'],
    ])
  })
  it('is found by the same names in text', () => {
    const value = 'abcdef123456'
    for (const text of secret.flatMap((name) => [
      `${name}=${value}`,
      `a "${name}": "${value}"`,
      `${name} = ${value}`,
    ])) {
      expect(redactor.redactText(text), text).not.toContain(value)
      expect(redactor.redactText(text), text).toBeDefined()
    }
  })
  it('leaves names that only mention one', () => {
    expect(ordinary.filter((name) => secretKeyKind(name) !== undefined)).toEqual([])
  })
})

describe('numbers', () => {
  it('takes a card number for one and an order number for none', () => {
    expect(redactor.redactNumber('4111' + '111111111111')).toBe('card')
    for (const text of ['4111111111111112', '1700000000000', '-4111111111111111', '4.111e15', '42']) {
      expect(redactor.redactNumber(text), text).toBeUndefined()
    }
  })
})

describe('settings', () => {
  it('writes a plain placeholder on request', () => {
    const plain = createRedactor({ kinds: DEFAULT_KINDS, plain: true })
    expect(plain.redactText('password=hunter2')).toBe('password=[REDACTED]')
    expect(plain.redactText('password=[REDACTED]')).toBeUndefined()
    expect(plain.placeholder('jwt')).toBe('[REDACTED]')
  })

  it('looks for nothing but the kinds it was given', () => {
    const cards = createRedactor({ kinds: new Set(['card']) })
    expect(cards.redactText('password=hunter2')).toBeUndefined()
    expect(cards.mayContain('password=hunter2')).toBe(false)
    expect(createRedactor({ kinds: new Set() }).redactText('password=hunter2')).toBeUndefined()
  })
})

describe('ordinary logs', () => {
  const id = (seed: number, length: number): string => filler(length + seed, HEX).slice(seed)
  const uuid = (seed: number): string => [8, 4, 4, 4, 12].map((length, index) => id(seed + index, length)).join('-')
  const templates: readonly ((n: number) => string)[] = [
    (n) => `Request processed for user ${48213 + n} in ${n % 700} ms with status 500`,
    (n) =>
      `203.0.113.${n % 250} - - [10/Oct/2025:13:55:36 +0000] "GET /api/v1/orders/${n}?page=2 HTTP/1.1" 200 2326 "-" "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36"`,
    (n) => `2025-10-10 13:55:36 status installed libssl3:amd64 3.0.${n}-1~deb12u1`,
    (n) => `\tat com.acme.shop.OrderService.lambda$place$${n}(OrderService.java:${n})`,
    () => 'Caused by: java.lang.NullPointerException: Cannot invoke "Token.getValue()" because "token" is null',
    (n) =>
      `I1010 13:55:36.${100000 + n} 1 controller.go:${n}] "Reconciling" pod="default/web-7d4b9c6f8d-x2k${n % 9}p" uid="${uuid(n)}"`,
    (n) =>
      `{"level":"info","ts":17600000${10 + (n % 90)}.123,"msg":"done","trace_id":"${id(n, 32)}","span_id":"${id(n, 16)}","max_tokens":${n}}`,
    (n) => `SELECT id, token_count FROM usage WHERE primary_key = ${n} AND password_hash IS NOT NULL LIMIT 10`,
    (n) => `commit ${id(n, 40)} pushed to refs/heads/feature-${n}`,
    (n) => `Pulled image registry.example.com/shop/web@sha256:${id(n, 64)}`,
    (n) => `data:image/png;base64,${filler(120 + (n % 50))}==`,
    (n) => `order ${1000000000000000 + n * 7919} paid at 1760104536${100 + (n % 900)} (${n}.4${n})`,
    (n) => `npm info using node@v24.${n % 20}.0, express@4.18.2, sha512-${filler(64)}`,
    (n) => `kernel: [${n}.123456] usb 1-1: new high-speed USB device number ${n % 100} using xhci_hcd`,
    (n) => `sshd[${n}]: Failed password for invalid user admin from 203.0.113.9 port ${n} ssh2`,
    (n) => `Token validation failed: token expired ${n} seconds ago`,
    (n) => `GET https://shop.example.com:8443/static/app.${id(n, 8)}.js?v=${n} 304`,
    (n) => `ETag: W/"${id(n, 27)}" X-Request-Id: ${uuid(n)} content-length: ${n}`,
    (n) => `partition_key=user#${n} sort_key=2025-10-10T13:55:36.${100 + (n % 900)}Z retries=${n % 3}`,
    (n) => `session_id=${uuid(n)} cookie_consent=true basic plan, bearer of news`,
    (n) => `Deployment asia-east1 v1.0.${n} rolled out; key rotation scheduled; secrets mounted: ${n % 5}`,
    (n) => `java.lang.Object@${id(n, 8)} std::vector<int>::at 10.0.0.${n % 250}/24 fe80::${id(n, 4)}`,
    (n) => `worker-${n} heartbeat 2025-10-10 13:55:36 2025-10-10 13:55:37 0 0 0 12 33 1 0 4 44`,
    (n) => `[error] 12#12: *${n} upstream timed out (110: Connection timed out) while reading response header`,
  ]

  it('changes at most one line in a hundred', () => {
    const lines = templates.flatMap((template) => Array.from({ length: 60 }, (_, index) => template(index * 37 + 1)))
    const changed = lines.filter((line) => redactor.redactText(line) !== undefined)
    expect(changed.slice(0, 5), `${changed.length} of ${lines.length}`).toHaveLength(0)
  })
})
