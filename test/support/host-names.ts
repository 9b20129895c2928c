import { createHash } from 'node:crypto'
import { parseDomainName } from '../../src/domains/domain-name'

/** What a name must come to: its one spelling, or why it is refused. `ours` are the hosts of the service in these tests. */
export const SERVICE_HOSTS: ReadonlySet<string> = new Set(['logs.sluice.example', '10.0.0.7', 'sluice'])

export const ACCEPTED: readonly (readonly [text: string, name: string, kind?: 'local' | 'platform'])[] = [
  ['example.com', 'example.com'],
  ['EXAMPLE.Com', 'example.com'],
  ['example.com.', 'example.com'],
  ['example.com:8443', 'example.com'],
  ['Example.COM.:443', 'example.com'],
  ['example.com:', 'example.com'],
  ['ｅｘａｍｐｌｅ.com', 'example.com'],
  ['example。com', 'example.com'],
  ['example．com｡', 'example.com'],
  ['ex\u00adample.com', 'example.com'],
  ['exam\u200bple.com', 'example.com'],
  ['ﬀ.example.com', 'ff.example.com'],
  ['Bücher.example', 'xn--bcher-kva.example'],
  ['bu\u0308cher.example', 'xn--bcher-kva.example'],
  ['XN--BCHER-KVA.example', 'xn--bcher-kva.example'],
  ['faß.de', 'xn--fa-hia.de'],
  ['日本語.jp', 'xn--wgv71a119e.jp'],
  ['日本abc.jp', 'xn--abc-s08fl0d.jp'],
  ['abc한국.kr', 'xn--abc-ot8lk11n.kr'],
  ['пример.рф', 'xn--e1afmkfd.xn--p1ai'],
  ['пример.com', 'xn--e1afmkfd.com'],
  ['παράδειγμα.gr', 'xn--hxajbheg2az3al.gr'],
  ['نامه\u200cای.com', 'xn--mgba3gch31f060k.com'],
  ['ab--c.com', 'ab--c.com'],
  ['foo.github.io', 'foo.github.io'],
  ['www.ck', 'www.ck'],
  ['city.kawasaki.jp', 'city.kawasaki.jp'],
  ['sluice.example', 'sluice.example'],
  ['1.example.com', '1.example.com'],
  ['acme.localhost', 'acme.localhost', 'local'],
  ['A.B.Localhost:8787', 'a.b.localhost', 'local'],
  ['acme.logs.sluice.example', 'acme.logs.sluice.example', 'platform'],
  ['acme.sluice', 'acme.sluice', 'platform'],
]

export const REFUSED: readonly (readonly [text: string, fault: string])[] = [
  ['', 'not_a_host_name'],
  ['.', 'not_a_host_name'],
  [':80', 'not_a_host_name'],
  ['a..b.com', 'not_a_host_name'],
  ['.a.com', 'not_a_host_name'],
  ['a.com..', 'not_a_host_name'],
  ['-a.com', 'not_a_host_name'],
  ['a-.com', 'not_a_host_name'],
  ['a_b.com', 'not_a_host_name'],
  ['_dmarc.a.com', 'not_a_host_name'],
  ['*.a.com', 'not_a_host_name'],
  ['a b.com', 'not_a_host_name'],
  [' a.com', 'not_a_host_name'],
  ['a.com\n', 'not_a_host_name'],
  ['a\u0000.com', 'not_a_host_name'],
  ['a\t.com', 'not_a_host_name'],
  ['a%2eb.com', 'not_a_host_name'],
  ['a@b.com', 'not_a_host_name'],
  ['a.com/b', 'not_a_host_name'],
  ['https://a.com', 'not_a_host_name'],
  ['a.com?b', 'not_a_host_name'],
  ['a.com#b', 'not_a_host_name'],
  ['a\\b.com', 'not_a_host_name'],
  ['a.com:80:80', 'not_a_host_name'],
  ['foo.123', 'not_a_host_name'],
  ['1.2.3.4.5', 'not_a_host_name'],
  ['xn--.com', 'not_a_host_name'],
  ['xn--a.com', 'not_a_host_name'],
  ['xn--zzzz-.com', 'not_a_host_name'],
  ['xn--example-.com', 'not_a_host_name'],
  ['\u200da.com', 'not_a_host_name'],
  ['אa.com', 'not_a_host_name'],
  ['a\ud800.com', 'not_a_host_name'],
  ['☃.net', 'not_a_host_name'],
  ['xn--n3h.net', 'not_a_host_name'],
  ['1.2.3.4', 'ip_address'],
  ['0x7f.1', 'ip_address'],
  ['2130706433', 'ip_address'],
  ['0177.0.0.1', 'ip_address'],
  ['１２７.０.０.１', 'ip_address'],
  ['127.0.0.1:80', 'ip_address'],
  ['10.0.0.7', 'ip_address'],
  ['[::1]', 'ip_address'],
  ['[::ffff:127.0.0.1]:80', 'ip_address'],
  [`${'a'.repeat(64)}.com`, 'too_long'],
  [`${'a.'.repeat(130)}com`, 'too_long'],
  ['x'.repeat(1_000_000), 'too_long'],
  ['intranet', 'single_label'],
  ['com', 'single_label'],
  ['localhost', 'own_name'],
  ['LOCALHOST.', 'own_name'],
  ['logs.sluice.example', 'own_name'],
  ['Logs.Sluice.Example.:443', 'own_name'],
  ['sluice', 'own_name'],
  ['login.logs.sluice.example', 'own_name'],
  ['workers.dev', 'own_name'],
  ['sluice.somebody.workers.dev', 'own_name'],
  ['printer.local', 'special_use'],
  ['db.internal', 'special_use'],
  ['1.0.0.127.in-addr.arpa', 'special_use'],
  ['abc.onion', 'special_use'],
  ['co.uk', 'public_suffix'],
  ['CO.UK.', 'public_suffix'],
  ['github.io', 'public_suffix'],
  ['a.ck', 'public_suffix'],
  ['x.kawasaki.jp', 'public_suffix'],
  ['公司.cn', 'public_suffix'],
  ['xn--55qx5d.cn', 'public_suffix'],
  // Cyrillic а among Latin letters.
  ['p\u0430ypal.com', 'look_alike'],
  ['xn--pypal-4ve.com', 'look_alike'],
  // Greek omicron among Latin letters.
  ['g\u03bfogle.com', 'look_alike'],
  ['www.g\u043eogle.com', 'look_alike'],
  // Cyrillic throughout, and reads as apple.
  ['аррӏе.com', 'look_alike'],
  ['xn--80ak6aa92e.com', 'look_alike'],
  // Greek throughout, and reads as aik.
  ['αικ.com', 'look_alike'],
  // Cherokee, which nobody expects beside or in the place of Latin.
  ['Ꭺpple.com', 'look_alike'],
  ['ꭺꮲꮲ.com', 'look_alike'],
  // Phonetic letters.
  ['ɑpple.com', 'look_alike'],
  ['ɡoogle.com', 'look_alike'],
  // Cyrillic below our own host, and below localhost everything is ours.
  ['\u0430cme.logs.sluice.example', 'look_alike'],
]

/** Letters of many scripts that IDNA has treated alike for years, and what stands between them. */
const ALPHABET = [...'abzAZ019-..-_аеоЖßüÉαως日本ァあ한ﺎאبन\u200c\u200d\u00adＡ．。ﬀ₁①ıİ☃']

/**
 * A hash over what becomes of 10,000 names. It is the same wherever the same parser of URLs is: Node and workerd must agree
 * about every host, or a domain would be registered under one name and asked for by another.
 */
export function digestOfNames(): string {
  const hash = createHash('sha256')
  let state = 20_261_121
  const next = (bound: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * bound)
  }
  for (let name = 0; name < 10_000; name++) {
    const text = Array.from({ length: 1 + next(12) }, () => ALPHABET[next(ALPHABET.length)]).join('')
    const parsed = parseDomainName(`${text}${['', '.com', '.рф', '.jp', '.localhost'][next(5)]}`, SERVICE_HOSTS)
    hash.update(parsed.ok ? `${parsed.domain.name} ${parsed.domain.unicodeName}\n` : `${parsed.fault}\n`)
  }
  return hash.digest('hex')
}

/** What digestOfNames says, in every runtime. */
export const NAMES_DIGEST = 'c32cdb49c074e7f5610e055ca5330795f4ae5909872f0ebdb10791e4cc7664f0'
