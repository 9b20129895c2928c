import type { TailProblem } from '../../src/tail/frame-text'
import type { HistoryPage, HistoryRequest } from '../../src/tail/history'
import type { GuestBook, TailGuest } from '../../src/tail/tail-guest'
import type { RetentionRules } from '../../src/tenant/retention-rules'
import type { Holdings } from './holdings'

/** What the tails need of their object. */
export interface TailSurroundings {
  readonly ctx: Pick<
    DurableObjectState,
    'acceptWebSocket' | 'getWebSockets' | 'setWebSocketAutoResponse' | 'getWebSocketAutoResponseTimestamp'
  >
  readonly held: Pick<Holdings, 'journal' | 'sealed' | 'state'>
  readonly tenantId: () => string
  readonly clock: () => number
  /** The rules of retention in force, and the version of the tenant that they are of. */
  readonly retention: () => { readonly rules: RetentionRules; readonly edition: number }
  readonly guestBook: () => GuestBook
  /** How many tails there may be at once; undefined for any number. */
  readonly tailsMax: () => number | undefined
  /** Asks the entrypoint that reads the sealed log. */
  readonly readHistory: (request: HistoryRequest) => Promise<HistoryPage>
  /** Holds a new query of an open tail against the limits and accounts for it; answers why it may not be, if so. */
  readonly accountFor: (guest: TailGuest, requestId: string, asked: string) => TailProblem | undefined
  /** Has the alarm ring by then. */
  readonly armFor: (dueMs: number) => void
  /** A tail has ended by what nobody has foreseen. */
  readonly failed: (error: unknown) => void
  /** What is sealed cannot be read now. */
  readonly historyFailed: (error: unknown) => void
}
