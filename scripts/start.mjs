import { runScript } from './bootstrap.mjs'

await runScript('scripts/serve.ts', process.argv.slice(2), { isLasting: true })
