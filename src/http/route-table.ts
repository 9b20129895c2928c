import type { Policy } from './access'
import type { Handler } from './handler'

/**
 * How routes are added to the route table: with an access policy right before the handler. A route without one does not
 * build, so that none is open because somebody forgot.
 */
export interface RouteTable {
  readonly get: AddRoute
  readonly post: AddRoute
  readonly put: AddRoute
  readonly patch: AddRoute
  readonly delete: AddRoute
}

type AddRoute = (path: string, ...steps: [...before: Handler[], policy: Policy, handler: Handler]) => RouteTable
