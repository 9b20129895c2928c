import { describe, expect, it } from 'vitest'
import { RecordRule, type Rule, TriggerRule } from '../../src/rules/rule'
import { faultsOfRule } from '../../src/rules/rule-faults'

const kept = { version: 1, name: 'x', created_at: '2026-11-21T10:00:00Z', updated_at: '2026-11-21T10:00:00Z' }

const marking = (id: string, set: object, query = 'x'): Rule =>
  RecordRule.parse({ ...kept, id, kind: 'record', query, active: 'on_demand', effect: { set } })

const switching = (id: string, query: string, rule: string): TriggerRule =>
  TriggerRule.parse({
    ...{ ...kept, id, kind: 'trigger', query, trigger: { type: 'match' } },
    actions: [{ type: 'record_rule', rule, for: '5m' }],
  })

const codesOf = (rule: TriggerRule, others: readonly Rule[]) => faultsOfRule(rule, others).map(({ code }) => code)

describe('actions that lead back to their own rule', () => {
  const auth = marking('rul_auth', { category: 'auth', tags: ['people'] })

  it.each([
    'category:auth',
    'CATEGORY:Auth error',
    'tags:people OR a',
    'tags:(a OR people)',
    'category:a*',
    'has:x category:*',
  ])('are refused where the query asks for what is set: %s', (query) => {
    expect(codesOf(switching('rul_t', query, 'rul_auth'), [auth])).toEqual(['cyclic_actions'])
  })

  it.each(['category:payments', '-category:auth', 'severity:high', 'auth', 'tags:peoples', 'service:auth'])(
    'are none where it asks for something else: %s',
    (query) => {
      expect(codesOf(switching('rul_t', query, 'rul_auth'), [auth])).toEqual([])
    },
  )

  it('are found by way of other rules, however they go round', () => {
    const hot = marking('rul_hot', { severity: 'high' })
    const between = switching('rul_between', 'category:auth', 'rul_hot')
    const back = switching('rul_back', 'severity:high', 'rul_auth')
    const others = [auth, hot, between]
    expect(codesOf(back, others)).toEqual(['cyclic_actions'])
    expect(codesOf(switching('rul_back', 'severity:low', 'rul_auth'), others)).toEqual([])
    // Two others that go round between themselves are not this rule's fault, and are still an end.
    const round = [
      auth,
      hot,
      switching('rul_a', 'severity:high', 'rul_auth'),
      switching('rul_b', 'category:auth', 'rul_hot'),
    ]
    expect(codesOf(switching('rul_c', 'login', 'rul_auth'), round)).toEqual([])
  })

  it('are judged by the rule as it will be, not by an older version of it', () => {
    const before = switching('rul_t', 'category:auth', 'rul_auth')
    expect(codesOf(switching('rul_t', 'login', 'rul_auth'), [auth, before])).toEqual([])
  })
})

it('an action names a record rule that waits to be switched on', () => {
  const always = RecordRule.parse({ ...kept, id: 'rul_always', kind: 'record', query: 'x', effect: { sample: 0.5 } })
  const other = switching('rul_other', 'x', 'rul_always')
  for (const target of ['rul_always', 'rul_other', 'rul_nobodys', 'rul_t'])
    expect(codesOf(switching('rul_t', 'a', target), [always, other])).toEqual(['unknown_record_rule'])
})
