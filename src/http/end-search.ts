import type { Env } from '../env'
import type { TenantRequest } from './handler'

/** A search that counts as running in its tenant's object. */
export interface RunningSearch {
  /** Tells the object that it is done. Whoever dies before has the search end by itself, QUERY_LEASE_MS after it began. */
  readonly end: () => Promise<void>
  /** The answer is still being read when the handler is done: whoever sends it ends the search. */
  isStreamed: boolean
}

/** Ends the request's search once it is answered, unless the answer is still on its way. */
export function endSearch(_response: Response, request: TenantRequest, _env: Env, ctx: ExecutionContext): void {
  const { search } = request
  if (search !== undefined && !search.isStreamed) ctx.waitUntil(search.end())
}
