/** A name that needs no quotes: parts that start like a word, joined by dots. It never ends in `-`, so that `a->b` stays text. */
export const PLAIN_NAME = String.raw`[\p{L}_$](?:[\p{L}\p{N}_$-]*[\p{L}\p{N}_$])?(?:\.[\p{L}_$](?:[\p{L}\p{N}_$-]*[\p{L}\p{N}_$])?)*`

const WHOLE_PLAIN_NAME = new RegExp(`^${PLAIN_NAME}$`, 'u')

/** What other query languages and loggers call fields that every record has here. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ['_time', 'time'],
  ['_msg', 'message'],
  ['msg', 'message'],
])

/** The field that a typed name stands for. */
export const toFieldName = (typed: string): string => ALIASES.get(typed) ?? typed

/** Says whether a name reads back as itself without quotes. */
export const isPlainName = (name: string): boolean => WHOLE_PLAIN_NAME.test(name)
