import { OUTAGE_RETRY_SECONDS } from '../limits/limits'
import { errorFields } from '../log'
import type { TenantRequest } from './handler'
import { ApiError } from './problem'

/** Asks the CONTROL database for something that nothing else knows: while it is away, the request is told when to come back. */
export async function askControl<Value>(
  { log }: Pick<TenantRequest, 'log'>,
  ask: () => Promise<Value>,
): Promise<Value> {
  try {
    return await ask()
  } catch (error) {
    log.error('d1_read_failed', errorFields(error))
    throw new ApiError('partition_unavailable', 'The store of keys and domains does not answer.', {
      retryAfterSeconds: OUTAGE_RETRY_SECONDS,
    })
  }
}
