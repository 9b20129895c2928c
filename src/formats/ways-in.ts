import { BRACE_OPEN, byteOrderMark, skipSpace } from '../blocks/json-text'
import { CSV } from './csv'
import type { Format } from './format'
import { GELF } from './gelf'
import { HEROKU } from './heroku'
import { TAIL } from './invocations/tail'
import { JOURNAL } from './journal-export'
import { readJsonDocuments } from './json-documents'
import { LOGFMT } from './logfmt'
import { isMsgpackType, LOGTAIL } from './logtail'
import { NEW_RELIC } from './new-relic'
import { FLY, NETLIFY, VECTOR } from './platform-logs'
import { SYSLOG } from './syslog/syslog'
import { readTextLines } from './text-lines'

/** Lines of text, each a record, whatever they look like. */
const TEXT: Format = { source: 'text', open: (body) => ({ documents: body, read: readTextLines }) }

/** JSON in any of the ways in which logs are sent, whatever the type says. */
const JSON_LOGS: Format = { source: 'json', open: (body) => ({ documents: body, read: readJsonDocuments }) }

/** The formats of `/ingest/:kind`, by that kind. Render sends what every syslog daemon does. */
export const WAYS_IN: Readonly<Record<string, Format>> = {
  syslog: SYSLOG,
  render: { ...SYSLOG, source: 'render' },
  logfmt: LOGFMT,
  csv: CSV,
  journal: JOURNAL,
  gelf: GELF,
  text: TEXT,
  json: JSON_LOGS,
  logtail: LOGTAIL,
  newrelic: NEW_RELIC,
  netlify: NETLIFY,
  fly: FLY,
  vector: VECTOR,
  tail: TAIL,
}

const BY_TYPE: Readonly<Record<string, Format>> = {
  'text/csv': CSV,
  'text/logfmt': LOGFMT,
  'application/logfmt': LOGFMT,
  'application/x-logfmt': LOGFMT,
  'application/vnd.fdo.journal': JOURNAL,
  'application/syslog': SYSLOG,
  'application/x-syslog': SYSLOG,
  'application/logplex-1': HEROKU,
}

/** The format that a content type names, for `POST /logs`. JSON and plain text are no news to it. */
export function formatOfType(contentType: string): Format | undefined {
  if (isMsgpackType(contentType)) return LOGTAIL
  return Object.hasOwn(BY_TYPE, contentType) ? unlessJson(BY_TYPE[contentType]) : undefined
}

/** A type is believed only where the body agrees: none of these formats begins with a brace. */
const unlessJson = (format: Format): Format => ({
  ...format,
  open: (body, about) =>
    body[skipSpace(body, byteOrderMark(body))] === BRACE_OPEN ? JSON_LOGS.open(body, about) : format.open(body, about),
})
