import type { CallOutside } from '../domains/call-outside'
import { guardedFetch, type OutsidePorts } from '../outside/guarded-fetch'
import type { OutsideRules } from '../outside/outside-address'

/** Asks servers outside through the guard: those that the operator configured, too, are checked and bounded. */
export const callOutside =
  (rules: OutsideRules, ports: OutsidePorts): CallOutside =>
  (call) =>
    guardedFetch({ ...call, rules }, ports)
