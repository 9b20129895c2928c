import { getPublicSuffix } from 'tldts'
import { describe, expect, it } from 'vitest'
import { suffixModule } from '../../scripts/public-suffixes/suffix-module'
import { parseDomainName } from '../../src/domains/domain-name'
import { toHostName } from '../../src/domains/host-name'
import { isPublicSuffix } from '../../src/domains/public-suffix'
import { PUBLIC_SUFFIXES } from '../../src/domains/public-suffixes'
import { toUnicodeLabel } from '../../src/domains/punycode'
import { hostOf } from '../../src/http/configure'
import { ACCEPTED, digestOfNames, NAMES_DIGEST, REFUSED, SERVICE_HOSTS } from '../support/host-names'

describe('parseDomainName', () => {
  it('brings every spelling of a name into one', () => {
    for (const [text, name, kind = 'custom'] of ACCEPTED) {
      const parsed = parseDomainName(text, SERVICE_HOSTS)
      expect(parsed, text).toMatchObject({ ok: true, domain: { name, kind } })
      expect(hostOf(`http://${text}/logs`, null), text).toBe(name)
      expect(hostOf(`http://${name}/logs`, text), text).toBe(name)
      expect(hostOf(`http://${name}/logs`, `x.${name}`), text).toBe('')
    }
  })

  it('refuses what nobody can own, what is ours, and what deceives, and says why', () => {
    for (const [text, fault] of REFUSED) {
      const parsed = parseDomainName(text, SERVICE_HOSTS)
      expect(parsed, text.slice(0, 100)).toMatchObject({ ok: false, fault })
      expect(JSON.stringify(parsed).length).toBeLessThan(300)
    }
  })

  it('does the same as in workerd for 10,000 names', () => {
    expect(digestOfNames()).toBe(NAMES_DIGEST)
  })

  it('reads 10,000 names in well under a second of work', () => {
    const names = Array.from({ length: 10_000 }, (_, number) => `host-${number}.customers.example.co.uk`)
    const parsed = names.map((name) => parseDomainName(name, SERVICE_HOSTS))
    expect(parsed.filter(({ ok }) => ok)).toHaveLength(10_000)
  })
})

describe('toUnicodeLabel', () => {
  it('undoes the samples of RFC 3492', () => {
    const samples = {
      'xn--ihqwcrb4cv8a8dqg056pqjye': '他们为什么不说中文',
      'xn--egbpdaj6bu4bxfgehfvwxn': 'ليهمابتكلموشعربي؟',
      'xn--4dbcagdahymbxekheh6e0a7fei0b': 'למההםפשוטלאמדבריםעברית',
      'xn--d9juau41awczczp': 'そのスピードで',
      'xn--porqunopuedensimplementehablarenespaol-fmd56a': 'porquénopuedensimplementehablarenespañol',
    }
    for (const [label, unicode] of Object.entries(samples)) expect(toUnicodeLabel(label)).toBe(unicode)
  })

  it('says of what has no meaning that it has none', () => {
    for (const label of ['xn--', 'xn--a-', 'xn--99999999', 'xn--aaaaaaaaaaaaaaaaaaaaa9', 'xn--ü'])
      expect(toUnicodeLabel(label), label).toBeUndefined()
  })
})

describe('the list of public suffixes', () => {
  it('is the one that the installed tldts brings', async () => {
    expect(await suffixModule()).toContain(PUBLIC_SUFFIXES)
  })

  it('knows each suffix of it, and no name below one', () => {
    const suffixes = namesIn(PUBLIC_SUFFIXES)
    expect(suffixes.length).toBeGreaterThan(8000)
    const mistaken = suffixes.filter((name) => {
      const below = `shop.${name}`
      return isPublicSuffix(name) !== isSuffixByTldts(name) || isPublicSuffix(below) !== isSuffixByTldts(below)
    })
    expect(mistaken).toEqual([])
  })
})

const isSuffixByTldts = (name: string): boolean =>
  getPublicSuffix(toHostName(name) ?? '', { allowPrivateDomains: true, validateHostname: false }) === name

/** Every name that the list spells out; a label of its own stands for `*`. */
function namesIn(list: string): string[] {
  const names: string[] = []
  const path: string[] = []
  for (const [token] of list.matchAll(/[^(),\n]+\(?|\)/g)) {
    if (token === ')') path.pop()
    else {
      const label = token.replace(/[!^]?\(?$/, '').replace('*', 'wild')
      names.push([label, ...path.toReversed()].join('.'))
      if (token.endsWith('(')) path.push(label)
    }
  }
  return names
}
