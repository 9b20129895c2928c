import type { AdminFault } from '../domains/tenant-terms'
import { ApiError } from './problem'

/** The answer to a body that asks for what cannot be. All faults are listed; the first one decides about the status. */
export function adminError(faults: readonly AdminFault[]): ApiError {
  const [{ code, detail }] = faults
  if (faults.length === 1 && faults[0].pointer === undefined) return new ApiError(code, detail)
  return new ApiError(code, detail, { errors: faults })
}
