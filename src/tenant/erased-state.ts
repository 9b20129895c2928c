import { ALWAYS_CURRENT, type Caller, type Refusal } from './contract'
import { INITIAL_STATE, type TenantState } from './state'

/** The version of a tenant that was erased: all hints are older than that. */
export const ERASED_VERSION = ALWAYS_CURRENT - 1

/**
 * All that an object keeps of a tenant that was erased. Whoever still goes by hints is sent to D1, which knows of no such
 * tenant, so that nothing is ever written into the object again.
 */
export const ERASED_STATE: TenantState = {
  ...INITIAL_STATE,
  settingsVersion: ERASED_VERSION,
  publishedVersion: ERASED_VERSION,
  // It has one, without rows: D1 is not asked for another.
  hasDirectory: true,
}

/** Whether the object's tenant was erased. */
export const isErased = ({ settingsVersion }: TenantState): boolean => settingsVersion === ERASED_VERSION

/** What whoever asks an object of an erased tenant is refused with. */
export const refusalOfErased = ({ settingsVersion }: Caller): Refusal =>
  settingsVersion < ERASED_VERSION
    ? { kind: 'settings_changed', settingsVersion: ERASED_VERSION }
    : { kind: 'not_found' }
