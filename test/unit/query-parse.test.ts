import { describe, expect, it } from 'vitest'
import { parseQuery } from '../../src/query/parse'
import { printQuery } from '../../src/query/print'
import { LIST_ITEMS_MAX, QUERY_DEPTH_MAX, REGEXES_MAX } from '../../src/query/query-limits'
import type { Node } from '../../src/query/syntax'
import examples from '../format/query-examples.json'
import { treeOf } from '../support/query-tree'

const read = (text: string): string => treeOf(parseQuery(text))
const codes = (text: string): string[] => parseQuery(text).diagnostics.map(({ code }) => code)
const errors = (text: string) => parseQuery(text).diagnostics.filter(({ severity }) => severity === 'error')

const leaves = (node: Node | undefined): readonly Node[] => {
  if (!node) return []
  if (node.type === 'and' || node.type === 'or') return node.children.flatMap(leaves)
  return node.type === 'not' ? leaves(node.child) : [node]
}

/** The query with the first fix put in. */
const mended = (text: string): string => {
  const diagnostic = parseQuery(text).diagnostics.find(({ fix }) => fix !== undefined)
  if (!diagnostic) return text
  return text.slice(0, diagnostic.span.from) + diagnostic.fix + text.slice(diagnostic.span.to)
}

describe('the documented examples', () => {
  for (const { query, means, tree } of examples.examples) {
    it(`reads ${query} as ${means}`, () => {
      expect(read(query)).toBe(tree)
      expect(parseQuery(query).diagnostics).toEqual([])
      expect(read(printQuery(parseQuery(query)))).toBe(tree)
    })
  }
})

describe('pasted lines', () => {
  const pasted = [
    ...examples.mustStayText,
    'a -> b => c',
    "rock 'n roll",
    'exit != 0',
    'List<String> is empty',
    'really?',
    'a - b -- c',
    '--- FAIL: TestX',
    'db-10.0.0.1:5432 refused',
    'Foo::bar ptr->next',
    '~ # @ % &',
    '{not a selector}',
  ]
  for (const text of pasted) {
    it(`keeps as text: ${text}`, () => {
      expect(leaves(parseQuery(text).filter).filter(({ type }) => type !== 'text')).toEqual([])
      expect(errors(text)).toEqual([])
      expect(parseQuery(text).pipes).toEqual([])
    })
  }

  it('never turns one into a negation', () => {
    expect(read('user not found')).toBe('(and contains«user» contains«not» contains«found»)')
    expect(read('a -> b')).toBe('(and contains«a» contains«->» contains«b»)')
    expect(read('--verbose')).toBe('contains«verbose»')
  })
})

describe('input that is wrong or not finished', () => {
  for (const text of examples.mustRecover) {
    it(`says what is wrong with ${JSON.stringify(text)} and still runs`, () => {
      expect(codes(text).length > 0).toBe(text.trim() !== '')
      expect(errors(printQuery(parseQuery(text)))).toEqual([])
    })
  }

  it.each([
    ['( unbalanced', 'unclosed_group', 'contains«unbalanced»'],
    ['"unterminated', 'unclosed_string', 'phrase«unterminated»'],
    ['level:error OR', 'missing_operand', 'level eq error'],
    ['timeout OR', 'missing_operand', 'contains«timeout»'],
    ['AND foo', 'missing_operand', 'contains«foo»'],
    ['foo NOT', 'missing_operand', 'contains«foo»'],
    ['a OR OR b', 'missing_operand', '(or contains«a» contains«b»)'],
    ['and then', 'missing_operand', 'contains«then»'],
    ['foo) bar', 'unexpected_close', '(and contains«foo» contains«bar»)'],
    ['main() failed', 'empty_group', '(and contains«main» contains«failed»)'],
    ['key=', 'missing_value', 'contains«key=»'],
    ['service:(a OR b', 'unclosed_list', 'service∈[a b]'],
    ['service:() x', 'missing_value', 'contains«x»'],
    ['a:(b AND c)', 'malformed_list', 'a∈[b c]'],
    ['status:[1 TO 5', 'unclosed_range', 'status∈[1…5]'],
    ['{a="b", c="d"', 'unclosed_selector', '(and a eq b c eq d)'],
    ['{a="b", ?} x', 'malformed_selector', '(and a eq b contains«x»)'],
    ['level:eror', 'unknown_level', 'level eq eror'],
    ['level:>=wran,info', 'unknown_level', '(or level >= wran level eq info)'],
    ['status:/5../', 'slashes_are_text', 'status eq /5../'],
    ['foo | bogus', 'unknown_pipe', 'contains«foo»'],
    ['foo | cuont by x', 'unknown_pipe', 'contains«foo»'],
    ['foo |', 'missing_pipe', 'contains«foo»'],
    ['foo | limit x', 'malformed_pipe', 'contains«foo»'],
    ['foo | stats medain(x)', 'malformed_pipe', 'contains«foo»'],
    ['foo | count service', 'unexpected_argument', 'contains«foo» ⇒ count[]'],
  ])('reads %s with %s', (text, code, tree) => {
    expect(codes(text)).toEqual([code])
    expect(read(text)).toBe(tree)
  })

  it.each([
    ['level:eror', 'level:error'],
    ['status:/5../', 'status:~"5.."'],
    ['"weird:name"!=/5../', '"weird:name"!~"5.."'],
    ['( unbalanced', '( unbalanced)'],
    ['"unterminated', '"unterminated"'],
    ['foo | bogus', 'foo '],
    ['foo | cuont by x', 'foo | count by x'],
    ['foo | count service', 'foo | count '],
  ])('mends %s', (text, better) => {
    expect(mended(text)).toBe(better)
    expect(codes(better)).toEqual([])
  })

  it('does not warn of paths, known levels or numbers', () => {
    for (const text of ['http.path:/api/v1/', 'path:/static/', 'level:WARNING,crit,30', 'level:"err"', 'level:*']) {
      expect(codes(text), text).toEqual([])
    }
  })
})

describe('terms', () => {
  it.each([
    ['a or b and c', '(or contains«a» (and contains«b» contains«c»))'],
    ['a || b && c', '(or contains«a» (and contains«b» contains«c»))'],
    ['NOT a OR !b -c', '(or ¬contains«a» (and ¬contains«b» ¬contains«c»))'],
    ['NOT -a +b', '(and contains«a» contains«b»)'],
    ['-(a b)', '¬(and contains«a» contains«b»)'],
    ['-level!=debug', 'level eq debug'],
    ['a:>=5 b>5 c:<=5 d<5', '(and a >= 5 b > 5 c <= 5 d < 5)'],
    ['a:=b*c,d a==x', '(and a eq b*c,d a eq x)'],
    ['a=~x.*\\( b!~"y"', '(and a regex x.*\\( ¬b regex y)'],
    ['a:"b c",d', 'a∈[b c d]'],
    ['code=500, retry', '(and code eq 500 contains«retry»)'],
    ['a:b*,c', '(or a glob b* a eq c)'],
    ['a:(>=500 OR 404)', '(or a >= 500 a eq 404)'],
    ['a:(b c)', 'a∈[b c]'],
    ['a:500.. b:..5 c:[* TO 5} d:1s..2m', '(and a∈[500…*] b∈[*…5] c∈[*…5} d∈[1s…2m])'],
    ['a:["2026-01-01 00:00" TO *]', 'a∈[2026-01-01 00:00…*]'],
    ['a:../b a:[main] a:v1..v2', '(and a eq ../b a eq [main] a eq v1..v2)'],
    ['ip:2001:db8::/32 ip=::1/128 ip:10.0.0.0/99', '(and ip cidr 2001:db8::/32 ip cidr ::1/128 ip eq 10.0.0.0/99)'],
    ['a\\ b a\\*b cc:\\*d e\\:f', '(and contains«a b» contains«a*b» cc eq *d contains«e:f»)'],
    ['te?t id=4? x\\**', '(and glob«te?t» id glob 4? glob«x\\**»)'],
    ['"a\\"b\\n\\d" `a\\n`', '(and phrase«a"b\n\\d» phrase«a\\n»)'],
    ['_msg:x _time:>=2026-01-01', '(and message eq x time >= 2026-01-01)'],
    ['url:https://a.b/c time:10:31', '(and url eq https://a.b/c time eq 10:31)'],
    ['x-request-id:1 größe:2 a.b-c.d_e:3', '(and x-request-id eq 1 größe eq 2 a.b-c.d_e eq 3)'],
    ['a # note to self\nb', '(and contains«a» contains«b»)'],
    ['a #\nb', '(and contains«a» contains«b»)'],
    ['""', ''],
    ['id:""', 'id eq '],
  ])('reads %s', (text, tree) => {
    expect(read(text)).toBe(tree)
    expect(parseQuery(text).diagnostics).toEqual([])
  })
})

describe('selectors and pasted JSON', () => {
  it.each([
    ['{}', ''],
    ['{"level":"error","msg":"x"}', '(and level eq error message eq x)'],
    ['{ "http": {"status": 500, "path":"/a"}, "ok": true }', '(and http.status eq 500 http.path eq /a ok eq true)'],
    ['{"a":"caf\\u00e9 \\/ *"}', 'a eq café / *'],
    ['{"a":null,"b":-1.5e3}', '(and a eq null b eq -1.5e3)'],
    ['{a!="b", c!~`\\d`} x', '(and (and ¬a eq b ¬c regex \\d) contains«x»)'],
    ["{ level: 'error' }", 'level eq error'],
  ])('reads %s', (text, tree) => {
    expect(read(text)).toBe(tree)
    expect(codes(text)).toEqual([])
  })

  it('leaves arrays out and says so', () => {
    expect(read('{"tags":["a",{"b":"]"}],"c":1}')).toBe('c eq 1')
    expect(codes('{"tags":["a",{"b":"]"}],"c":1}')).toEqual(['array_ignored'])
  })
})

describe('pipes', () => {
  it.each([
    ['| count by a, b c', 'count[by a, b, c]'],
    ['| count by "weird field", "by"', 'count[by weird field, by]'],
    ['| stats count as n, p95(d) AS slow by x', 'stats[count() as n, p95(d) as slow by x]'],
    ['| top error.type', 'top[10 error.type]'],
    ['| top 5 by a, b', 'top[5 a, b]'],
    ['| timeline', 'timeline[]'],
    ['| timeline 1h30m', 'timeline[90m]'],
    ['| timeline by @level', 'timeline[by level]'],
    ['| sort p95(d) desc | sort -"my column" | sort -count()', 'sort[-p95(d)] ⇒ sort[-my column] ⇒ sort[-count()]'],
    ['| fields time, msg | dedup trace_id | limit 5', 'fields[time, message] ⇒ dedup[trace_id] ⇒ limit[5]'],
    ['| COUNT # how many', 'count[]'],
  ])('reads %s', (text, tree) => {
    expect(read(text)).toBe(tree)
    expect(codes(text)).toEqual([])
    expect(read(printQuery(parseQuery(text)))).toBe(tree)
  })

  it.each(['| top', '| top 0 a', '| timeline 5', '| stats', '| stats p95()', '| stats p95(a', '| stats count() as'])(
    'drops %s',
    (text) => {
      expect(codes(text)).toEqual(['malformed_pipe'])
      expect(parseQuery(text).pipes).toEqual([])
    },
  )
})

describe('limits', () => {
  it('refuses more than 4 KiB of UTF-8 and reads as much', () => {
    expect(codes('x'.repeat(4096))).toEqual([])
    expect(codes('é'.repeat(2048))).toEqual([])
    for (const text of ['x'.repeat(4097), 'é'.repeat(2049)]) {
      expect(codes(text)).toEqual(['query_too_long'])
      expect(parseQuery(text).filter).toBeUndefined()
    }
  })

  it('leaves out what is nested deeper than 20', () => {
    const nested = (depth: number) => `x ${'('.repeat(depth)}a${')'.repeat(depth)}`
    expect(codes(nested(QUERY_DEPTH_MAX))).toEqual([])
    expect(codes(nested(QUERY_DEPTH_MAX + 1))).toEqual(['query_too_deep'])
    expect(read(nested(QUERY_DEPTH_MAX + 1))).toBe('contains«x»')
    expect(codes(`${'{"a":'.repeat(21)}1${'}'.repeat(21)}`)).toEqual(['query_too_deep'])
  })

  it('survives a text of nothing but openings', () => {
    for (const opening of ['(', '-', 'NOT ', '{"a":', 'a:(', '"', '[', '{', '|', '!(']) {
      const text = opening.repeat(Math.floor(4096 / opening.length))
      expect(() => printQuery(parseQuery(text)), opening).not.toThrow()
    }
  })

  it('keeps the first 500 values of a list', () => {
    const list = (items: number) => `a:${Array.from({ length: items }, (_, index) => index).join(',')}`
    expect(codes(list(LIST_ITEMS_MAX))).toEqual([])
    expect(codes(list(LIST_ITEMS_MAX + 1))).toEqual(['too_many_values'])
    expect(read(list(LIST_ITEMS_MAX + 1))).toBe(read(list(LIST_ITEMS_MAX)))
  })

  it('keeps the first 20 regular expressions', () => {
    const many = (count: number) => Array.from({ length: count }, (_, index) => `a:~${index}`).join(' ')
    expect(codes(many(REGEXES_MAX))).toEqual([])
    expect(codes(many(REGEXES_MAX + 1))).toEqual(['too_many_regexes'])
    expect(read(many(REGEXES_MAX + 1))).toBe(read(many(REGEXES_MAX)))
  })
})
