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

/** How long a body is known by its bytes, for tenants that want it: clients that lost an answer try again within seconds. */
export const REPEATED_BODY_MS = 60 * SECOND_MS

/**
 * The documents that a body of another format becomes. OTLP names a resource once for many records, each of which says it: a
 * body that grows beyond this would not fit into an isolate beside itself and its blocks.
 */
export const DOCUMENTS_BYTES_MAX = 32 * MIB

/** JSON in the message of a syslog record or journal entry that is read as members. Longer ones stay a text, which is searched as one. */
export const EMBEDDED_JSON_CHARACTERS_MAX = 256 * KIB

/** Its nesting: with what stands around it, everything in it becomes columns. */
export const EMBEDDED_JSON_DEPTH_MAX = 32

/** Columns of a CSV. A body of delimiters alone would have millions, each of which takes room before it is known to be too many. */
export const CSV_COLUMNS_MAX = 10_000

/** The attributes that Firehose sends in a header with each request, and that stand in each of its records. */
export const FIREHOSE_ATTRIBUTES_CHARACTERS_MAX = 4 * KIB

/** The name of a dataset in the address of Axiom's clients. It stands in each record. */
export const AXIOM_DATASET_CHARACTERS_MAX = 128

/** Trace items in one batch of `tail()`. The platform keeps 256 KB of logs of each, so that this many fit into a POST. */
export const TAIL_ITEMS_PER_BATCH_MAX = 50

/** How often a batch of `tail()` is tried at once. The platform does not hand it over again, and waits for no one. */
export const TAIL_TRIES = 3

/** How long is waited after the first of these tries, and twice as long after the second: a store that is away for a moment is back. */
export const TAIL_RETRY_MS = 500

/** Tenants whose settings an isolate keeps for `tail()`. Installations have few, and each is one read of D1. */
export const TAIL_TENANTS_CACHE_MAX = 100

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

/**
 * Work that a regular expression may cost beside one look at each byte, for each text that is searched, in NFA states looked at
 * (10 to 15 ns each). With the next it keeps a search of a million short texts under two seconds.
 */
export const REGEX_WORK_PER_SEARCH = 50

/** The same for each byte of the text: long ones lead to more states of the automaton. */
export const REGEX_WORK_PER_BYTE = 2

/** The same before anything was searched: the states that a large but harmless pattern needs once. */
export const REGEX_WORK_AT_FIRST = 10_000_000

// The second seed's API

/** Records in one POST to /api/v1/logs/ingest/batch, as its document has it. */
export const API_V1_BATCH_RECORDS_MAX = 1000

/** Records in one POST to /api/v1/logs/ingest: several are for the other address, which has a rate limit of its own. */
export const API_V1_INGEST_RECORDS_MAX = 1

/** Records that /api/v1/logs/search passes over at most: each page looks at all that come before it. Who wants more follows the cursor of /logs. */
export const API_V1_OFFSET_MAX = 10_000

/** Characters of a service's name under /api/v1. It stands in addresses, and in the settings of the tenant. */
export const API_V1_SERVICE_NAME_CHARACTERS_MAX = 128

/** Services with a configuration of their own. They stand in the tenant's settings, which every ingest looks at. */
export const SERVICE_CONFIGS_MAX = 1000

/** Days that a record may be kept by a configuration: a hundred years, as long as DEFAULT_TTL_DAYS may be. */
export const SERVICE_TTL_DAYS_MAX = 36_500

/** What the second seed's retention policy standard means: the seed's own default. */
export const RETENTION_STANDARD_DAYS = 30

/** What its policy extended means: a quarter. */
export const RETENTION_EXTENDED_DAYS = 90

/** What its policy minimal means: the shortest retention that there is. */
export const RETENTION_MINIMAL_DAYS = 7

/** How often a change of a service's configuration is tried while others change the settings: people hardly collide twice. */
export const SETTINGS_WRITE_TRIES = 5

/** A configuration of a service as a JSON body: four members. */
export const SERVICE_CONFIG_BODY_BYTES_MAX = 4 * KIB

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

/** Tenants whose settings an isolate remembers, at a few kilobytes each. */
export const SETTINGS_CACHE_ENTRIES_MAX = 1000

/** A row of a tenant's directory as JSON: a key, a domain, the settings. An isolate holds thousands of them. */
export const DIRECTORY_ROW_BYTES_MAX = 64 * KIB

/** How long a tenant that was first to prove a host has, alone, to have it routed. A change takes seconds. */
export const HOST_CLAIM_MS = 5 * 60 * SECOND_MS

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

/** The text that somebody wants to register as a domain. A name has 253 characters; spelled in Unicode it has fewer. */
export const DOMAIN_TEXT_CHARACTERS_MAX = 1000

/** A label of a host name, by DNS. */
export const LABEL_CHARACTERS_MAX = 63

/** What a client is told to wait when a store does not answer: long enough for most of D1's restarts. */
export const OUTAGE_RETRY_SECONDS = 5

// Tokens of other issuers, and sessions

/** Characters of a JWT. Issuers keep theirs below 4 KiB because of cookies; a longer one is refused without being read. */
export const JWT_CHARACTERS_MAX = 8 * KIB

/** How far an issuer's clock may be from ours, for exp, nbf and iat. Machines that keep time differ by less than a second. */
export const JWT_CLOCK_TOLERANCE_SECONDS = 60

/** The longest life of a JWT. It cannot be revoked one by one, so a stolen one must end by itself. */
export const JWT_LIFETIME_SECONDS_MAX = 24 * 60 * 60

/** The least characters of LOG_SERVICE_API_KEY in production: 128 bits in hex, which nobody guesses over a network. */
export const SERVICE_KEY_CHARACTERS_MIN = 32

/** The least bytes of JWT_SECRET: those of the hash that HS256 uses (RFC 7518, 3.2). */
export const JWT_SECRET_BYTES_MIN = 32

/** The bytes of SECRETS_KEY: the key of AES-256 (NIST SP 800-38D). */
export const SECRETS_KEY_BYTES = 32

/** The bytes of a nonce of AES-GCM: those that it is specified and fastest with (NIST SP 800-38D, 5.2.1.1). */
export const SECRET_NONCE_BYTES = 12

/** Issuers that a tenant may trust. Each is one more that can make admins of it; companies have one or two. */
export const JWT_ISSUERS_MAX = 8

/** Characters of a subject. OpenID Connect allows 255, and audit entries hold them. */
export const JWT_SUBJECT_CHARACTERS_MAX = 255

/** Characters of a kid. It is only compared; the longest in use are hashes and URLs. */
export const JWT_KEY_ID_CHARACTERS_MAX = 256

/** A key set as it is sent. The largest that providers publish have about ten keys and 20 KiB. */
export const KEY_SET_BYTES_MAX = 64 * KIB

/** Keys of a set that are kept. */
export const KEY_SET_KEYS_MAX = 64

/** How long a key set is believed: a key that an issuer withdrew ends after this. */
export const KEY_SET_FRESH_MS = 10 * 60 * SECOND_MS

/** Pause before a key set is fetched again for a kid that it does not have: anybody can make up kids. */
export const KEY_SET_COOLDOWN_MS = 30 * SECOND_MS

/** Pause after a fetch that failed. Requests in between use the old key set, or are told to wait as long. */
export const KEY_SET_RETRY_MS = 5 * SECOND_MS

/** How old a key set may be while its server is away. Past it nobody gets in by it: the issuer may have withdrawn a key. */
export const KEY_SET_STALE_MS_MAX = HOUR_MS

/** Key sets that an isolate keeps, at about 4 KiB each. */
export const KEY_SET_CACHE_ENTRIES_MAX = 500

/** How long a key server may take. A request waits for it. */
export const KEY_SET_FETCH_MS_MAX = 5 * SECOND_MS

/** Fetches of one key set at a time, in one isolate that has none yet: Workers cannot wait for each other's fetch. */
export const KEY_SET_FETCHES_MAX = 16

/** An address outside of the service, as a tenant writes it. Old proxies cut longer ones. */
export const OUTSIDE_URL_CHARACTERS_MAX = 2048

/** How long a browser session lasts: a working day with its breaks. */
export const SESSION_MS = 12 * HOUR_MS

/**
 * Sessions that live at a time of one key or person. Each one opened makes what is remembered of the tenant old, so that a
 * loop would slow everybody; a person has a few browsers, and a key that people share some dozens.
 */
export const SESSIONS_PER_PRINCIPAL_MAX = 100

/** Sessions that an isolate remembers, at about 500 bytes each. */
export const SESSION_CACHE_ENTRIES_MAX = 5000

/** Members, and people who are none, that an isolate remembers, at about 300 bytes each. */
export const MEMBER_CACHE_ENTRIES_MAX = 5000

/** Characters of an e-mail address, by SMTP (RFC 5321, 4.5.3.1): 64, the sign and 255. */
export const EMAIL_CHARACTERS_MAX = 320

/** Keys whose last use an isolate remembers to have noted, at about 60 bytes each. */
export const KEY_USE_CACHE_ENTRIES_MAX = 20_000

/** How long both keys of a rotation work unless it is said: a day, in which every client can be given the new one. */
export const KEY_OVERLAP_SECONDS_DEFAULT = 24 * 60 * 60

/** The longest that both work. A key that should go on for longer is not being rotated. */
export const KEY_OVERLAP_SECONDS_MAX = 30 * 24 * 60 * 60

/** How long a key that was revoked or has expired stays in the list, and is refused by its name. */
export const KEY_KEPT_MS = 90 * 24 * HOUR_MS

/** Keys past that time which are cleared away whenever one is made. */
export const KEYS_CLEARED_MAX = 50

/** Origins of pages that one key for browsers is for, and blocks of addresses that one key is bound to. */
export const KEY_PLACES_MAX = 100

/** Characters of a note: a few sentences. */
export const KEY_NOTE_CHARACTERS_MAX = 1000

/** How long a browser may remember that a page may send logs. Chromium remembers no longer than two hours. */
export const CORS_MAX_AGE_SECONDS = 2 * 60 * 60

/** Ended sessions that are cleared away whenever one is opened: more than can have come since the time before. */
export const SESSIONS_CLEARED_MAX = 50

// Administration

/** A JSON body of the routes under /admin. The longest that a person writes is the settings, which are a row of the directory. */
export const ADMIN_BODY_BYTES_MAX = 64 * KIB

/** Errors of a JSON body that an answer lists: it may be wrong in every byte. */
export const BODY_ERRORS_MAX = 20

/** Domains or tenants on a page when the caller names no number. */
export const ADMIN_PAGE_DEFAULT = 100

/** Domains or tenants on a page. Who wants more follows the cursor. */
export const ADMIN_PAGE_MAX = 1000

// Proving a domain

/** Domains whose proof one run of the sweep looks for again: 70,000 a day, with the four outside requests that each takes. */
export const DOMAIN_CHECKS_PER_RUN = 50

/** How long that goes on: resolvers that are away must not hold the sweep up until the next one is due. */
export const DOMAIN_CHECKS_MS_MAX = 30 * SECOND_MS

/** How long a challenge waits for its proof: enough for a ticket to pass through an owner’s own DNS team. */
export const CHALLENGE_MS = 7 * 24 * HOUR_MS

/** Between two looks for one domain's proof that its owner asks for: each is several requests to others. DNS is not faster. */
export const PROOF_COOLDOWN_MS = 5 * SECOND_MS

/** Domains that an isolate remembers to have looked at just now, at about 200 bytes each. */
export const PROOF_COOLDOWN_ENTRIES_MAX = 10_000

/** How often a domain that was proved is proved again. */
export const PROOF_CHECK_EVERY_MS = 24 * HOUR_MS

/** How long a proof may be missing before the domain is unrouted: a weekend in which nobody mends the DNS, and a day. */
export const PROOF_LOST_MS = 72 * HOUR_MS

/** Resolvers that must answer, and agree, for a TXT record to count: one of them alone can be wrong or lied to. */
export const RESOLVERS_MIN = 2

/** How long a resolver has for its answer: it asks servers of the domain that may be slow or away. */
export const RESOLVER_MS_MAX = 5 * SECOND_MS

/** A message of DNS. Its length has 16 bits wherever DNS writes it. */
export const DNS_MESSAGE_BYTES_MAX = 65_535

/** How long the host of a domain has to answer with its challenge file. */
export const CHALLENGE_FILE_MS_MAX = 5 * SECOND_MS

/** A challenge file. It holds a token and its proof, in less than 100 characters; a page of some other sort may be long. */
export const CHALLENGE_FILE_BYTES_MAX = KIB

/** How long the platform’s API for custom host names has for an answer. */
export const CUSTOM_HOSTNAME_MS_MAX = 10 * SECOND_MS

/** An answer of that API: a host name with its certificates takes a few kilobytes. */
export const CUSTOM_HOSTNAME_BYTES_MAX = 256 * KIB

/** What to wait after the platform issued as many certificates as it does in a minute: it says that it needs this long. */
export const CUSTOM_HOSTNAME_RETRY_SECONDS = 30

// Sealing

/** Unsealed records wait at most this long: fewer, larger segments cost less than fresh ones. */
export const SEAL_AFTER_MS = 10 * 60 * SECOND_MS

/** Journal bytes at which sealing begins, when records are few and large. Blocks are packed three to ten times there. */
export const SEAL_START_BYTES = 3 * MIB

/** Journal bytes that are sealed in one go: unpacked, they, the rows made of them and the segment are in memory at once. */
export const SEAL_BYTES_MAX = 4 * MIB

/** Journal bytes, unpacked, at which sealing begins: text that repeats packs a thousand times, and readers hold it unpacked. */
export const SEAL_START_UNPACKED_BYTES = 24 * MIB

/** Journal bytes, unpacked, that are sealed in one go: they, the rows made of them and the segment share an isolate's memory. */
export const SEAL_UNPACKED_BYTES_MAX = 32 * MIB

/** Pause before work that failed is tried again, for the first time; it doubles up to RETRY_MS_MAX. */
export const RETRY_MS_MIN = 2 * SECOND_MS

/** How long a batch waits for D1 to note when its object has work to do: D1 answers in milliseconds, and clients are patient for seconds. */
export const NOTE_DUE_MS_MAX = 1 * SECOND_MS

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

/** Bytes of segments that are read at a time to write an archive object: base64 from D1 and what it decodes to. */
export const ARCHIVE_CHECK_BYTES = 4 * MIB

/** Segments of an archive object whose columns stand side by side. They are put together, and read back, in memory. */
export const ARCHIVE_STRIPE_BYTES_MAX = 16 * MIB

/** Room for the directory of an archive object, compressed. The largest, of ARCHIVE_PIECES_MAX pieces, takes half of it. */
export const ARCHIVE_DIRECTORY_BYTES_MAX = 2 * MIB

/** Pieces that the columns of an archive object are in. Past it the rarest columns of a segment stay together. */
export const ARCHIVE_PIECES_MAX = 50_000

/** Bytes between two wanted ranges of an archive object that are read with them: they come sooner than another answer. */
export const ARCHIVE_GAP_BYTES_MAX = 64 * KIB

/** Bytes that wanted ranges of an archive object are joined up to: six such answers fit an isolate beside other work. */
export const ARCHIVE_READ_BYTES_MAX = 8 * MIB

/** An archive object is written again when less than one part in so many of its bytes is of segments that still exist. */
export const REPACK_ALIVE_PARTS = 2

/** Bytes of a tenant's segments in D1 past which days are archived before their time. D1 has 10 GB for many tenants. */
export const HOT_BYTES_MAX = 1024 * MIB

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

/** Pieces in directories of archive objects that an isolate keeps for the next query, at twelve bytes each. */
export const PACK_CACHE_PIECES_MAX = 200_000

/** Segments whose headers an isolate keeps, at a few kilobytes each. */
export const CATALOG_CACHE_SEGMENTS_MAX = 4096

/** A search as a JSON body: the query's text, and filters of which nobody types more. */
export const SEARCH_BODY_BYTES_MAX = 64 * KIB

/** Records on each side of one in its context when the caller names no number: a screenful. */
export const CONTEXT_DEFAULT = 20

/**
 * Text of the records on a page of a search or an export. A thousand records may be a thousand megabytes, and an isolate has 128
 * for all that it does: a page that would hold more ends before, and its cursor goes on there.
 */
export const PAGE_CHARACTERS_MAX = 16 * MIB

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

// How much a tenant may send and ask

/** Entries in the log of one window: it is exact up to here, at 16 bytes each, and at most 1 % too strict beyond. */
export const WINDOW_ENTRIES_MAX = 4096

/** Keys, addresses or services that have a window of their own under one policy; further ones share one. */
export const LIMITER_SUBJECTS_MAX = 2048

/** Entries in all windows of a tenant: stored, they are a row, at about ten bytes each. */
export const LIMITER_ENTRIES_MAX = 65_536

/** Base64 of what was taken since all windows were stored: it is written with each batch, and they only when it is full. */
export const LIMITER_TAIL_CHARACTERS_MAX = 8192

/** Services whose records in a batch are told apart. The records of the rest count for each service that is limited. */
export const BATCH_SERVICES_MAX = 1000

/** How long a search counts as running when nobody says that it is done: longer than a request may take. */
export const QUERY_LEASE_MS = 60 * SECOND_MS

/** Callers that an isolate remembers to have been told to wait, at about 100 bytes each: their bodies are not read in vain. */
export const RECENTLY_LIMITED_MAX = 5000

/** Keys and sessions that do not exist, from one address in FAILED_ATTEMPTS_WINDOW_MS, before it is refused unread. */
export const FAILED_ATTEMPTS_MAX = 30

/** A minute, as the platform's own counter has it. */
export const FAILED_ATTEMPTS_WINDOW_MS = 60 * SECOND_MS

/** Addresses whose failures an isolate remembers, at about 300 bytes each. */
export const FAILED_ATTEMPTS_ADDRESSES_MAX = 5000

// Settings of a tenant, and retention

/** Policies of retention that a tenant has of its own. Each is a filter that every new record is held against when it is sealed. */
export const RETENTION_POLICIES_MAX = 32

/** Legal holds of a tenant. Each is a filter too, and every expired record is held against it before it goes. */
export const LEGAL_HOLDS_MAX = 32

/** Services, or categories, that a policy or hold names. Whoever needs more writes a query. */
export const RETENTION_NAMES_MAX = 100

/** A plan that keeps records for less than this, in days, cannot keep any for ever. */
export const FOREVER_PLAN_DAYS_MIN = 365

/** Patterns of its own that a tenant has redacted. Each is a pass over every text that it sends. */
export const REDACTION_PATTERNS_MAX = 20

/** Characters of such a pattern. Formats of identifiers take tens of them. */
export const REDACTION_PATTERN_CHARACTERS_MAX = 500

/** Bytes of a text of which the places that such a pattern matches are looked for; what is longer and matches goes whole. */
export const REDACTION_SPAN_BYTES_MAX = 64 * KIB

/** Names of fields that a tenant gives a meaning. */
export const FIELD_MAPPINGS_MAX = 100

/** Words and numbers that a tenant says are a level. */
export const LEVEL_MAPPINGS_MAX = 100

/** Origins of pages that a tenant lists. */
export const ORIGINS_MAX = 100

/** Changes of its settings that a tenant's object remembers. Each holds the changed members before and after. */
export const SETTINGS_HISTORY_MAX = 200

/** Tenants whose compiled settings an isolate keeps, at a few tens of kilobytes each. */
export const COMPILED_SETTINGS_MAX = 200

/** Recent records that a pattern is tried on: a page of them takes a few milliseconds. */
export const REDACTION_TEST_ROWS_MAX = 1000

/** Records that such a trial shows. */
export const REDACTION_TEST_SAMPLES_MAX = 10

/** Characters that it shows of each. */
export const REDACTION_SAMPLE_CHARACTERS_MAX = 500

/** Segments of which retention looks at every record at a time: all of one such step are read, one after another, within an alarm. */
export const EXPIRY_LOOKS_MAX = 16

/** A segment of which some records have expired is written again without them from one part in so many on. */
export const REWRITE_EXPIRED_PARTS = 4

/** Runs of retention that a tenant's object remembers: one a day, so a quarter of a year. */
export const RETENTION_RUNS_MAX = 90

// Webhooks

/** Webhooks of one tenant. Each is a row for every event it subscribes to; teams have a handful, and one for each is much. */
export const WEBHOOKS_MAX = 50

/** Attempts under way at a time for one tenant. Small: a Worker has six outgoing connections, and one stays for the rest. */
export const WEBHOOKS_IN_FLIGHT_MAX = 5

/** Of those, how many one webhook may hold while others have something due: one that hangs without warning holds no more. */
export const WEBHOOK_IN_FLIGHT_MAX = 4

/** Of those, how many all webhooks together may hold whose last attempt has failed; each of them one. */
export const WEBHOOKS_FAILING_IN_FLIGHT_MAX = 3

/** How long an attempt may take, to the last byte of the answer: receivers should put work aside and answer. */
export const WEBHOOK_ATTEMPT_MS_MAX = 15 * SECOND_MS

/** Bytes of an answer that are read; the rest of it is not, whatever the receiver sends. */
export const WEBHOOK_ANSWER_READ_BYTES_MAX = 64 * KIB

/** Bytes of an answer that are kept for whoever looks at the delivery: an error page says in its beginning what was wrong. */
export const WEBHOOK_ANSWER_KEPT_BYTES_MAX = KIB

/** A body as it is sent. Standard Webhooks 1.0.0 asks for less than 20 kB, and receivers have limits of their own. */
export const WEBHOOK_BODY_BYTES_MAX = 20_000

/** The data of one event as JSON: with what stands around it, it fits into a body. */
export const WEBHOOK_DATA_BYTES_MAX = 16_000

/** Events in one body of a webhook that is sent batches. */
export const WEBHOOK_BATCH_EVENTS_MAX = 100

/** How long a webhook may have its events gathered before they are sent. Who wants to wait for longer asks the API. */
export const WEBHOOK_BATCH_SECONDS_MAX = 300

/** The farthest that a Retry-After is heeded: the longest pause of the schedule. */
export const WEBHOOK_RETRY_AFTER_MS_MAX = 24 * HOUR_MS

/** Failures in a row from which on a webhook is tried with one attempt at a time, and pauses between them. */
export const WEBHOOK_BREAKER_FAILURES = 5

/** The first of those pauses; each further one is twice as long. */
export const WEBHOOK_BREAKER_MS_MIN = 15 * SECOND_MS

/** The longest of them: so soon is seen that a receiver is back. */
export const WEBHOOK_BREAKER_MS_MAX = 5 * 60 * SECOND_MS

/** Failures in a row after which a webhook is switched off, if they lasted for long enough. */
export const WEBHOOK_DISABLE_FAILURES = 20

/** How long they must have lasted: a night and a working day in which nobody looked. */
export const WEBHOOK_DISABLE_MS = 24 * HOUR_MS

/** Times that a delivery is cut short by the end of the process before that counts as its failure: deployments and crashes are not. */
export const WEBHOOK_INTERRUPTIONS_MAX = 50

/** Attempts that are noted together for a receiver that is well, and made one after the other: one write to the disk for all. */
export const WEBHOOK_RUN_MAX = 16

/** How long that may go on before the place is given to whoever waits longest. */
export const WEBHOOK_RUN_MS = 250

/** When an attempt that is noted as under way is given up for lost: it has long been over, and its end was not written. */
export const WEBHOOK_LOST_MS = 30 * SECOND_MS

/** How soon after it was due the alarm looks for what should be on its way, in case the object’s memory of it was lost. */
export const WEBHOOK_WATCH_MS = 20 * SECOND_MS

/** What is due within that is waited for in memory while the alarm is held up by other work. */
export const WEBHOOK_TIMER_MS_MAX = 60 * SECOND_MS

/** Deliveries that wait in one tenant's object, at up to 20 kB. What comes beyond that goes to the dead letters at once. */
export const WEBHOOK_WAITING_MAX = 10_000

/** Deliveries that are kept after their end, the newest, to be looked at and sent again. */
export const WEBHOOK_DELIVERIES_KEPT_MAX = 10_000

/** How long they are kept. */
export const WEBHOOK_DELIVERIES_KEPT_MS = 30 * 24 * HOUR_MS

/** Deliveries that are cleared away at a time, in the turn of a delivery. */
export const WEBHOOK_CLEARED_MAX = 500

/** Deliveries that one request sends again; more of a range are sent by asking again. */
export const WEBHOOK_REDELIVERIES_MAX = 1000

/** How long the old secret signs beside the new one, unless it is said: a day, in which every receiver can be given it. */
export const WEBHOOK_OVERLAP_SECONDS_DEFAULT = 24 * 60 * 60

/** The longest that both sign. */
export const WEBHOOK_OVERLAP_SECONDS_MAX = 7 * 24 * 60 * 60

/** Secrets that sign at a time: each is one more signature in a header that receivers read. */
export const WEBHOOK_SECRETS_MAX = 3

/** Characters of a plain secret, at least: the main seed's example has 14. */
export const WEBHOOK_SECRET_CHARACTERS_MIN = 8

/** Characters of a secret at most: 64 bytes, the most that Standard Webhooks allows, in base64, and plain ones as long. */
export const WEBHOOK_SECRET_CHARACTERS_MAX = 128

/** Names that a webhook subscribes to. */
export const WEBHOOK_EVENTS_MAX = 100

/** How long addresses of a host are remembered: an attempt a moment later needs no resolver, and one that moved is soon found. */
export const HOST_ADDRESSES_MS = 30 * SECOND_MS

/** Hosts whose addresses an isolate remembers, at about 200 bytes each. */
export const HOST_ADDRESSES_MAX = 500

/** How long one resolver has to tell a host's addresses before the next is asked: the attempt waits for it. */
export const HOST_LOOKUP_MS_MAX = 3 * SECOND_MS

// The documentation

/** Characters of documentation pages that an isolate keeps made: one for each host that serves them, at 300 kB each. */
export const DOCS_CACHE_CHARACTERS_MAX = 2 * MIB

// The audit

/** How long entries of the audit are kept: a year, and time to write its report. */
export const AUDIT_KEPT_MS = 400 * 24 * HOUR_MS

/** Bytes of entries that are kept, about two million searches: the oldest go first. An object has 10 GB for everything. */
export const AUDIT_BYTES_MAX = 1024 * MIB

/** Bytes of one entry. A change of larger rows is told by their hashes. */
export const AUDIT_ENTRY_BYTES_MAX = 256 * KIB

/** Characters of what a request asked for that its entry keeps: a query, and what is beside it. */
export const AUDIT_ASKED_CHARACTERS_MAX = 8192

/** Bytes of entries in one answer of a tenant's object. */
export const AUDIT_PAGE_BYTES = 2 * MIB

/** Entries that are removed at a time: each is a row written. */
export const AUDIT_TRIM_ENTRIES_MAX = 5000

/** How long what became of reads waits to be written together. A write holds up whatever else the object does by its fsync. */
export const AUDIT_COMMIT_MS = 50

/** How long a read may run before its entry is written without its end: longer than a request may take. */
export const AUDIT_READ_MS_MAX = 60 * SECOND_MS

/** How often a Worker tells what became of a read, when the tenant's object is lost meanwhile. */
export const AUDIT_TRIES = 3

/** How long the numbers of rows that exports had wait to be written together: one row for all of them. */
export const AUDIT_ANSWERS_MS = 1 * SECOND_MS

/** Entries that one request for the audit looks at; a cursor goes on behind them. */
export const AUDIT_SCAN_ENTRIES_MAX = 100_000

/** Refusals of one caller that an isolate tells one by one in AUDIT_REFUSALS_WINDOW_MS; more are told by their number. */
export const AUDIT_REFUSALS_MAX = 60

/** A minute: whoever looks into an attack reads the first refusals, and how many there were. */
export const AUDIT_REFUSALS_WINDOW_MS = 60 * SECOND_MS

/** Callers whose refusals an isolate counts, at about 300 bytes each. */
export const AUDIT_REFUSED_CALLERS_MAX = 2000

// Record rules in the account

/** Rules whose records the account counts one by one: those that there can be at once, and some that were. The state row is written with each batch. */
export const SAMPLED_RULES_MAX = 100

/** What came for one group in one millisecond, as a what-if remembers it, a few hundred bytes each. What came beyond is left out. */
export const WHAT_IF_ARRIVALS_MAX = 50_000

/** Firings that a what-if lists; more are only counted. A rule that fires more often needs another rule. */
export const WHAT_IF_FIRINGS_MAX = 100

/** Records that a what-if shows of each firing. */
export const WHAT_IF_ROWS_MAX = 3

/** Body of a rule: its texts are bounded one by one, and this is more than all of them. */
export const RULE_BODY_BYTES_MAX = 64 * KIB

/** Characters of a note on an incident: a paragraph and a link. */
export const INCIDENT_NOTE_CHARACTERS_MAX = 1000

// The end of a tenant

/** Steps of erasing tenants that one run of the sweep takes. Each is bounded, and the next run goes on. */
export const ERASURE_STEPS_MAX = 30

/** Rows of a table that one such step deletes: D1 has 30 seconds for a statement. */
export const ERASURE_ROWS_PER_STEP = 1000

/** Segments whose payloads one such step deletes: a payload fills hundreds of pages of the database. */
export const ERASURE_SEGMENTS_PER_STEP = 100

/** Objects of R2 that one such step deletes: as many as one call takes. */
export const ERASURE_OBJECTS_PER_STEP = 1000

/** Values of KV that one such step deletes. KV deletes one at a time, and a run has 1,000 calls of it. */
export const ERASURE_VALUES_PER_STEP = 25

// Triage rules

/** Rules of a tenant, built-in ones too. Each is asked about every batch, inside the turn that stores it. */
export const RULES_MAX = 200

/** Record rules of a tenant, among its rules. Each runs over every block while it is built. */
export const RECORD_RULES_MAX = 50

/** What all of them have as JSON together: half of the document of settings, which every isolate that serves the tenant holds. */
export const RECORD_RULES_BYTES_MAX = 32 * KIB

/** Terms and groups of a rule's query, or of the query of its denominator. More is a program, and every batch would run it. */
export const RULE_CONDITIONS_MAX = 64

/** Characters of a rule's name. It stands in every event and incident. */
export const RULE_NAME_CHARACTERS_MAX = 128

/** Characters of the name of a field that a rule groups by; a description has four times as many. */
export const RULE_TEXT_CHARACTERS_MAX = 256

/** Fields that a rule groups by: with more, hardly two records are of the same group. */
export const RULE_GROUP_FIELDS_MAX = 3

/** The shortest window, cooldown or pause of a rule: receivers and people are no faster. */
export const RULE_WINDOW_MS_MIN = SECOND_MS

/** The longest: a week, so that a weekly habit can be told. What the window holds is kept in memory and on disk. */
export const RULE_WINDOW_MS_MAX = 7 * 24 * HOUR_MS

/** Matches that a rule waits for. The times of as many are kept for each group. */
export const RULE_COUNT_MAX = 10_000

/** Factors and ratios: what is more than a million times as much is a mistake. */
export const RULE_FACTOR_MAX = 1_000_000

/** Slots of the window of a ratio or change. The window's end moves by one of them: it is exact to less than a hundredth. */
export const RULE_SLOTS = 120

/** Groups of a rule that are watched one by one. */
export const RULE_GROUPS_MAX = 1000

/** Characters of a group's values, together. What is longer is cut, and told apart by its hash. */
export const RULE_GROUP_CHARACTERS_MAX = 256

/** Values that a rule of first values remembers, as 16 characters each. A field with more, such as an id, is none to watch so. */
export const RULE_VALUES_MAX = 10_000

/** Arrivals, slots and values that all rules of a tenant remember: a few megabytes of memory, and at most one row when stored. */
export const RULES_ENTRIES_MAX = 100_000

/** What a group of a rule of absence or habit is remembered after it was last seen: longer than the longest pause. */
export const RULE_ABSENT_MS_MAX = 30 * 24 * HOUR_MS

/** Gaps between arrivals before a habit is one. */
export const RULE_HABIT_GAPS_MIN = 8

/** Actions of a rule: an event, an incident and a few rules to switch on. */
export const RULE_ACTIONS_MAX = 8

/** Transitions within the window of flap damping. Their times are kept for each group. */
export const RULE_FLAP_CHANGES_MAX = 20

/** Maintenance windows of a rule: a few each week, and those of the next release. */
export const RULE_MAINTENANCE_MAX = 16

/** Tags that a record rule sets. */
export const RULE_TAGS_MAX = 16

/** Records that an event or incident shows. */
export const RULE_SAMPLE_ROWS_MAX = 10

/** Bytes of these records as JSON, together. An event has 16 KiB in all; of longer records the head is shown. */
export const RULE_SAMPLE_BYTES_MAX = 10 * KIB

/** Firings of a rule that one turn tells; others follow, as many each second. A thousand groups that fire at once must not hold up a batch. */
export const RULE_TOLD_PER_TURN_MAX = 50

/** Pause before further firings are told. */
export const RULE_TELL_AGAIN_MS = SECOND_MS

/** A clock that was set back by no more than this is waited for. By more, the rules go on from the new time. */
export const RULE_CLOCK_BACK_MS_MAX = 60 * SECOND_MS

/** Windows of limits that a quota warning is about: those of hours and days. The limit of a minute is a pace, not a quota. */
export const RULE_QUOTA_WINDOW_MS_MIN = HOUR_MS

/** Characters of what rules were told since their memory was stored, which the state row has with each batch. */
export const RULES_TAIL_CHARACTERS_MAX = 32 * KIB

/** Incidents that are kept; the oldest that are resolved go first. */
export const INCIDENTS_MAX = 10_000

/** Incidents of one answer. */
export const INCIDENTS_PAGE_MAX = 200

/** A rule as JSON: its texts at their longest. */
export const RULE_BYTES_MAX = 32 * KIB

/** Versions of a rule that are kept: whoever asks what it was looks at the last few. */
export const RULE_VERSIONS_MAX = 20

/** How long rules that failed as a whole, or a document that could not be written, wait for the next try. */
export const RULES_RETRY_MS = 30 * SECOND_MS

/** How long a match stays an open incident after the last one: then it is resolved. */
export const RULE_MATCH_OPEN_MS = 5 * 60 * SECOND_MS

// The live tail.

/** Bytes sent to a tail that it has not acknowledged: what a reader that never reads can have kept for it. */
export const TAIL_WINDOW_BYTES = MIB

/** Steps in which what was sent is remembered until it is acknowledged; a socket's own memory has 16 KiB. */
export const TAIL_WINDOW_ENTRIES_MAX = 64

/** Records in one frame. */
export const TAIL_BATCH_ROWS = 100

/** Bytes of records in one frame, unless a single one has more. */
export const TAIL_BATCH_BYTES = 256 * KIB

/** How long records wait for others to share a frame with them. Where the last frame is older than that, nothing waits. */
export const TAIL_BATCH_MS = 50

/** The same where few watch: so much less as there are fewer frames to be sent, but one tail has no more than 200 a second. */
export const TAIL_BATCH_MS_MIN = 5

/** Records between a live tail that cannot be sent more now and the newest: beyond, it goes on from the newest and is told what it missed. */
export const TAIL_LAG_RECORDS_MAX = 10_000

/** Records sent in a second to all tails of a tenant together, so that taking logs is not slowed by who watches. */
export const TAIL_SEND_ROWS_PER_SECOND = 20_000

/** Frames of records in a second, likewise: each costs the object's thread some microseconds, whatever it holds. */
export const TAIL_SEND_FRAMES_PER_SECOND = 4_000

/** Bytes of records in a second, likewise. */
export const TAIL_SEND_BYTES_PER_SECOND = 8 * MIB

/** Records that tails look at in one turn of the object's thread, before logs and others have theirs. */
export const TAIL_TURN_RECORDS_MAX = 50_000

/** Bytes of unpacked blocks that a tenant's object keeps decoded for its tails; one block at least. */
export const TAIL_BLOCKS_BYTES_MAX = 4 * MIB

/** Records before the newest that a tail may begin with. */
export const TAIL_BACKLOG_MAX = 1_000

/** Records that one reading of what is sealed hands to the tails. */
export const TAIL_HISTORY_ROWS = 500

/** Characters of these records, unless a single one has more. */
export const TAIL_HISTORY_CHARACTERS = MIB

/** Records that one such reading looks at before it answers what it has. */
export const TAIL_HISTORY_SCAN_ROWS = 250_000

/** Bytes of sealed segments that are not published which go along with one such reading; a call has 32 MiB. */
export const TAIL_HISTORY_PIECE_BYTES = 8 * MIB

/** Such readings of a tenant at once. */
export const TAIL_HISTORY_READS_MAX = 4

/** Pause after such a reading has failed. */
export const TAIL_HISTORY_RETRY_MS = SECOND_MS

/** Failures of it in a row, after which what cannot be read is told as a gap. */
export const TAIL_HISTORY_TRIES = 5

/** Characters of one message of a client: a query of 4 KiB whose characters are all escaped has 24. */
export const TAIL_MESSAGE_CHARACTERS_MAX = 32 * KIB

/** Messages of a client in TAIL_MESSAGES_WINDOW_MS, beside acknowledgements of what was sent. */
export const TAIL_MESSAGES_MAX = 100

/** How long messages of a client are counted together. */
export const TAIL_MESSAGES_WINDOW_MS = 10 * SECOND_MS

/** Messages of a client that cannot be understood, after which the socket is closed. */
export const TAIL_FAULTS_MAX = 10

/** How often the credentials of tails are looked at again when nothing has changed. */
export const TAIL_CHECK_MS = 60 * SECOND_MS

/** How long a tail stays open whose client says nothing, not even ping: it may be gone without a word. */
export const TAIL_IDLE_MS = 600 * SECOND_MS

/** How long a tail stays open that acknowledges nothing of a full window. */
export const TAIL_STALLED_MS = 60 * SECOND_MS

/** How often a tail is told how far it is when nothing matches. */
export const TAIL_STAT_MS = 5 * SECOND_MS

/** How long a ticket for a tail is good: a browser uses it at once. */
export const TAIL_TICKET_MS = 30 * SECOND_MS

/** Tickets of a tenant that are out and not used. */
export const TAIL_TICKETS_MAX = 1_000

/** How long a tenant's object waits for the socket of a tail that was let in. */
export const TAIL_ENTRANCE_MS = 10 * SECOND_MS

/** How often a stream of events has a comment in it, so that nobody on the way takes it for dead. */
export const TAIL_EVENTS_PING_MS = 15 * SECOND_MS

// Registered services and cross-service events

/** Services of one tenant. Each is asked every minute, one after the other. */
export const SERVICES_MAX = 100

/** Characters of the name of a service, as in the records that it sends. */
export const SERVICE_NAME_CHARACTERS_MAX = 128

/** Characters of the key of a service: long enough for a JWT. */
export const SERVICE_API_KEY_CHARACTERS_MAX = 4096

/** Characters of the version of a service. */
export const SERVICE_VERSION_CHARACTERS_MAX = 64

/** Capabilities that a service names. */
export const SERVICE_CAPABILITIES_MAX = 32

/** Characters of a capability. */
export const SERVICE_CAPABILITY_CHARACTERS_MAX = 64

/** Pause between two looks at a service that is up: what is down is known within two minutes. */
export const SERVICE_CHECK_MS = 60_000

/** Pause after the first failure, so that one lost packet is soon told from an outage. */
export const SERVICE_RECHECK_MS = 15_000

/** The longest pause between looks at a service that is down: its return is known within five minutes. */
export const SERVICE_BACKOFF_MS_MAX = 300_000

/** By how much pauses differ at random, lest the services of all tenants be asked at once. */
export const SERVICE_CHECK_JITTER_PERCENT = 10

/** How long a look may take, to the last byte of the answer. A health endpoint that needs longer is not well. */
export const SERVICE_CHECK_MS_MAX = 5000

/** Bytes of the answer to a look that are read. Nothing of them is kept. */
export const SERVICE_ANSWER_BYTES_MAX = 16_384

/** Looks under way at a time for one tenant: of six outgoing connections the deliveries of webhooks may hold five, and a look that waits for one would seem slow. */
export const SERVICE_CHECKS_AT_A_TIME = 1

/** Failures in a row after which a service counts as down. */
export const SERVICE_FAILURES_TO_DOWN = 2

/** Looks that are kept one by one for each service: the last hour. */
export const SERVICE_CHECKS_KEPT = 60

/** Hours with looks of which sums are kept for each service. */
export const SERVICE_HOURS_KEPT = 24

/** Days with looks of which sums are kept for each service. */
export const SERVICE_DAYS_KEPT = 30

/** Characters that a secret has at least for its last four to be shown: of a shorter one they would be much of it. */
export const SECRET_SHOWN_CHARACTERS_MIN = 16

/** Days with logs that the habit of a service is learned from: two weeks hold two weekends. */
export const HABIT_DAYS_KEPT = 14

/** Batches of a service before it has a habit. */
export const HABIT_ARRIVALS_MIN = 20

/** How many times its habitual pause a service is silent before that is reported. */
export const HABIT_FACTOR = 2

/** The shortest silence that is reported, however lively a service is: a restart is none. */
export const HABIT_SILENCE_MS_MIN = 300_000

/** The body of a cross-service event, which becomes two records of at most 1 MiB. */
export const CROSS_SERVICE_BODY_BYTES_MAX = 262_144

/** Characters of the operation of a cross-service event. */
export const OPERATION_CHARACTERS_MAX = 200

/** Characters of a correlation id: enough for a traceparent or several UUIDs. */
export const CORRELATION_ID_CHARACTERS_MAX = 200

/** The range of a service graph that names none: a day. */
export const GRAPH_RANGE_MS_DEFAULT = 86_400_000

/** Bytes of the id of a document in a bulk request: as many as Elasticsearch takes. */
export const ELASTIC_ID_BYTES_MAX = 512

/** Bytes of the name of an index: as many as Elasticsearch takes. */
export const ELASTIC_INDEX_BYTES_MAX = 255

/** An id that is longer with its index is remembered by its hash: 50,000 of a batch then fit into few rows. */
export const KNOWN_ID_CHARACTERS_MAX = 96

/**
 * Ids that a tenant's object remembers of records that may be stored once, half of them in each of two generations. Eight bytes of
 * each are in memory, in tables that are half empty: 32 MB at most.
 */
export const KNOWN_IDS_MAX = 2_000_000

/** How long they are remembered at least, unless there are too many: as long as batch ids. */
export const KNOWN_ID_MS = 24 * HOUR_MS

/** Bytes of ids in a row of the object's tables, which hold less than 2,000,000. */
export const KNOWN_IDS_ROW_BYTES = 1_000_000

/** How often a batch is made again without records that were stored meanwhile under the same id. */
export const KNOWN_ID_TRIES = 5

/** Tags in `ddtags` that become fields of their own. */
export const DATADOG_TAGS_MAX = 100

/** How far a time at the beginning of a raw line of Splunk may be from now, and still be the record's: less than any retention. */
export const HEC_RAW_CLUE_MS = 24 * HOUR_MS

/** Acknowledgements that one request may ask for. */
export const HEC_ACKS_MAX = 10_000
