import { styleText } from 'node:util'
import type { Credentials } from './credentials.ts'

export interface Announcement {
  version: string
  url: string
  tenantUrl: string | undefined
  place: string
  credentials: Credentials
}

/** What npm start prints once it is ready. The commands work when they are pasted. */
export function banner(announcement: Announcement, isTerminal: boolean): string {
  const { version, url, place, credentials } = announcement
  const heading = (text: string) => (isTerminal ? styleText('bold', text) : text)
  const lines = [
    `${heading(`Sluice ${version}`)}  ${place}`,
    '',
    `  ${heading('Service')}   ${url}          health: ${url}/health`,
    `  ${heading('Operator')}  ${credentials.operatorKey}`,
    ...tenantLines(announcement, heading),
  ]
  return `\n${lines.join('\n')}\n\n`
}

function tenantLines(
  { tenantUrl, credentials: { tenant } }: Announcement,
  heading: (text: string) => string,
): string[] {
  if (!tenant || !tenantUrl) return []
  return [
    '',
    `  ${heading('Tenant')}    ${tenant.id}, at ${tenantUrl}`,
    `    ingest  ${tenant.ingestKey}`,
    `    query   ${tenant.queryKey}`,
    `    admin   ${tenant.adminKey}`,
    '',
    `  ${heading('Send')}`,
    `    curl -s '${tenantUrl}/logs' -H 'Authorization: Bearer ${tenant.ingestKey}' -d '{"level":"error","service":"hello","message":"first log"}'`,
    `  ${heading('Find')}`,
    `    curl -s '${tenantUrl}/logs?q=first' -H 'Authorization: Bearer ${tenant.queryKey}'`,
  ]
}
