import { styleText } from 'node:util'
import type { Credentials } from './credentials.ts'

export interface Announcement {
  version: string
  url: string
  tenantUrl: string | undefined
  place: string
  credentials: Credentials
  syslogPort?: number | undefined
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
    ...syslogLines(announcement, heading),
    ...tenantLines(announcement, heading),
  ]
  return `\n${lines.join('\n')}\n\n`
}

const syslogLines = ({ syslogPort }: Announcement, heading: (text: string) => string): string[] =>
  syslogPort === undefined ? [] : [`  ${heading('Syslog')}    UDP and TCP on port ${syslogPort}`]

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
    // What stands behind the # is sent to nobody; the page signs in with it and takes it out of its address.
    `  ${heading('Browser')}   ${tenantUrl}/app#key=${tenant.adminKey}`,
    `  ${heading('Send')}`,
    `    curl -s '${tenantUrl}/logs' -H 'Authorization: Bearer ${tenant.ingestKey}' -d '{"level":"error","service":"hello","message":"first log"}'`,
    `  ${heading('Find')}`,
    `    curl -s '${tenantUrl}/logs?q=first' -H 'Authorization: Bearer ${tenant.queryKey}'`,
    `  ${heading('Follow')}`,
    `    curl -sN '${tenantUrl}/logs/tail' -H 'Accept: text/event-stream' -H 'Authorization: Bearer ${tenant.queryKey}'`,
  ]
}
