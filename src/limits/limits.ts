const KIB = 1024
const MIB = 1024 * KIB
const SECOND_MS = 1000
const HOUR_MS = 60 * 60 * SECOND_MS

// A request's body

/** A POST after decompression. An isolate has 128 MB for everything, and holds the body and the block built from it. */
export const BODY_BYTES_MAX = 16 * MIB

/** A POST as it arrives. Nothing that is larger before decompression fits after it. */
export const COMPRESSED_BODY_BYTES_MAX = 16 * MIB

/** How much of a body that is too large is still read, so that its sender hears the answer. Cloudflare’s edge lets 100 MB through on most plans. */
export const DISCARD_BYTES_MAX = 128 * MIB

/** For how long: no client is told to wait longer than this for an answer that is known. */
export const DISCARD_MS_MAX = SECOND_MS

/** Codings in one Content-Encoding. Each is a whole pass over the body, and real senders use one. */
export const CONTENT_ENCODINGS_MAX = 3

/** Zstandard frames in one body. Parallel compressors write one per megabyte or so; each frame costs a call of its own. */
export const ZSTD_FRAMES_MAX = 256

/** Records in one POST. Each may become an entry of the receipt, and all of them enter the journal in one turn. */
export const BATCH_RECORDS_MAX = 50_000

/** One record as sent. The journal row that holds it must stay under ROW_BYTES_MAX, whatever stands beside it. */
export const RECORD_BYTES_MAX = MIB

/** Nesting whose members become columns. What is deeper is kept whole, as one JSON column. */
export const DEPTH_MAX = 64

/** Nesting that is refused. Structured clone and some readers' parsers fail at about ten times as much. */
export const DEPTH_REFUSED = 1000

/** How far ahead of us a record's time may be: any time zone mistake, and no more, so that retention can count on it. */
export const FUTURE_MS_MAX = 24 * HOUR_MS

/** Rejections that a receipt lists; the rest are counted. A body of 50,000 bad lines must not be answered with megabytes. */
export const RECEIPT_ERRORS_MAX = 100

/** How long a batch id is remembered. Longer than any shipper goes on retrying one request. */
export const IDEMPOTENCY_MS = 24 * HOUR_MS

// A query

/** The text of a query, in UTF-8. Longer ones are programs, and the parser promises to be fast on every text. */
export const QUERY_TEXT_MAX = 4 * KIB

/** Records on a page of search results when the caller names no number. */
export const SEARCH_LIMIT_DEFAULT = 100

/** Records on a page of search results. Who wants more follows the cursor, or exports. */
export const SEARCH_LIMIT_MAX = 1000

// Storage

/** A row of D1 or of an object's SQLite. The platform's own limit; the local runtime does not enforce it, so we do. */
export const ROW_BYTES_MAX = 2_000_000

/** Bytes of an object's unsealed and unpublished rows. Past it ingest answers 503: D1 has been away for long. */
export const JOURNAL_BYTES_MAX = 256 * MIB

/** Records in a segment. Enough for compression to work, few enough to decode at once beside a query's other work. */
export const SEGMENT_ROWS_MAX = 32_768

/** A segment decoded. A query holds several, in an isolate of 128 MB. */
export const SEGMENT_DECODED_BYTES_MAX = 8 * MIB

/** A segment encoded. Its base64 fills at most two payload parts, and an object's row holds it whole. */
export const SEGMENT_BYTES_MAX = 1_400_000

/** Columns of a segment. Fields past it share one column, so that a tenant with random keys costs no more than others. */
export const COLUMNS_MAX = 1000

/** Members over all shapes of a segment. They stand in its header, which every query that meets the segment reads. */
export const SEGMENT_SLOTS_MAX = 32_768

/** Base64 characters in one payload row: well under ROW_BYTES_MAX with its key, and a multiple of 4, so a part ends on a byte. */
export const PAYLOAD_PART_CHARACTERS_MAX = 1_400_000

// Finding out who is asking

/** Keys that an isolate remembers, at about 300 bytes each. */
export const KEY_CACHE_ENTRIES_MAX = 5000

/** Hosts that an isolate remembers, at about 200 bytes each. */
export const HOST_CACHE_ENTRIES_MAX = 5000

/** How long an isolate believes a key or host it found. The tenant object refuses in between what is no longer so. */
export const HINT_FRESH_MS = 30 * SECOND_MS

/** How long an isolate believes that a key or host does not exist: short, because a new one must work at once. */
export const HINT_ABSENT_MS = 5 * SECOND_MS

/** How old a tenant's hint may be while KV and D1 are away. The tenant object still checks it on every request. */
export const HINT_STALE_MS_MAX = 24 * HOUR_MS

/** How long KV keeps a hint. The least that KV takes, because a revoked key lives in it until then. */
export const HINT_KV_SECONDS = 60

/** A credential's characters. Ours have 47; LOG_SERVICE_API_KEY may be longer, and anything longer is not worth hashing. */
export const CREDENTIAL_CHARACTERS_MAX = 512

/** A host name's characters, by DNS. KV keys are made of host names and may have 512 bytes. */
export const HOST_CHARACTERS_MAX = 253

/** What a client is told to wait when a store does not answer: long enough for most of D1's restarts. */
export const OUTAGE_RETRY_SECONDS = 5

// Sealing

/** Unsealed records wait at most this long: fewer, larger segments cost less than fresh ones. */
export const SEAL_AFTER_MS = 10 * 60 * SECOND_MS

/** Journal bytes at which sealing begins, when records are few and large. Blocks are packed three to ten times there. */
export const SEAL_START_BYTES = 3 * MIB

/** Journal bytes that are sealed in one go: unpacked, they, the rows made of them and the segment are in memory at once. */
export const SEAL_BYTES_MAX = 4 * MIB

/** Pause before work that failed is tried again, for the first time; it doubles up to RETRY_MS_MAX. */
export const RETRY_MS_MIN = 2 * SECOND_MS

/** Longest pause between two tries of work that fails: a store that was away for an hour is noticed within this. */
export const RETRY_MS_MAX = 5 * 60 * SECOND_MS

/** Bytes of unpublished pieces in one answer to a reader: a page of them and what the Worker makes of it fit its memory. */
export const SNAPSHOT_PAGE_BYTES = 4 * MIB

/** Shapes of records (member names in one order) in a block. Records past it are kept whole, in one column. */
export const SHAPES_MAX = 1024

/** Bytes of body that become one block. A block is a row of the journal, and JSON never grows by a third in it. */
export const BLOCK_BYTES_TARGET = 900_000

/** A block, encoded. It is a row of the journal, which has a few other columns, and a row ends at ROW_BYTES_MAX. */
export const BLOCK_BYTES_MAX = 1_990_000

/** Characters of an Idempotency-Key. It is kept with the receipt for a day; a UUID has 36, a hash 64. */
export const IDEMPOTENCY_KEY_CHARACTERS_MAX = 256

// Upkeep

/** Segments of one day and class that are worth merging. Fewer are left: each merge reads and writes all of their bytes. */
export const MERGE_SEGMENTS_MIN = 8

/** Segments merged at a time. They cannot be more than fill a segment, and small tenants have very small ones. */
export const MERGE_SEGMENTS_MAX = 64

/** A segment is small, and may be merged, below this share of what a segment may hold: rows, bytes and decoded bytes alike. */
export const MERGE_SHARE_OF_FULL = 4

/** A segment whose header is larger is not merged: the header of all its fields must fit a catalog row beside others. */
export const MERGE_HEADER_BYTES_MAX = 64 * KIB

/** How long the bytes of segments that left the catalog stay. Longer than any query that may still read them. */
export const PAYLOAD_GRACE_MS = 15 * 60 * SECOND_MS

/** A tenant's catalog is looked through for work at most this often, however often segments are published. */
export const UPKEEP_EVERY_MS = 5 * 60 * SECOND_MS

/** Seals and changes of the catalog in one alarm; what is left has an alarm of its own, and requests get their turn. */
export const WORK_STEPS_MAX = 8

/** Segments in one change of the catalog: the intention of it is a row of the object, at about 150 bytes a segment. */
export const CHANGE_SEGMENTS_MAX = 5000

/** An archive object. Few enough objects for cold queries, and no more than can be written within one alarm. */
export const ARCHIVE_OBJECT_BYTES_MAX = 64 * MIB

/** Segments in an archive object: each costs a read of D1, and a request has 1000 of those. */
export const ARCHIVE_SEGMENTS_MAX = 800

/** Bytes that are read back at a time to check a new archive object. */
export const ARCHIVE_CHECK_BYTES = 4 * MIB

/** Tenant objects that a cron wakes at a time: a Worker has six connections. */
export const WAKE_AT_A_TIME = 6

/** How long a run of a daily cron is left alone before another trigger takes it up. The platform ends a run after this. */
export const CRON_LEASE_MS = 15 * 60 * SECOND_MS

/** How long it is remembered that a cron's slot ran: far longer than any trigger comes late. */
export const CRON_SLOT_KEPT_MS = 7 * 24 * HOUR_MS

// Reading

/** Compressed sections that an isolate keeps for the next query, beside 128 MB for everything else. */
export const SECTION_CACHE_BYTES_MAX = 24 * MIB

/** Decoded blocks of the journal that an isolate keeps for the next query. */
export const PIECE_CACHE_BYTES_MAX = 16 * MIB

/** Segments fetched and searched at a time: their decoded columns are in memory together. */
export const SEGMENTS_AT_A_TIME = 8

/** Rows that one request looks at. The clock stands still while it computes, so that work is counted instead. */
export const SCAN_ROWS_MAX = 20_000_000

/** Bytes that one request reads from the stores. */
export const SCAN_BYTES_MAX = 512 * MIB

/** Segments whose headers an isolate keeps, at a few kilobytes each. */
export const CATALOG_CACHE_SEGMENTS_MAX = 4096

/** A search as a JSON body: the query's text, and filters of which nobody types more. */
export const SEARCH_BODY_BYTES_MAX = 64 * KIB

/** Records on each side of one in its context when the caller names no number: a screenful. */
export const CONTEXT_DEFAULT = 20

/** Most records on each side of one in its context. */
export const CONTEXT_MAX = 500

/** Records that an export reads at a time: all of them are in memory as text. */
export const EXPORT_PAGE_ROWS = 4000

// The account of itself

/** How long a binding may take to answer a probe. Whoever asks for /health wants to know soon. */
export const PROBE_MS_MAX = 1 * SECOND_MS

/** How long an isolate believes what its probes found: /health is public, and each probe asks five stores. */
export const HEALTH_FRESH_MS = 1 * SECOND_MS

/** Tenants in one answer of /metrics. Each costs a call to its object, and a request has 1000 of those to spend. */
export const METRICS_TENANTS_MAX = 500

/** Tenant objects that /metrics asks at a time: enough to be done within a scrape, few enough to disturb nobody. */
export const METRICS_TENANTS_AT_A_TIME = 16

/** How long /metrics waits for an object. Prometheus gives up on the whole answer after ten seconds. */
export const METRICS_USAGE_MS_MAX = 2 * SECOND_MS

/** Lines of its own activity that one request sends to the service's own tenant; all of them stand on the console. */
export const ACTIVITY_LINES_MAX = 100

/** Groups in the answer of an aggregation, and different values kept apart. More are counted together, and it is said. */
export const GROUPS_MAX = 100_000

/** Values that a facet lists: more would be a table, which `| top` makes. */
export const FACET_VALUES = 20

/** Fields that a list of fields names: tenants with random keys have no end of them. */
export const FIELDS_MAX = 2000
