import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, it } from 'vitest'
import { countsOf, outcomeOf, summaryLine, sumOf } from '../../scripts/test/counts'
import { parseTestArgs } from '../../scripts/test/test-args'

it('runs everything when nothing is asked for: what is for one core beside what is for the other', () => {
  expect(parseTestArgs([])).toEqual({
    isWhole: true,
    needsClients: true,
    stages: [
      [[['--project=node']]],
      [[['--project=worker']], [['--project=clients'], ['--project=browser']]],
      [[['--project=e2e']]],
    ],
    environment: {},
  })
})

it('hands filters to every project and leaves out the other steps', () => {
  expect(parseTestArgs(['test/unit/x.test.ts'])).toMatchObject({
    isWhole: false,
    needsClients: false,
    stages: [
      [[['--project=node', 'test/unit/x.test.ts']]],
      [
        [['--project=worker', 'test/unit/x.test.ts']],
        [
          ['--project=clients', 'test/unit/x.test.ts'],
          ['--project=browser', 'test/unit/x.test.ts'],
        ],
      ],
      [[['--project=e2e', 'test/unit/x.test.ts']]],
    ],
  })
})

it('installs the real clients only when their tests are asked for', () => {
  expect(parseTestArgs(['test/clients/loki.test.ts'])).toMatchObject({ isWhole: false, needsClients: true })
  expect(parseTestArgs(['--coverage']).needsClients).toBe(false)
})

it('runs the programs of others only when asked to', () => {
  expect(parseTestArgs(['--shippers'])).toEqual({
    ...{ isWhole: false, needsClients: false },
    stages: [[[['--project=shippers']]]],
    environment: {},
  })
})

it('soaks end to end and with new cases for properties, and measures coverage over node and worker in one run', () => {
  expect(parseTestArgs(['--soak'])).toEqual({
    isWhole: false,
    needsClients: false,
    stages: [[[['--project=node', '--project=e2e']]]],
    environment: { SLUICE_SOAK: '1' },
  })
  const [coverage, ...others] = parseTestArgs(['--coverage']).stages.flat(2)
  expect(coverage).toEqual(
    expect.arrayContaining(['--project=node', '--project=worker', '--coverage.thresholds.lines=85']),
  )
  expect(others).toEqual([])
})

it.each([
  [{}, 0, '5 passed, 0 failed'],
  [{ numFailedTests: 2 }, 1, '5 passed, 2 failed'],
  [{ numPendingTests: 1, numTodoTests: 1 }, 0, '5 passed, 2 failed'], // skipped is not passed
  [{}, 1, '5 passed, 1 failed'], // a file that does not load, a threshold that is missed
])('counts %j with exit code %i as %s', (part, exitCode, expected) => {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'sluice-counts-')), 'report.json')
  const report = { numPassedTests: 5, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, ...part }
  writeFileSync(file, JSON.stringify(report))
  expect(summaryLine(countsOf(file, exitCode))).toBe(expected)
})

it('counts a run that wrote no report by its exit code, and adds up', () => {
  expect(sumOf([countsOf('/none', 0), countsOf('/none', 1), outcomeOf(true), outcomeOf(false)])).toEqual({
    passed: 1,
    failed: 2,
  })
})
