import { readdirSync, readFileSync } from 'node:fs'

/** Clock ticks a second of /proc's counters, on every Linux that Node runs on. */
const TICKS = 100
const PAGE_BYTES = 4096

export interface TreeUse {
  /** CPU seconds of the process and everything below it. */
  readonly cpuSeconds: number
  readonly residentBytes: number
}

/** What a process and its descendants have used. Linux only: elsewhere the bench prints no such numbers. */
export function measureTree(rootPid: number): TreeUse {
  const processes = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap(readProcess)
  const members = new Set([rootPid])
  for (let size = 0; size !== members.size; ) {
    size = members.size
    for (const { pid, parent } of processes) if (members.has(parent)) members.add(pid)
  }
  const own = processes.filter(({ pid }) => members.has(pid))
  return {
    cpuSeconds: own.reduce((sum, { ticks }) => sum + ticks, 0) / TICKS,
    residentBytes: own.reduce((sum, { pages }) => sum + pages, 0) * PAGE_BYTES,
  }
}

function readProcess(name: string): { pid: number; parent: number; ticks: number; pages: number }[] {
  try {
    const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return [
      {
        pid: Number(name),
        parent: Number(fields[1]),
        ticks: Number(fields[11]) + Number(fields[12]),
        pages: Number(fields[21]),
      },
    ]
  } catch {
    return [] // it has ended meanwhile
  }
}
