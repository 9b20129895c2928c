import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** Clock ticks a second of /proc's counters, on every Linux that Node runs on. */
const TICKS = 100
const PAGE_BYTES = 4096

export interface TreeUse {
  /** CPU seconds of the process and everything below it. */
  readonly cpuSeconds: number
  readonly residentBytes: number
  /** CPU seconds of each thread, by its id. */
  readonly threadSeconds: ReadonlyMap<string, number>
  /** SQLite files that are open: of the databases, and of each tenant whose object is in memory. */
  readonly openDatabases: number
}

/** What a process and its descendants have used. Linux only: elsewhere the bench prints no such numbers. */
export function measureTree(rootPid: number): TreeUse {
  const processes = idsIn('/proc').flatMap((id) => readStat(`/proc/${id}`))
  const members = new Set([`${rootPid}`])
  for (let size = 0; size !== members.size; ) {
    size = members.size
    for (const { id, parent } of processes) if (members.has(parent)) members.add(id)
  }
  const own = processes.filter(({ id }) => members.has(id))
  const threads = own.flatMap(({ id }) =>
    idsIn(`/proc/${id}/task`).flatMap((task) => readStat(`/proc/${id}/task/${task}`)),
  )
  return {
    cpuSeconds: own.reduce((sum, { seconds }) => sum + seconds, 0),
    residentBytes: own.reduce((sum, { pages }) => sum + pages, 0) * PAGE_BYTES,
    threadSeconds: new Map(threads.map(({ id, seconds }) => [id, seconds])),
    openDatabases: new Set(own.flatMap(({ id }) => openFiles(id)).filter((file) => file.endsWith('.sqlite'))).size,
  }
}

/** CPU seconds of the thread that was busiest between two measurements. */
export function busiestThreadSeconds(before: TreeUse, after: TreeUse): number {
  const used = Array.from(after.threadSeconds, ([id, seconds]) => seconds - (before.threadSeconds.get(id) ?? 0))
  return Math.max(...used)
}

const idsIn = (directory: string): string[] =>
  unlessGone(() => readdirSync(directory)).filter((name) => /^\d+$/.test(name))

const openFiles = (id: string): string[] =>
  idsIn(`/proc/${id}/fd`).flatMap((file) => unlessGone(() => [readlinkSync(`/proc/${id}/fd/${file}`)]))

/** A process or a thread, as proc(5) says: the name in parentheses may hold anything. */
const readStat = (directory: string): { id: string; parent: string; seconds: number; pages: number }[] =>
  unlessGone(() => {
    const stat = readFileSync(`${directory}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const seconds = (Number(fields[11]) + Number(fields[12])) / TICKS
    return [{ id: stat.split(' ', 1)[0], parent: fields[1], seconds, pages: Number(fields[21]) }]
  })

/** Processes, threads and files come and go while they are listed. */
function unlessGone<Found>(read: () => Found[]): Found[] {
  try {
    return read()
  } catch {
    return []
  }
}
