import { runScript } from './bootstrap.mjs'

await runScript('scripts/run-tests.ts', process.argv.slice(2))
