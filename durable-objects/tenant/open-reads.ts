import { type AuditDraft, draftOf } from '../../src/audit/audit-entry'
import { AUDIT_READ_MS_MAX } from '../../src/limits/limits'
import type { Caller } from '../../src/tenant/contract'

/**
 * Reads that have been handed what they asked for, and whose end nobody has told yet. The Worker tells it, with the number of
 * rows; when it is lost, the read is accounted for all the same, without.
 */
export class OpenReads {
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>()
  readonly #write: (draft: AuditDraft) => void

  constructor(write: (draft: AuditDraft) => void) {
    this.#write = write
  }

  begin(by: Caller): void {
    const { leaseId, request } = by
    if (leaseId === undefined || request === undefined) return
    const forget = (): void => {
      this.#timers.delete(leaseId)
      this.#write(draftOf(by))
    }
    this.#timers.set(leaseId, setTimeout(forget, AUDIT_READ_MS_MAX))
  }

  end(leaseId: string | undefined): void {
    if (leaseId === undefined) return
    clearTimeout(this.#timers.get(leaseId))
    this.#timers.delete(leaseId)
  }
}
