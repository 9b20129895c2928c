import { measureDoor } from './door-cost.ts'
import { measureLimits } from './limits.ts'
import { measureTenants } from './many-tenants.ts'
import { measureNeighbour, QUOTA_VARIABLES } from './noisy-neighbour.ts'
import { type Ready, startServer } from './server.ts'
import type { Line } from './table.ts'

/** The second table of `npm run bench`: what the front door and its limits cost, and what tenants are to each other. */
export async function measureFrontDoor({ tenants }: { readonly tenants: number }): Promise<readonly Line[]> {
  const variables = { ...QUOTA_VARIABLES, ALLOW_LOCAL_DESTINATIONS: 'true' }
  const onFirst = async (ready: Ready): Promise<readonly Line[]> => [
    ...(await measureDoor(ready)),
    await measureLimits(),
    await measureNeighbour(ready),
  ]
  // Memory is measured on a server that has done nothing else.
  return [...(await onServer(variables, onFirst)), ...(await onServer({}, (ready) => measureTenants(ready, tenants)))]
}

async function onServer(
  variables: Readonly<Record<string, string>>,
  measure: (ready: Ready) => Promise<readonly Line[]>,
): Promise<readonly Line[]> {
  const server = await startServer(variables)
  try {
    return await measure(server.ready)
  } finally {
    await server.stop()
  }
}
