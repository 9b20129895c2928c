import { existsSync, readFileSync } from 'node:fs'
import * as z from 'zod'

export interface Counts {
  passed: number
  failed: number
}

/** What vitest's JSON reporter writes, as far as it is counted. */
const Report = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numPendingTests: z.number(),
  numTodoTests: z.number(),
})

/** A skipped test is not a pass: it counts as failed, as does a run that broke outside of any test. */
export function countsOf(reportFile: string, exitCode: number): Counts {
  if (!existsSync(reportFile)) return { passed: 0, failed: exitCode === 0 ? 0 : 1 }
  const report = Report.parse(JSON.parse(readFileSync(reportFile, 'utf8')))
  const failed = report.numFailedTests + report.numPendingTests + report.numTodoTests
  return { passed: report.numPassedTests, failed: failed === 0 && exitCode !== 0 ? 1 : failed }
}

export const outcomeOf = (isGood: boolean): Counts => (isGood ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 })

export function sumOf(counts: readonly Counts[]): Counts {
  return {
    passed: counts.reduce((sum, { passed }) => sum + passed, 0),
    failed: counts.reduce((sum, { failed }) => sum + failed, 0),
  }
}

export const summaryLine = ({ passed, failed }: Counts): string => `${passed} passed, ${failed} failed`
