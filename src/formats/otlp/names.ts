import type { Claim } from '../../records/names'
import { memberName } from '../document-writer'

/** The members of a document, in the names that protobuf has for them. */
export const NAME = {
  timestamp: memberName('timestamp'),
  observedTimestamp: memberName('observed_timestamp'),
  severityNumber: memberName('severity_number'),
  severityText: memberName('severity_text'),
  body: memberName('body'),
  attributes: memberName('attributes'),
  droppedAttributesCount: memberName('dropped_attributes_count'),
  flags: memberName('flags'),
  traceId: memberName('trace_id'),
  spanId: memberName('span_id'),
  eventName: memberName('event_name'),
  resource: memberName('resource'),
  entityRefs: memberName('entity_refs'),
  schemaUrl: memberName('schema_url'),
  type: memberName('type'),
  idKeys: memberName('id_keys'),
  descriptionKeys: memberName('description_keys'),
  scope: memberName('scope'),
  name: memberName('name'),
  version: memberName('version'),
} as const

/** What members mean, the strongest first. A number of severity says more than a text, which is whatever a library calls it. */
const CLAIMS: ReadonlyMap<string, Claim> = new Map([
  ['timestamp', { role: 'time', strength: 0 }],
  ['observed_timestamp', { role: 'time', strength: 1 }],
  ['severity_number', { role: 'level', strength: 0 }],
  ['severity_text', { role: 'level', strength: 1 }],
  ['resource.attributes.service.name', { role: 'service', strength: 0 }],
  ['attributes.service.name', { role: 'service', strength: 1 }],
  ['body', { role: 'message', strength: 0 }],
  ['body.message', { role: 'message', strength: 1 }],
  ['body.msg', { role: 'message', strength: 2 }],
  ['event_name', { role: 'message', strength: 3 }],
  ['trace_id', { role: 'trace_id', strength: 0 }],
  ['span_id', { role: 'span_id', strength: 0 }],
])

/** What a path of a document means to the system; nothing else of the record is a guess. */
export const otlpClaim = (path: string): Claim | undefined => CLAIMS.get(path)
