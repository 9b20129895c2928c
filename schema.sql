-- The CONTROL database (D1), whole. A live database gets here through migrations/, and a test proves that both agree.
-- Times end in _ms and count milliseconds since 1970-01-01 UTC. Tables keyed by text have no rowid, so that a look-up
-- costs one read and an insert one write. The bytes of segments are in the PAYLOAD database (migrations/payload/).

-- A customer. Everything that a tenant owns names it by its id; the name is for people and for the `tenants` routes.
-- This row and those of domain, api_key, member and session are copies: the tenant's object writes them, with its version.
CREATE TABLE IF NOT EXISTS tenant (
  id               TEXT    NOT NULL PRIMARY KEY, -- ten_…
  name             TEXT    NOT NULL UNIQUE,      -- slug: a-z, 0-9 and dashes
  status           TEXT    NOT NULL,             -- active | suspended | deleting | erasing; reserved: the name is taken, and no more
  plan             TEXT    NOT NULL,             -- free | standard | enterprise | custom
  payload_database TEXT    NOT NULL,             -- the binding that holds this tenant's segment payloads
  settings_version INTEGER NOT NULL,             -- the tenant object's version when it last wrote here
  created_ms       INTEGER NOT NULL,
  limits           TEXT    NOT NULL DEFAULT '{}', -- JSON: what is agreed in the place of the plan's limits
  settings         TEXT    NOT NULL DEFAULT '{}', -- JSON: the document of settings
  settings_edition INTEGER NOT NULL DEFAULT 0,   -- the version that last changed the document of settings
  contact_email    TEXT,
  delete_ms        INTEGER,                      -- when a tenant that is being deleted is erased for good
  version          INTEGER NOT NULL DEFAULT 0    -- the version that last changed the tenant's own row
) STRICT, WITHOUT ROWID;

-- Which tenants are to be erased: the sweep asks each minute.
CREATE INDEX IF NOT EXISTS tenant_by_deletion ON tenant (delete_ms) WHERE delete_ms IS NOT NULL;

-- A host name that is or wants to be a tenant's: lower case, without port and final dot. Several tenants may want one.
CREATE TABLE IF NOT EXISTS domain (
  host             TEXT    NOT NULL,
  tenant_id        TEXT    NOT NULL,
  status           TEXT    NOT NULL, -- pending | active | unrouted | suspended
  token_hash       TEXT,             -- SHA-256 of what the owner has to show; absent when no proof is needed
  token_expires_ms INTEGER,
  proof            TEXT,             -- none | dns | http: how it was proved
  proved_ms        INTEGER,
  checked_ms       INTEGER,          -- when the proof was last looked for
  lost_ms          INTEGER,          -- since when it is not there
  hostname_id      TEXT,             -- what the platform's custom-hostname service calls it
  contact_email    TEXT,
  config           TEXT    NOT NULL DEFAULT '{}', -- JSON
  created_ms       INTEGER NOT NULL,
  version          INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (host, tenant_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS domain_by_tenant ON domain (tenant_id);

-- In which order domains are proved again.
CREATE INDEX IF NOT EXISTS domain_by_check ON domain (checked_ms) WHERE proof IN ('dns', 'http');

-- Whose a host name is: a domain routes only to who holds its claim, so that one of two tenants that prove it wins.
CREATE TABLE IF NOT EXISTS host_claim (
  host       TEXT    NOT NULL PRIMARY KEY,
  tenant_id  TEXT    NOT NULL,
  claimed_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS host_claim_by_tenant ON host_claim (tenant_id);

-- A credential. The key itself is shown once and never stored.
CREATE TABLE IF NOT EXISTS api_key (
  id            TEXT    NOT NULL PRIMARY KEY, -- key_…
  tenant_id     TEXT,                         -- absent: the key belongs to the platform's operator
  kind          TEXT    NOT NULL,             -- ing | rd | adm | pub | op, as in the key's own text
  hash          TEXT    NOT NULL UNIQUE,      -- SHA-256 of the key's text, hex
  last4         TEXT    NOT NULL,             -- so that a person can tell keys apart
  scopes        TEXT    NOT NULL,             -- logs:write | logs:read | tail | admin:… | admin | operator, separated by spaces
  status        TEXT    NOT NULL,             -- active | revoked
  note          TEXT    NOT NULL,             -- who or what made it
  created_ms    INTEGER NOT NULL,
  expires_ms    INTEGER,                      -- absent: never
  role          TEXT,                         -- absent: that of the kind
  filter        TEXT,                         -- in the query language: ANDed into everything that it reads
  origins       TEXT,                         -- JSON list: pages of which origins may use it
  addresses     TEXT,                         -- JSON list: from which blocks of addresses it may be used; absent: from all
  rotated_from  TEXT,                         -- the key that this one takes the place of
  created_by    TEXT,
  last_used_day INTEGER,                      -- days since 1970-01-01, UTC; coarse, and of this table only
  version       INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS api_key_by_tenant ON api_key (tenant_id);

-- Somebody who belongs to a tenant.
CREATE TABLE IF NOT EXISTS member (
  id         TEXT    NOT NULL PRIMARY KEY, -- mem_…
  tenant_id  TEXT    NOT NULL,
  email      TEXT,
  subject    TEXT,             -- who it is for the issuer of their tokens: <issuer id>:<sub>
  role       TEXT    NOT NULL, -- owner | admin | editor | viewer | ingest
  filter     TEXT,
  status     TEXT    NOT NULL, -- invited | active | suspended
  created_ms INTEGER NOT NULL,
  version    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS member_by_tenant ON member (tenant_id, subject);

-- A browser's session. Its secrets are in the browser's cookie only.
CREATE TABLE IF NOT EXISTS session (
  id           TEXT    NOT NULL PRIMARY KEY, -- ses_…
  tenant_id    TEXT    NOT NULL,
  hash         TEXT    NOT NULL UNIQUE,      -- SHA-256 of the cookie's secret, hex
  csrf_hash    TEXT    NOT NULL,
  principal_id TEXT    NOT NULL,             -- whom it was made for
  role         TEXT    NOT NULL,
  scopes       TEXT    NOT NULL,
  filter       TEXT,
  status       TEXT    NOT NULL,             -- active | revoked
  created_ms   INTEGER NOT NULL,
  expires_ms   INTEGER NOT NULL,
  version      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS session_by_tenant ON session (tenant_id);

-- The end of a tenant: how far erasing it has come, and the certificate of it. The row stays when the tenant is gone.
CREATE TABLE IF NOT EXISTS erasure (
  tenant_id   TEXT    NOT NULL PRIMARY KEY,
  name        TEXT    NOT NULL,
  step        TEXT    NOT NULL,              -- the next one, of ERASURE_STEPS in src/tenant/erase-tenant.ts
  begun_ms    INTEGER NOT NULL,
  facts       TEXT    NOT NULL DEFAULT '{}', -- JSON: what there was to erase
  done_ms     INTEGER,
  certificate TEXT                           -- JWS (RFC 7515), compact
) STRICT, WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS erasure_by_beginning ON erasure (begun_ms) WHERE done_ms IS NULL;

-- The keys that the service signs with (Ed25519), as JWKs (RFC 8037).
CREATE TABLE IF NOT EXISTS signing_key (
  purpose     TEXT    NOT NULL PRIMARY KEY, -- certificates
  private_jwk TEXT    NOT NULL,
  public_jwk  TEXT    NOT NULL,
  created_ms  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The catalog: one row per segment that the tenant object has published. A query reads the rows of its tenant and time
-- range whose `added` is at most its generation and whose `removed` is absent or above it, and nothing else of a segment
-- that it can rule out by what stands here.
CREATE TABLE IF NOT EXISTS segment (
  tenant_id      TEXT    NOT NULL,
  id             TEXT    NOT NULL, -- seg_…
  shard          INTEGER NOT NULL,
  day            INTEGER NOT NULL, -- days since 1970-01-01, UTC; all rows of a segment are of one day
  class          TEXT    NOT NULL, -- retention class; all rows of a segment are of one class
  rows           INTEGER NOT NULL,
  bytes          INTEGER NOT NULL, -- of the segment as it was encoded
  min_time_ms    INTEGER NOT NULL,
  max_time_ms    INTEGER NOT NULL,
  min_seq        INTEGER NOT NULL,
  max_seq        INTEGER NOT NULL,
  levels         INTEGER NOT NULL, -- bitmask of the levels that occur
  added          INTEGER NOT NULL, -- the generation from which on readers see it
  removed        INTEGER,          -- the generation from which on they do not
  removed_ms     INTEGER,          -- when that was; the payload outlives it by more than the longest query
  place          TEXT    NOT NULL, -- where the payload is: d1 | r2
  archive_key    TEXT,             -- the R2 object that holds it, when place is r2
  archive_offset INTEGER,          -- where in that object its directory begins; where the segment does, in one that ends in .pack
  header         TEXT    NOT NULL, -- base64 of the segment's compressed header: columns, byte ranges, statistics
  hash           TEXT    NOT NULL, -- of the segment's bytes, hex
  sealed_ms      INTEGER NOT NULL,
  mask           TEXT,             -- base64 of a compressed bit set: the rows that were erased; absent while there are none
  PRIMARY KEY (tenant_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS segment_by_time ON segment (tenant_id, max_time_ms);

-- When a tenant object's work is overdue, should its own alarm be lost. The cron sweep wakes every object in the past.
-- One row per tenant, so the sweep reads it whole and an index would only cost writes.
CREATE TABLE IF NOT EXISTS due (
  tenant_id TEXT    NOT NULL PRIMARY KEY,
  due_ms    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The runs of a daily cron, by the time they were due: each is done once, however often it is triggered. A run that was
-- cut short is taken up by the next trigger of any kind once its lease is over.
CREATE TABLE IF NOT EXISTS cron_slot (
  cron     TEXT    NOT NULL, -- the expression in wrangler.toml
  slot_ms  INTEGER NOT NULL,
  position TEXT    NOT NULL, -- the last tenant that was dealt with
  lease_ms INTEGER NOT NULL, -- until when whoever is at it is left alone
  done_ms  INTEGER,
  PRIMARY KEY (cron, slot_ms)
) STRICT, WITHOUT ROWID;
