import { challengeOf } from '../domains/challenge'
import type { CustomHostname, HostnameFault } from '../domains/custom-hostname'
import { findProof } from '../domains/find-proof'
import { decideRecheck, decideVerification, type Finding, type ProofNotice } from '../domains/proof'
import type { DomainRow, JsonObject } from '../tenant/directory-rows'
import type { DomainPorts } from './domain-ports'

/** A domain whose proof is looked for. */
export interface ProvableDomain {
  readonly tenantId: string
  readonly domain: string
  readonly row: DomainRow
  /** Makes the tenant's challenges. */
  readonly secret: Uint8Array
}

/** What is to be changed of a domain's row after a look for its proof, and who is told what. */
export interface ProofStep {
  readonly finding: Finding
  /** Undefined: nothing. */
  readonly patch: JsonObject | undefined
  readonly notice: ProofNotice | undefined
  /** What the platform says about the host; undefined where it was not asked. */
  readonly platform: CustomHostname | HostnameFault | undefined
}

/** Looks for a proof because the owner asked for it. */
export async function proveDomain(ports: DomainPorts, domain: ProvableDomain, clock: () => number): Promise<ProofStep> {
  const finding = await look(ports, domain)
  const decision = decideVerification(domain.row, finding, clock())
  if (decision === undefined) return { finding, patch: undefined, notice: undefined, platform: undefined }
  const status = decision.patch.status ?? domain.row.status
  const { hostname, platform } = status === 'active' ? await bringHost(ports, domain) : NOT_ASKED
  return { finding, patch: { ...decision.patch, ...hostname }, notice: decision.notice, platform }
}

/** Looks for a proof because a day is over. */
export async function proveAgain(ports: DomainPorts, domain: ProvableDomain, clock: () => number): Promise<ProofStep> {
  const finding = await look(ports, domain)
  const { patch, notice } = decideRecheck(domain.row, finding, clock())
  if (patch.status === 'unrouted')
    return { finding, patch: await takeHost(ports, domain, { ...patch }), notice, platform: undefined }
  const { hostname, platform } = isUntold(domain.row) ? await bringHost(ports, domain) : NOT_ASKED
  return { finding, patch: { ...patch, ...hostname }, notice, platform }
}

/** The platform was away when the domain was proved. */
const isUntold = ({ status, hostnameId }: DomainRow): boolean => status === 'active' && hostnameId === undefined

/** The platform that brings requests here is told about a host before it routes: that can be repeated. */
async function bringHost({ hostnames }: DomainPorts, { domain, row }: ProvableDomain) {
  if (hostnames === undefined) return NOT_ASKED
  const outcome = await hostnames.ensure(domain)
  if (!outcome.ok) return { hostname: {}, platform: outcome.fault }
  const isKnown = outcome.value.id === row.hostnameId
  return { hostname: isKnown ? {} : { hostnameId: outcome.value.id }, platform: outcome.value }
}

/** When the platform does not take a host away now, it does when the domain is removed: its row goes on saying that it has it. */
async function takeHost(
  { hostnames }: DomainPorts,
  { domain, row }: ProvableDomain,
  patch: JsonObject,
): Promise<JsonObject> {
  if (hostnames === undefined || row.hostnameId === undefined) return patch
  const outcome = await hostnames.remove(domain)
  return outcome.ok ? { ...patch, hostnameId: null } : patch
}

const NOT_ASKED = { hostname: {}, platform: undefined }

const look = (ports: DomainPorts, { secret, tenantId, domain, row: { tokenExpiresMs = 0 } }: ProvableDomain) =>
  findProof(ports, challengeOf({ secret, tenantId, domain, expiresMs: tokenExpiresMs }))
