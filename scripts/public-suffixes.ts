import { writeFileSync } from 'node:fs'
import { suffixModule } from './public-suffixes/suffix-module.ts'

// node scripts/run.mjs scripts/public-suffixes.ts, after tldts was updated: a test says when it is time.
writeFileSync('src/domains/public-suffixes.ts', await suffixModule())
