import type { LimitedSurface } from '../limits/policies'

/** Which limits of parts of the API a route falls under, by its path in the route table. */
export function limitedSurfaces(route: string): readonly LimitedSurface[] {
  if (!route.startsWith('/api/v1/')) return []
  return route.endsWith('/batch') ? ['api_v1', 'api_v1_batch'] : ['api_v1']
}
