import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'
import { workerVariables } from './scripts/serve/worker-variables.ts'

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'node',
          include: ['test/{unit,property,fault,format}/**/*.test.ts', 'test/*.test.ts'],
          setupFiles: ['test/support/property-seed.ts'],
        },
      },
      {
        plugins: [
          cloudflareTest({
            main: './test/support/limited-worker.ts',
            wrangler: { configPath: './wrangler.toml' },
            // As under npm start: tests that are not about limits ask more than the seeds allow.
            miniflare: { bindings: workerVariables({}, {}) },
          }),
        ],
        test: {
          name: 'worker',
          include: ['test/worker/**/*.test.ts'],
          setupFiles: ['test/support/limit-worker-tests.ts'],
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        // Programs of others that send logs: they need more than Node, so npm test leaves them out.
        test: {
          name: 'shippers',
          include: ['test/shippers/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
})
