-- The CONTROL database (D1), whole. A live database gets here through migrations/, and a test proves that both agree.
-- Times end in _ms and count milliseconds since 1970-01-01 UTC. Tables keyed by text have no rowid, so that a look-up
-- costs one read and an insert one write. The bytes of segments are in the PAYLOAD database (migrations/payload/).

-- A customer. Everything that a tenant owns names it by its id; the name is for people and for the `tenants` routes.
CREATE TABLE IF NOT EXISTS tenant (
  id               TEXT    NOT NULL PRIMARY KEY, -- ten_…
  name             TEXT    NOT NULL UNIQUE,      -- slug: a-z, 0-9 and dashes
  status           TEXT    NOT NULL,             -- active | suspended
  plan             TEXT    NOT NULL,             -- free | standard | enterprise
  payload_database TEXT    NOT NULL,             -- the binding that holds this tenant's segment payloads
  settings_version INTEGER NOT NULL,             -- the tenant object's version when it last wrote this row
  created_ms       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- A host name that routes to a tenant: lower case, without port and final dot.
CREATE TABLE IF NOT EXISTS domain (
  host       TEXT    NOT NULL PRIMARY KEY,
  tenant_id  TEXT    NOT NULL,
  status     TEXT    NOT NULL, -- active | pending | suspended
  created_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS domain_by_tenant ON domain (tenant_id);

-- A credential. The key itself is shown once and never stored.
CREATE TABLE IF NOT EXISTS api_key (
  id         TEXT    NOT NULL PRIMARY KEY, -- key_…
  tenant_id  TEXT,                         -- absent: the key belongs to the platform's operator
  kind       TEXT    NOT NULL,             -- ing | rd | adm | pub | op, as in the key's own text
  hash       TEXT    NOT NULL UNIQUE,      -- SHA-256 of the key's text, hex
  last4      TEXT    NOT NULL,             -- so that a person can tell keys apart
  scopes     TEXT    NOT NULL,             -- logs:write | logs:read | admin | operator, separated by spaces
  status     TEXT    NOT NULL,             -- active | revoked
  note       TEXT    NOT NULL,             -- who or what made it
  created_ms INTEGER NOT NULL,
  expires_ms INTEGER                       -- absent: never
) STRICT, WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS api_key_by_tenant ON api_key (tenant_id);

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
  archive_offset INTEGER,          -- and where in that object it begins
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
