/** One run of npm test. */
export interface TestRun {
  /** Also format, lint, types and the bundle. Not when only some tests are asked for. */
  isWhole: boolean
  /** Tests with real clients are among them, so that those must be installed. */
  needsClients: boolean
  /** Runs of vitest, stage by stage: the lanes of a stage run beside each other, the runs of a lane one after another. */
  stages: Lane[][]
  environment: Record<string, string>
}

/** The arguments of runs of vitest. */
export type Lane = string[][]

const COVERAGE = [
  '--coverage.enabled',
  '--coverage.provider=istanbul',
  '--coverage.include=src/**/*.ts',
  '--coverage.include=durable-objects/**/*.ts',
  '--coverage.reporter=text-summary',
  '--coverage.reporter=html',
  '--coverage.thresholds.lines=85',
]

const PART = { isWhole: false, needsClients: false }

/** `--coverage`, `--soak`, `--shippers`, and the names of files, which are handed to vitest together with flags of its own. */
export function parseTestArgs(args: readonly string[]): TestRun {
  const filters = args.filter((arg) => !['--coverage', '--soak', '--shippers'].includes(arg))
  if (args.includes('--shippers')) return { ...PART, stages: [[[['--project=shippers', ...filters]]]], environment: {} }
  if (args.includes('--soak')) {
    // Property tests too: without a fixed seed they draw new cases.
    const projects = ['--project=node', '--project=e2e']
    return { ...PART, stages: [[[[...projects, ...filters]]]], environment: { SLUICE_SOAK: '1' } }
  }
  const isWhole = filters.length === 0
  if (args.includes('--coverage')) {
    // One run for both projects, so that their coverage is one sum. End to end runs in processes that are not measured.
    return {
      ...PART,
      stages: [[[['--project=node', '--project=worker', ...COVERAGE, ...filters]]]],
      environment: {},
    }
  }
  const needsClients = isWhole || filters.some((filter) => filter.includes('clients'))
  const lane = (...projects: string[]): Lane => projects.map((project) => [`--project=${project}`, ...filters])
  return {
    isWhole,
    needsClients,
    // The tests in workerd take one core, whatever there is. End to end is about time, too: it has the machine to itself.
    stages: [[lane('node')], [lane('worker'), lane('clients', 'browser')], [lane('e2e')]],
    environment: {},
  }
}
