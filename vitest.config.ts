import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'
import { buildApp } from './scripts/serve/build-app.ts'
import { workerVariables } from './scripts/serve/worker-variables.ts'

// The Worker is bound to the browser app's files.
await buildApp(import.meta.dirname)

export default defineConfig({
  test: {
    // One for each core of the smallest machine that runs them; what is about time has files that run one by one.
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'node',
          include: ['test/{unit,property,fault,format,web}/**/*.test.ts', 'test/*.test.ts'],
          setupFiles: ['test/support/property-seed.ts'],
        },
      },
      {
        plugins: [
          cloudflareTest({
            main: './test/support/limited-worker.ts',
            wrangler: { configPath: './wrangler.toml' },
            // As under npm start: tests that are not about limits ask more than the seeds allow.
            miniflare: {
              bindings: workerVariables({}, { SECRETS_KEY: Buffer.alloc(32, 's').toString('base64') }),
              // The world outside is away: whoever needs it in a test brings their own.
              outboundService: () => new Response(null, { status: 503 }),
            },
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
        // Real clients from npm, which are a package of their own: npm test installs it first.
        test: {
          name: 'clients',
          include: ['test/clients/*.test.ts'],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
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
