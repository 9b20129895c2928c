import { linkHash } from './link-hash'

/** What stands before the first entry. */
export const NO_ENTRY = { number: 0, hash: '0'.repeat(64) } as const

/** An entry as it is stored. */
export interface AuditRow {
  readonly number: number
  readonly hash: string
  readonly text: string
}

/** A place in the chain. */
export type AuditPoint = Pick<AuditRow, 'number' | 'hash'>

/** The hash of an entry: of this tenant's audit and of no other log, and of everything before it. */
export const auditHash = (tenantId: string, before: string, text: string): string =>
  linkHash(`sluice.audit.v1\n${tenantId}\n`, before, text)

/** Where the chain is broken, and how. */
export interface BrokenLink {
  readonly number: number
  readonly why: 'entry_missing' | 'entry_changed' | 'not_the_same' | 'beginning_missing'
}

/**
 * Holds entries against the chain, in their order, beginning after `before`. Answers the last one that is right, and the
 * first that is not. What was noted earlier of any of them is held against it too: who has rewritten all of the chain has
 * made another one.
 */
export function checkLinks(
  tenantId: string,
  before: AuditPoint,
  rows: Iterable<AuditRow>,
  noted: AuditPoint | undefined,
): { readonly last: AuditPoint; readonly broken: BrokenLink | undefined } {
  let last = before
  for (const { number, hash, text } of rows) {
    const why = faultOf()
    if (why !== undefined) return { last, broken: { number: why === 'entry_missing' ? last.number + 1 : number, why } }
    last = { number, hash }

    function faultOf(): BrokenLink['why'] | undefined {
      if (number !== last.number + 1) return 'entry_missing'
      if (auditHash(tenantId, last.hash, text) !== hash || numberIn(text) !== number) return 'entry_changed'
      return noted?.number === number && noted.hash !== hash ? 'not_the_same' : undefined
    }
  }
  return { last, broken: undefined }
}

function numberIn(text: string): unknown {
  try {
    return JSON.parse(text).number
  } catch {
    return undefined
  }
}

/**
 * What an entry tells of the ones that are kept no longer, if it is one that does: the chain then begins behind the last that
 * went, and only the newest of these entries says where that is.
 */
export function removedBy({ text }: AuditRow): AuditPoint | undefined {
  if (!text.includes('"action":"trim"')) return undefined
  const { action, removed } = JSON.parse(text)
  return action === 'trim' ? { number: removed.through, hash: removed.hash } : undefined
}

/** Rows as they travel: a line each, of number, hash and text. JSON text has no line ends. */
export const rowLine = ({ number, hash, text }: AuditRow): string => `${number} ${hash} ${text}\n`

/** Reads what `rowLine` wrote. */
export function parseRows(lines: string): AuditRow[] {
  return lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const first = line.indexOf(' ')
      const second = line.indexOf(' ', first + 1)
      return {
        number: Number(line.slice(0, first)),
        hash: line.slice(first + 1, second),
        text: line.slice(second + 1),
      }
    })
}
