import { SAMPLED_RULES_MAX } from '../limits/limits'

/**
 * The running account of a tenant: for each key, received = stored + duplicate + sampled + all rejected. It is written in the
 * same transaction as the records, so it is true at every moment, also after a crash.
 */
export interface Ledger {
  readonly keys: Readonly<Record<string, Account>>
  /** Bytes of segments that were sealed. */
  readonly bytesStored: number
  readonly operations: Operations
  /** Of the records that were sampled, how many each rule took, by its id; absent before the first. */
  readonly sampledBy?: Readonly<Record<string, number>>
}

export interface Account {
  readonly received: number
  readonly stored: number
  readonly duplicate: number
  /** Dropped or sampled away by rules of the tenant. */
  readonly sampled: number
  /** Part of the account from its beginning, and always 0: what rules drop is counted as sampled. */
  readonly dropped: number
  /** Records not taken, by problem code. */
  readonly rejected: Readonly<Record<string, number>>
  readonly bytesIn: number
}

/** Platform operations spent on the tenant, from which a cost can be computed. */
export interface Operations {
  readonly requests: number
  readonly rowsWritten: number
  readonly kvWrites: number
  readonly d1RowsWritten: number
  readonly archiveWrites: number
}

export const EMPTY_ACCOUNT: Account = {
  received: 0,
  stored: 0,
  duplicate: 0,
  sampled: 0,
  dropped: 0,
  rejected: {},
  bytesIn: 0,
}

export const EMPTY_LEDGER: Ledger = {
  keys: {},
  bytesStored: 0,
  operations: { requests: 0, rowsWritten: 0, kvWrites: 0, d1RowsWritten: 0, archiveWrites: 0 },
}

/** The ledger after a key's batch. */
export function recordBatch(ledger: Ledger, keyId: string, batch: Partial<Account>): Ledger {
  const account = Object.hasOwn(ledger.keys, keyId) ? ledger.keys[keyId] : EMPTY_ACCOUNT
  return { ...ledger, keys: { ...ledger.keys, [keyId]: addAccounts(account, { ...EMPTY_ACCOUNT, ...batch }) } }
}

/** The ledger after rules have taken records of a batch, by the rule's id. Of rules beyond SAMPLED_RULES_MAX the sum is kept. */
export function recordSampled(ledger: Ledger, sampled: Readonly<Record<string, number>> = {}): Ledger {
  if (Object.keys(sampled).length === 0) return ledger
  const sampledBy: Record<string, number> = { ...ledger.sampledBy }
  for (const [rule, count] of Object.entries(sampled)) {
    const isKnown = Object.hasOwn(sampledBy, rule) || Object.keys(sampledBy).length < SAMPLED_RULES_MAX
    const name = isKnown ? rule : OTHER_RULES
    sampledBy[name] = (Object.hasOwn(sampledBy, name) ? sampledBy[name] : 0) + count
  }
  return { ...ledger, sampledBy }
}

/** Under what rules beyond SAMPLED_RULES_MAX are counted. */
const OTHER_RULES = 'other'

/** How many records are in a count by reason. */
export const sumOf = (counts: Readonly<Record<string, number>> = {}): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0)

/** The ledger after some operations. */
export function recordOperations(ledger: Ledger, spent: Partial<Operations>): Ledger {
  const operations = { ...ledger.operations }
  for (const name of OPERATION_NAMES) operations[name] += spent[name] ?? 0
  return { ...ledger, operations }
}

/** All keys together. */
export const totalOf = (ledger: Ledger): Account => Object.values(ledger.keys).reduce(addAccounts, EMPTY_ACCOUNT)

/** How many records an account says were refused, whatever the reason. */
export const rejectedTotal = (account: Account): number => sumOf(account.rejected)

/** Zero when the account adds up. */
export const imbalance = (account: Account): number =>
  account.received - account.stored - account.duplicate - account.sampled - account.dropped - rejectedTotal(account)

const OPERATION_NAMES = ['requests', 'rowsWritten', 'kvWrites', 'd1RowsWritten', 'archiveWrites'] as const

function addAccounts(left: Account, right: Account): Account {
  return {
    received: left.received + right.received,
    stored: left.stored + right.stored,
    duplicate: left.duplicate + right.duplicate,
    sampled: left.sampled + right.sampled,
    dropped: left.dropped + right.dropped,
    rejected: addCounts(left.rejected, right.rejected),
    bytesIn: left.bytesIn + right.bytesIn,
  }
}

function addCounts(
  left: Readonly<Record<string, number>>,
  right: Readonly<Record<string, number>>,
): Record<string, number> {
  const sum = { ...left }
  for (const [code, count] of Object.entries(right)) sum[code] = (Object.hasOwn(sum, code) ? sum[code] : 0) + count
  return sum
}
