import { it } from 'vitest'
import { blocksOf, sealedTables } from '/work/main/test/support/log-tables'
import { sampleLogs } from '/work/main/test/support/sample-logs'
import { compileFilter } from '/work/main/src/query/filter'
import { parseQuery } from '/work/main/src/query/parse'
import { countMatches } from '/work/main/src/query/mask'
it('speed', () => {
  const start = Date.UTC(2026, 10, 21, 10)
  const logs = sampleLogs({ count: 30000, seed: 1, startMs: start }).map((l, i) => l.replace(/}}$/, `},"http":{"status":${200 + (i % 7) * 50}},"amount":${i % 977}.5,"tags":["a${i % 50}","b"]}`))
  const [{ table }] = sealedTables(blocksOf([logs], { nowMs: start }).inputs)
  for (const q of ['rocessed', '"status 500"', '~"status 5\\d\\d$"', '*:deadbeef', '*:500', 'ip:10.0.0.0/8', '*:4bf92', 'http.status:500..599', 'amount:>100', 'tags:a7', '*:a7x', 'level:error', 'status:error', 'has:tags', 'time:*T10:00:0*']) {
    const c = compileFilter(parseQuery(q).filter, start)
    if (!c.ok) throw new Error(q)
    let best = 1e9, n = 0
    for (let r = 0; r < 4; r++) { const t = performance.now(); n = countMatches(c.filter.evaluate(table), table.rows); best = Math.min(best, performance.now() - t) }
    console.log(q.padEnd(24), n, best.toFixed(2), 'ms per 30k')
  }
})
