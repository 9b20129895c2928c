import { type CustomHostnames, cloudflareHostnames } from '../domains/custom-hostname'
import type { ProofPorts } from '../domains/find-proof'
import type { Config } from '../env'
import { callOutside } from '../http/call-outside'
import { outsideRulesOf } from '../http/prove-jwt'
import { OUTSIDE_PORTS } from '../outside-ports'

/** The world that domains are proved in. */
export interface DomainPorts extends ProofPorts {
  /** Undefined where no platform stands before us: then every host that reaches us is served. */
  readonly hostnames: CustomHostnames | undefined
}

const CLOUDFLARE_API = 'https://api.cloudflare.com/client/v4'

/** The resolvers and services that the variables name. All of them are asked through the guard. */
export function domainPorts(config: Config): DomainPorts {
  const call = callOutside(outsideRulesOf(config, 'localhost'), OUTSIDE_PORTS)
  const { CUSTOM_HOSTNAME_ZONE_ID: zoneId, CUSTOM_HOSTNAME_API_TOKEN: apiToken } = config
  const account =
    zoneId === undefined || apiToken === undefined ? undefined : { zoneId, apiToken, apiUrl: CLOUDFLARE_API }
  return {
    callResolver: call,
    callHost: call,
    resolvers: config.DOH_RESOLVERS,
    hostnames: account && cloudflareHostnames(call, account),
  }
}
