import { runScript } from './bootstrap.mjs'

// node scripts/run.mjs bench/run.ts --flags: installs what is missing and runs the script under Node 24.
const [script, ...args] = process.argv.slice(2)
await runScript(script, args)
