import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ALL_KINDS, createRedactor, DEFAULT_KINDS, secretKeyKind } from '../../src/records/redact/redact'

const redactor = createRedactor({ kinds: DEFAULT_KINDS })
const everything = createRedactor({ kinds: ALL_KINDS })

const LEAK_LENGTH = 12
const CELL_END = '\xff'
const ADVERSARIAL_LENGTH = 1_000_000
const ADVERSARIAL_MS_MAX = 4_000

const DIGITS = '0123456789'
const HEX = `${DIGITS}abcdef`
const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
const ALNUM = `${DIGITS}${UPPER}${UPPER.toLowerCase()}`
const URL_SAFE = `${ALNUM}-_`

const letters = (alphabet: string, minLength: number, maxLength = minLength): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...alphabet), minLength, maxLength })

const base64url = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A fixed beginning, written in two halves, and a body. */
const token = (first: string, second: string, body: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  body.map((text) => `${first}${second}${text}`)

/** A class with at least three digits and a letter in it, as a random key of that length has. */
const keyBody = (length: number): fc.Arbitrary<string> => letters(ALNUM, length).map((text) => `7${text}4z9`)

const luhnDigit = (digits: string): string => {
  const sum = [...digits].reverse().reduce((total, digit, index) => {
    const value = Number(digit) * (index % 2 === 0 ? 2 : 1)
    return total + (value > 9 ? value - 9 : value)
  }, 0)
  return `${(10 - (sum % 10)) % 10}`
}

const card = fc
  .tuple(fc.constantFrom('4', '51', '2221', '6011'), letters(DIGITS, 15), fc.constantFrom('', ' ', '-'))
  .map(([prefix, rest, separator]) => {
    const digits = `${prefix}${rest}`.slice(0, 15)
    return (`${digits}${luhnDigit(digits)}`.match(/.{4}/g) ?? []).join(separator)
  })

const SECRETS: Readonly<Record<string, fc.Arbitrary<string>>> = {
  private_key: letters(`${ALNUM}+/`, 64, 200).map(
    (body) => `-----BEGIN ${'PRIVATE KEY'}-----\n${body}\n-----END ${'PRIVATE KEY'}-----`,
  ),
  jwt: fc
    .tuple(fc.string(), letters(URL_SAFE, 20, 60))
    .map(([sub, signature]) => `${base64url({ alg: 'HS256' })}.${base64url({ sub })}.${signature}`),
  bearer: letters(URL_SAFE, 12, 40).map((body) => `Bearer ${body}7`),
  basic: letters(ALNUM, 12, 30).map((body) => `Basic ${Buffer.from(`ann:${body}`).toString('base64')}`),
  aws_key: token('AK', 'IA', letters('ABCDEFGH234567', 16)),
  google_key: token('AI', 'za', letters(URL_SAFE, 35)),
  azure_key: token('abc8', 'Q~', letters(URL_SAFE, 34)),
  github_token: token('gh', 'p_', letters(ALNUM, 36)),
  gitlab_token: token('gl', 'pat-', letters(URL_SAFE, 20)),
  slack_token: token('xo', 'xb-', letters(`${ALNUM}-`, 30, 60)),
  stripe_key: token('sk_', 'live_', letters(ALNUM, 24, 90)),
  openai_key: token('sk', '-', keyBody(44)),
  anthropic_key: token('sk-', 'ant-', letters(URL_SAFE, 90)),
  sendgrid_key: token(
    'S',
    'G.',
    fc.tuple(letters(URL_SAFE, 22), letters(URL_SAFE, 43)).map((parts) => parts.join('.')),
  ),
  npm_token: token('np', 'm_', letters(ALNUM, 36)),
  pypi_token: token('pypi-', 'AgE', letters(URL_SAFE, 90)),
  shopify_token: token('shp', 'at_', letters(HEX, 32)),
  square_token: token('sq0', 'atp-', letters(URL_SAFE, 22)),
  mailgun_key: token('ke', 'y-', letters(HEX, 32)),
  telegram_token: token('123456789', ':AA', letters(URL_SAFE, 33)),
  discord_token: fc
    .tuple(letters(ALNUM, 23), letters(URL_SAFE, 6), letters(URL_SAFE, 27))
    .map(([id, time, signature]) => `discord M${id}.${time}.${signature}`),
  twilio_key: letters(HEX, 32).map((body) => `twilio ${body}`),
  digitalocean_token: token('dop_', 'v1_', letters(HEX, 64)),
  databricks_token: token('da', 'pi', letters(HEX, 32)),
  cloudflare_key: token('cf', 'ut_', letters(ALNUM, 48)),
  heroku_key: token('HR', 'KU-', letters(URL_SAFE, 60)),
  vault_token: token('hv', 's.', letters(URL_SAFE, 30, 90)),
  age_key: token('AGE-', 'SECRET-KEY-1', letters(`${DIGITS}${UPPER}`, 58)),
  sluice_key: token('slc_', 'ing_', letters(URL_SAFE, 32)),
  api_key: token('gs', 'k_', letters(ALNUM, 40)),
  card,
  secret: letters(ALNUM, 16, 40).map((body) => `password=${body}`),
  quoted_secret: letters(`${ALNUM} ,;&$/`, 16, 40).map((body) => `"client_secret":"Q${body}"`),
  cookie: letters(ALNUM, 16, 40).map((body) => `Cookie: a=${body}; b=${body}`),
  url_password: letters(ALNUM, 16, 40).map((body) => `https://ann:${body}@example.com`),
}

/** The parts of a secret that may stay: they name it and open nothing. */
const NAMES = /^(?:Bearer |Basic |password=|"client_secret":"|Cookie: |https:\/\/ann:|twilio |discord )/

const delimiter = fc.constantFrom(' ', '\n', '\t', '"', "'", ', ', ' (', '|', ' é', '\\n')
const prose = fc.array(
  fc.oneof(
    fc.constantFrom('request', 'failed', 'for', 'user', '42', 'in', 'ms', 'größe', '🦀'),
    fc.string({ maxLength: 8 }),
  ),
  { maxLength: 12 },
)

const bytesAsLatin1 = (text: string): string => Buffer.from(text).toString('latin1')

function leaks(secret: string, output: string): boolean {
  const hidden = secret.replace(NAMES, '').replace(/@example\.com$/, '')
  for (let at = 0; at + LEAK_LENGTH <= hidden.length; at++) {
    if (output.includes(hidden.slice(at, at + LEAK_LENGTH))) return true
  }
  return false
}

/** Text that comes close to every rule: fragments of secrets and of their surroundings in any order. */
const fragment = fc.oneof(
  fc.constantFrom(
    ...['eyJ', 'eyJhbGciOiJIUzI1NiJ9.', '-----BEGIN ', 'PRIVATE KEY-----', '-----END ', 'password', 'token', '=', ': '],
    ...['"', "'", '\\', '\\"', '%3D', '\x1b[35m', 'Bearer ', 'Basic ', 'Authorization: ', 'Digest ', 'Cookie: ', '; '],
    ...['://', 'a:b@', '@', '4111', '1111', ' ', '-', '.', '\n', 'ghp_', 'sk-', 'SG.', 'twilio ', 'discord ', 'sig='],
    ...[
      '[REDACTED:secret]',
      '[REDACTED]',
      '--',
      '<',
      '>',
      '\xff',
      'é',
      '\ud800',
      '::',
      '+49',
      '203.0.113.7',
      'key',
      '1//0',
    ],
  ),
  fc.string({ maxLength: 6 }),
  letters(URL_SAFE, 8, 40),
  fc.oneof(...Object.values(SECRETS)),
)
const closeCalls = fc.array(fragment, { maxLength: 14 }).map((parts) => parts.join(''))

describe('redaction', () => {
  for (const [kind, secret] of Object.entries(SECRETS)) {
    it(`leaves no twelve characters of a ${kind} wherever it stands`, () => {
      fc.assert(
        fc.property(secret, prose, prose, delimiter, delimiter, (hidden, before, after, open, close) => {
          const text = `${before.join(' ')} ${open}${hidden}${close} ${after.join(' ')}`
          expect(redactor.mayContain([text, text].map(bytesAsLatin1).join(CELL_END))).toBe(true)
          const output = redactor.redactText(text)
          expect(output).toBeDefined()
          expect(leaks(hidden, output ?? ''), output).toBe(false)
        }),
        { numRuns: 60 },
      )
    })
  }

  it('changes no text that the cheap test had ruled out', () => {
    fc.assert(
      fc.property(closeCalls, (text) => {
        if (everything.redactText(text) === undefined) return
        const alone = Buffer.from(text)
        expect(everything.candidates(alone).length).toBeGreaterThan(0)
        const parted = Buffer.concat([
          Buffer.from('ordinary text\xff', 'latin1'),
          alone,
          Buffer.from('\xffmore', 'latin1'),
        ])
        expect(everything.candidates(parted).some((at) => at >= 14 && at < 14 + alone.length)).toBe(true)
      }),
      { numRuns: 2_000 },
    )
  })

  it('leaves redacted text as it is', () => {
    fc.assert(
      fc.property(closeCalls, (text) => {
        const once = everything.redactText(text)
        if (once !== undefined) expect(everything.redactText(once)).toBeUndefined()
      }),
      { numRuns: 2_000 },
    )
  })

  it('takes any string, also one with lone surrogates', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), fc.uint8Array({ maxLength: 200 }), (text, bytes) => {
        everything.redactText(text)
        everything.redactNumber(text)
        everything.candidates(bytes)
        secretKeyKind(text)
      }),
      { numRuns: 500 },
    )
  })
})

describe('a megabyte of', () => {
  const pieces = [
    ...['eyJ', 'eyJ.', 'eyJhbGciOiJI.', '-----BEGIN ', `-----BEGIN ${'PRIVATE KEY'}-----`, '4', '4111 ', '4111-', '-'],
    ...['password=', 'password="', "password='", 'password=\\"', 'password=*', 'token: ', 'cookie: a=1; ', 'cookie:'],
    ...[
      'Authorization: ',
      'Authorization: Digest ',
      'bearer ',
      'bearer=',
      'basic=',
      '://',
      '://a:b@',
      '@',
      'a@',
      '\x1b[',
    ],
    ...[
      'ghp_',
      'sk-a-',
      'sk-a1b2c3-',
      'SG.',
      'twilio ',
      'discord ',
      'curl -u ',
      '@tcp(',
      'AKIA ',
      'token is ',
      '1//0',
      '"auth":"',
      '&sig=',
      '+1 ',
      '1.',
      'a:',
      '::',
    ],
  ]
  for (const piece of pieces) {
    it(`${JSON.stringify(piece)} takes linear time`, () => {
      const text = piece.repeat(ADVERSARIAL_LENGTH / piece.length)
      const startMs = performance.now()
      everything.candidates(Buffer.from(text))
      everything.redactText(text)
      expect(performance.now() - startMs).toBeLessThan(ADVERSARIAL_MS_MAX)
    })
  }
})
