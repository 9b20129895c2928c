/** Names under which every record has its level, whatever it was sent as. */
const LEVEL_NAMES: ReadonlySet<string> = new Set(['level', 'lvl', 'loglevel'])

/** Names under which every record has its time. */
const TIME_NAMES: ReadonlySet<string> = new Set(['time', 'timestamp', '@timestamp'])

export const isLevelName = (name: string): boolean => LEVEL_NAMES.has(name.toLowerCase())

export const isTimeName = (name: string): boolean => TIME_NAMES.has(name.toLowerCase())

export const isServiceName = (name: string): boolean => name.toLowerCase() === 'service'
