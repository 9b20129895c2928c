import type { Format } from './format'
import { readJsonDocuments } from './json-documents'
import { openMsgpack } from './msgpack-document'

/**
 * Better Stack's (Logtail's) ingestion: MessagePack, as its clients for servers send it, or JSON and NDJSON
 * (betterstack.com/docs/logs/ingesting-data/http/logs). A record's time is its `dt`.
 */
export const LOGTAIL: Format = {
  source: 'logtail',
  open: (body, { contentType }) =>
    isMsgpackType(contentType) ? openMsgpack(body) : { documents: body, read: readJsonDocuments },
}

/** Its types have never been registered, and both are used. */
export const isMsgpackType = (contentType: string): boolean =>
  contentType === 'application/msgpack' || contentType === 'application/x-msgpack' || contentType === MSGPACK_VENDOR

const MSGPACK_VENDOR = 'application/vnd.msgpack'
