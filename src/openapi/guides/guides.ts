import { AGENT_GUIDES } from './agent-guides'
import type { Guide } from './guide'
import { PLATFORM_GUIDES } from './platform-guides'

/** Every way in, in the order in which `GET /ingest` tells of them. */
export const GUIDES: readonly Guide[] = [...AGENT_GUIDES, ...PLATFORM_GUIDES]
