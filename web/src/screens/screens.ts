import { type LazyPart, lazy } from '../explore/lazy-part'

/** What every screen is told: the rest of its address. */
export interface ScreenProps {
  readonly rest: readonly string[]
}

/** A page beside Explore. */
export interface Screen {
  readonly name: string
  /** In the header; absent for pages that one comes to by a link. */
  readonly label?: string
  readonly scope?: string
  readonly part: LazyPart<ScreenProps>
}

/** All of them, in the order of the header. */
export const SCREENS: readonly Screen[] = [
  {
    name: 'incidents',
    label: 'Incidents',
    scope: 'integrations:read',
    part: lazy(() => import('./incidents').then(({ Incidents }) => Incidents)),
  },
  {
    name: 'rules',
    label: 'Rules',
    scope: 'integrations:read',
    part: lazy(() => import('./rules').then(({ Rules }) => Rules)),
  },
  {
    name: 'webhooks',
    label: 'Webhooks',
    scope: 'integrations:read',
    part: lazy(() => import('./webhooks').then(({ Webhooks }) => Webhooks)),
  },
  {
    name: 'services',
    label: 'Services',
    scope: 'integrations:read',
    part: lazy(() => import('./services').then(({ Services }) => Services)),
  },
  { name: 'send', label: 'Send data', part: lazy(() => import('./send').then(({ Send }) => Send)) },
  {
    name: 'usage',
    label: 'Usage',
    scope: 'admin:read',
    part: lazy(() => import('./usage').then(({ UsageScreen }) => UsageScreen)),
  },
  {
    name: 'domains',
    label: 'Domains',
    scope: 'admin:domains',
    part: lazy(() => import('./domains').then(({ Domains }) => Domains)),
  },
  { name: 'keys', label: 'Keys', scope: 'admin:keys', part: lazy(() => import('./keys').then(({ Keys }) => Keys)) },
  {
    name: 'members',
    label: 'Members',
    scope: 'admin:members',
    part: lazy(() => import('./members').then(({ Members }) => Members)),
  },
  {
    name: 'settings',
    label: 'Settings',
    scope: 'admin:read',
    part: lazy(() => import('./settings').then(({ Settings }) => Settings)),
  },
  {
    name: 'audit',
    label: 'Audit',
    scope: 'admin:audit',
    part: lazy(() => import('./audit').then(({ Audit }) => Audit)),
  },
  { name: 'logs', part: lazy(() => import('./one-log').then(({ OneLog }) => OneLog)) },
]
